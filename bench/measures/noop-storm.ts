import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fixtures, readObjects } from '../../test/support/objects.ts';
import { each, keptClient, succeeded } from '../client.ts';
import { makeNamespace } from '../cluster.ts';
import { counted } from '../counters.ts';
import { byLength, type Measure } from '../measure.ts';
import { autoscrape } from '../programs/autoscrape.ts';
import { registerOurs, unregisterOurs } from '../registrations.ts';
import { knownAims, knownRatios, type Metric, medianOf, type Sample } from '../result.ts';
import { rotated } from '../rounds.ts';
import { median } from '../statistics.ts';
import { reconcilerSurroundings } from '../surroundings.ts';
import { type Usage, usageOfAll } from '../usage.ts';

const metrics: readonly Metric[] = [
  { key: 'cpu', title: 'CPU time of a patch, API server and webhook', unit: 'µs', better: 'less' },
  { key: 'rate', title: 'Patches a second', unit: '/s', better: 'more' },
  { key: 'calls', title: 'Calls of the webhook', unit: '', better: 'less' },
];

const namespace = 'storm';

/** Patches at a time: about what one core of an API server answers. */
const atOnce = 8;

/** How long the API server takes to hear of a registration, at most. */
const heard = 2_000;

/**
 * `never` is our registration with the shortest condition that there is in place of ours: what an API server takes to
 * ask any condition at all, for which it makes an unstructured copy of the object and of the old one.
 */
const ways = ['without', 'with', 'never'] as const;

const never = [{ name: 'never', expression: 'false' }];

/** Of three patches of a shard two are of a Service and one is of a Deployment, as the operator's idle shards do it. */
const pattern = ['services', 'services', 'deployments'] as const;

/** An operator that patches its objects again and again without changing them. */
export const noopStorm: Measure = {
  name: 'noop-storm',
  title: 'Patches that change nothing, with and without the webhook registered',
  run: async (context) => {
    await using around = await reconcilerSurroundings(context);
    const { cluster, certificate, apiServerPid } = around;
    await makeNamespace(cluster, namespace);
    const program = await autoscrape.start(around);
    const shards = byLength(context.length, { quick: 5, usual: 100, full: 100 });
    const patches = byLength(context.length, { quick: 60, usual: 3_000, full: 10_000 });
    const rounds = byLength(context.length, { quick: 2, usual: 9, full: 20 });
    const samples: Sample[] = [];
    using client = keptClient(cluster, atOnce);
    try {
      const objects = await shardsOf(shards);
      const storm = Array.from({ length: patches }, (_, index) => {
        const of = objects[pattern[index % pattern.length] ?? 'services'];
        return of[index % of.length];
      }).filter((patch) => patch !== undefined);
      const apply = async ({ path, text }: Patch): Promise<void> => {
        const answered = await client.send('PATCH', path, text, 'application/apply-patch+yaml');
        succeeded(answered, path);
      };
      const calls = async (): Promise<number> => {
        const page = succeeded(await client.send('GET', '/metrics'), 'metrics');
        return counted(page, 'apiserver_admission_webhook_request_total', []);
      };
      await registerOurs(cluster, namespace, program, certificate.ca);
      await sleep(heard);
      await each([...objects.services, ...objects.deployments], atOnce, apply);
      if ((await calls()) === 0) throw new Error('the webhook was not called for new objects');
      await each(storm, atOnce, apply);
      const pids = [...program.pids, ...(apiServerPid === undefined ? [] : [apiServerPid])];
      for (let round = 0; round < rounds; round += 1) {
        for (const way of rotated(ways, round)) {
          await unregisterOurs(cluster);
          if (way !== 'without') {
            const otherwise = way === 'never' ? { conditions: never } : {};
            await registerOurs(cluster, namespace, program, certificate.ca, otherwise);
          }
          await sleep(heard);
          const before: Usage = await usageOfAll(pids);
          const called = await calls();
          const began = performance.now();
          await each(storm, atOnce, apply);
          const seconds = (performance.now() - began) / 1_000;
          const after = await usageOfAll(pids);
          const put = (metric: string, value: number): void => {
            samples.push({ metric, program: way, round, value });
          };
          put('cpu', ((after.cpu - before.cpu) / storm.length) * 1e6);
          put('rate', storm.length / seconds);
          put('calls', (await calls()) - called);
        }
        context.say(`round ${round + 1} of ${rounds}`);
      }
    } finally {
      await program.stop();
    }
    const added = addedBy(samples, 'with', 'without');
    const own = addedBy(samples, 'with', 'never');
    return {
      name: noopStorm.name,
      title: noopStorm.title,
      method: `${shards} shards' Services and Deployments (made after the project's fixtures) are applied again and again as they are, two Services for a Deployment, ${patches} patches a round at ${atOnce} at a time, in turn without the registration of the project's manifest, with it, and with it and the condition \`false\` in place of its own ("never"): what any condition costs.`,
      metrics,
      samples,
      ratios: knownRatios({ with: 1 + added / 100, never: 1 + own / 100 }),
      aims: knownAims([
        { text: 'added CPU ≤ 2 %', measured: added, bound: 2, better: 'less' },
        {
          text: 'no call of the webhook',
          measured: medianOf(samples, 'calls', 'with'),
          bound: 0,
          better: 'less',
        },
      ]),
      notes: [],
    };
  },
};

/** CPU that one way takes more than another, in percent: the median of the rounds. */
function addedBy(samples: readonly Sample[], way: Way, than: Way): number {
  const of = (program: Way, round: number): number =>
    samples.find((one) => one.metric === 'cpu' && one.program === program && one.round === round)
      ?.value ?? Number.NaN;
  const rounds = [...new Set(samples.map(({ round }) => round))];
  return (median(rounds.map((round) => of(way, round) / of(than, round))) - 1) * 100;
}

type Way = (typeof ways)[number];

interface Patch {
  readonly path: string;
  readonly text: string;
}

/** A Service and a Deployment of each shard, as the operator applies them. */
async function shardsOf(
  count: number,
): Promise<Readonly<Record<'services' | 'deployments', readonly Patch[]>>> {
  const objects = await readObjects(join(fixtures, 'operator-today', 'shard.yaml'));
  const patchesOf = (kind: 'Service' | 'Deployment'): Patch[] => {
    const object = objects.find((one) => one.kind === kind);
    if (object === undefined) throw new Error(`the fixtures of a shard have no ${kind}`);
    return Array.from({ length: count }, (_, index) => {
      const name = `shard-${index}`;
      const collection =
        kind === 'Service'
          ? `/api/v1/namespaces/${namespace}/services`
          : `/apis/apps/v1/namespaces/${namespace}/deployments`;
      return {
        path: `${collection}/${name}?fieldManager=multigres-operator&force=true`,
        text: JSON.stringify({ ...object, metadata: { ...object.metadata, name } }),
      };
    });
  };
  return { services: patchesOf('Service'), deployments: patchesOf('Deployment') };
}
