import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fixtures, readObjects } from '../../test/support/objects.ts';
import { each, keptClient, succeeded } from '../client.ts';
import { defineScrapes, makeNamespace } from '../cluster.ts';
import { roomyCores } from '../cores.ts';
import { counted } from '../counters.ts';
import { byLength, type Measure } from '../measure.ts';
import { autoscrape } from '../programs/autoscrape.ts';
import { registerOurs, unregisterOurs } from '../registrations.ts';
import { knownAims, knownRatios, type Metric, medianOf, type Sample } from '../result.ts';
import { median } from '../statistics.ts';
import { surroundings } from '../surroundings.ts';
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

/** Of three patches of a shard two are of a Service and one is of a Deployment, as the operator's idle shards do it. */
const pattern = ['services', 'services', 'deployments'] as const;

/** An operator that patches its objects again and again without changing them. */
export const noopStorm: Measure = {
  name: 'noop-storm',
  title: 'Patches that change nothing, with and without the webhook registered',
  run: async (context) => {
    await using around = await surroundings({
      ...context,
      cores: roomyCores(context.cores),
    });
    const { cluster, certificate, apiServerPid } = around;
    await defineScrapes(cluster);
    await makeNamespace(cluster, 'autoscrape-system');
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
        for (const way of round % 2 === 0
          ? (['without', 'with'] as const)
          : (['with', 'without'] as const)) {
          await unregisterOurs(cluster);
          if (way === 'with') await registerOurs(cluster, namespace, program, certificate.ca);
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
    const added = (median(addedBy(samples)) - 1) * 100;
    return {
      name: noopStorm.name,
      title: noopStorm.title,
      method: `${shards} shards' Services and Deployments (made after the project's fixtures) are applied again and again as they are, two Services for a Deployment, ${patches} patches a round at ${atOnce} at a time, in turn with and without the registration of the project's manifest.`,
      metrics,
      samples,
      ratios: knownRatios({ with: 1 + added / 100 }),
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

/** For each round, CPU with the registration to CPU without. */
function addedBy(samples: readonly Sample[]): number[] {
  const of = (program: string, round: number): number =>
    samples.find((one) => one.metric === 'cpu' && one.program === program && one.round === round)
      ?.value ?? Number.NaN;
  const rounds = [...new Set(samples.map(({ round }) => round))];
  return rounds.map((round) => of('with', round) / of('without', round));
}

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
