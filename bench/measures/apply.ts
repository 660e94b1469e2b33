import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import { isJson, type Json } from '../../src/kubernetes/index.ts';
import { lacking } from '../checked.ts';
import { each, type KeptClient, keptClient, succeeded } from '../client.ts';
import { makeNamespace } from '../cluster.ts';
import { roomyCores } from '../cores.ts';
import { bareServices } from '../inputs/services.ts';
import { byLength, type Measure } from '../measure.ts';
import { startAll } from '../programs/all.ts';
import { registerOurs, registerPeer, registerPolicy } from '../registrations.ts';
import { knownAims, knownRatios, type Metric, medianOf, ratioOf, type Sample } from '../result.ts';
import { rotated } from '../rounds.ts';
import { median } from '../statistics.ts';
import { surroundings } from '../surroundings.ts';

const metrics: readonly Metric[] = [
  { key: 'one', title: 'Create of a Service, one at a time', unit: 'ms', better: 'less' },
  { key: 'added', title: 'What the webhook adds to it', unit: 'ms', better: 'less' },
  { key: 'sixteen', title: 'Create of a Service, 16 at a time', unit: 'ms', better: 'less' },
  { key: 'rate', title: 'Creates a second, 16 at a time', unit: '/s', better: 'more' },
];

const atOnce = 16;

/** The floor with our registration: what is left between it and ours is what ours takes, and not the API server. */
const asked = 'floor asked';

/** Creates of Services through a real API server. */
export const apply: Measure = {
  name: 'apply',
  title: 'What a webhook adds to the create of a Service, through the API server',
  run: async (context) => {
    await using around = await surroundings({
      ...context,
      cores: roomyCores(context.cores),
    });
    const { cluster, certificate } = around;
    // No definition of scrapes: none of the others makes any here, and making them would slow down all creates alike.
    const { programs, notes } = await startAll(context, around);
    const ways = ['none', 'policy', ...programs.keys(), ...(programs.has('floor') ? [asked] : [])];
    const samples: Sample[] = [];
    using client = keptClient(cluster, atOnce);
    try {
      for (const way of ways) await makeNamespace(cluster, spaceOf(way));
      await registerPolicy(cluster, spaceOf('policy'));
      for (const [name, program] of programs) {
        const space = spaceOf(name);
        if (name === 'autoscrape') await registerOurs(cluster, space, program, certificate.ca);
        else await registerPeer(cluster, name, space, program, certificate.ca);
        if (name !== 'floor') continue;
        const otherwise = { name: 'floor-asked' };
        await registerOurs(cluster, spaceOf(asked), program, certificate.ca, otherwise);
      }
      const each1 = byLength(context.length, { quick: 15, usual: 80, full: 200 });
      const each16 = byLength(context.length, { quick: 32, usual: 160, full: 480 });
      const rounds = byLength(context.length, { quick: 2, usual: 8, full: 20 });
      const services = (await bareServices(each1 + each16)).map(headless);
      for (const way of ways) await untilMutated(client, way, services[0]);
      context.say('warming up');
      for (const way of ways) {
        await each(services, atOnce, async (service) => {
          await create(client, way, service);
        });
        await empty(client, way);
      }
      for (let round = 0; round < rounds; round += 1) {
        const one = new Map<string, number[]>(ways.map((way) => [way, []]));
        // One of each in turn: whatever else the machine does meets them all alike, and what is added is the median of
        // the differences of neighbours.
        for (const [index, service] of services.slice(0, each1).entries()) {
          for (const way of rotated(ways, round + index)) {
            one.get(way)?.push(await create(client, way, service));
          }
        }
        const nothing = one.get('none') ?? [];
        for (const way of rotated(ways, round)) {
          const put = (metric: string, value: number): void => {
            samples.push({ metric, program: way, round, value });
          };
          const single = one.get(way) ?? [];
          put('one', median(single));
          const added = single.map((time, index) => time - (nothing[index] ?? Number.NaN));
          if (way !== 'none') put('added', median(added));
          const took: number[] = [];
          const began = performance.now();
          await each(services.slice(each1), atOnce, async (service) => {
            took.push(await create(client, way, service));
          });
          put('sixteen', median(took));
          put('rate', (took.length / (performance.now() - began)) * 1_000);
          await empty(client, way);
        }
        context.say(`round ${round + 1} of ${rounds}`);
      }
    } finally {
      await Promise.all([...programs.values()].map((program) => program.stop()));
    }
    const to = (metric: string, other: string): number =>
      ratioOf(samples, metric, 'autoscrape', other);
    // A difference may be near nothing in one round: of those the ratio would be anything.
    const added = (other: string): number =>
      medianOf(samples, 'added', 'autoscrape') / medianOf(samples, 'added', other);
    return {
      name: apply.name,
      title: apply.title,
      method:
        'Headless Services that lack four labels and a port are created through kube-apiserver, in a namespace for each way of adding them: none, a MutatingAdmissionPolicy, and each webhook with its own registration (ours with the match conditions of its manifest; "floor asked" is the floor with that registration). One at a time in turn, then 16 at a time.',
      metrics,
      samples,
      ratios: knownRatios({
        floor: added('floor'),
        floorAsked: added(asked),
        go: added('go'),
        pepr: added('pepr'),
        policy: added('policy'),
        wholeFloor: to('one', 'floor'),
        wholeGo: to('one', 'go'),
        rateFloor: to('rate', 'floor'),
        rateGo: to('rate', 'go'),
        ratePepr: to('rate', 'pepr'),
      }),
      aims: knownAims([
        aim('added latency ≤ 1.15 × the floor’s', added('floor'), 1.15),
        aim('added latency ≤ 1.15 × that of the floor asked as ours is', added(asked), 1.15),
        aim('added latency below Go’s (ratio ≤ 1)', added('go'), 1),
      ]),
      notes,
    };
  },
};

function aim(text: string, measured: number, bound: number) {
  return { text, measured, bound, better: 'less' as const };
}

/** Giving out addresses takes longer than all else, and the longer the more there are. */
function headless(service: Json): Json {
  return { ...service, spec: { ...(isJson(service.spec) ? service.spec : {}), clusterIP: 'None' } };
}

function spaceOf(way: string): string {
  return `bench-${way.replace(' ', '-')}`;
}

function pathOf(way: string): string {
  return `/api/v1/namespaces/${spaceOf(way)}/services`;
}

const storedSchema = v.looseObject({
  metadata: v.looseObject({ name: v.string() }),
  spec: v.looseObject({}),
});

/** Creates a Service, checks that nothing that was to be added is missing, and gives the milliseconds that it took. */
async function create(client: KeptClient, way: string, service: Json): Promise<number> {
  const answered = await client.send('POST', pathOf(way), JSON.stringify(service));
  const stored = v.parse(storedSchema, JSON.parse(succeeded(answered, `a Service by ${way}`)));
  const missing = lacking(stored);
  if ((missing.length === 0) === (way === 'none')) {
    throw new Error(`${way}: the Service lacks ${missing.join(', ') || 'nothing'}`);
  }
  return answered.took;
}

/** Registrations and policies take a moment until the API server goes by them. */
async function untilMutated(
  client: KeptClient,
  way: string,
  service: Json | undefined,
): Promise<void> {
  if (service === undefined) throw new Error('no Services');
  let last: unknown;
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(100)) {
    try {
      await create(client, way, service);
      await empty(client, way);
      return;
    } catch (error) {
      last = error;
      await empty(client, way);
    }
  }
  throw new Error(`${way} never took effect`, { cause: last });
}

async function empty(client: KeptClient, way: string): Promise<void> {
  succeeded(await client.send('DELETE', pathOf(way)), `the end of the Services of ${way}`);
}
