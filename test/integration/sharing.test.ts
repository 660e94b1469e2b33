import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseObject, parseScrape } from '../../src/kubernetes/index.ts';
import { planAll, wantedScrapes } from '../../src/planning/index.ts';
import { jobsOf } from '../../src/reading/index.ts';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import type { AnyObject } from '../support/objects.ts';
import { type Dice, dice } from '../support/random/dice.ts';
import { placeSetUps, planeForSetUps, type SetUp } from '../support/set-ups.ts';
import { type PlacedJob, vmagentTruth } from '../support/vmagent-truth.ts';
import { contextOf, poolLabels, reconciled } from '../unit/planning/plan.ts';

/** Services that share pods in every way, and what a real vmagent reads by the scrapes that are planned for them. */
const { AUTOSCRAPE_TEST_SEED } = process.env;
/** The same every time: what it says of a change does not depend on luck. */
const seed = Number(AUTOSCRAPE_TEST_SEED ?? 7);
const setUps = Array.from({ length: 24 }, (_, index) => setUpOf(index));

let plane: ControlPlane;

beforeAll(async () => {
  plane = await startControlPlane(planeForSetUps);
  await placeSetUps(plane, setUps);
}, 400_000);

afterAll(async () => {
  await plane?.stop();
});

function someLabels(roll: Dice): Record<string, string> {
  const keys = ['a', 'b.example.com/c', 'd'].filter(() => roll.fraction() < 0.6);
  const [first = 'a'] = keys;
  return Object.fromEntries(
    [first, ...keys].map((key) => [key, roll.any(['v1.2', 'v1x2', ''])] as const),
  );
}

/** Whether the selectors have a requirement in common: where they have none, only pods tell that they share some. */
function haveInCommon(index: number): boolean {
  return index % 2 === 0;
}

function setUpOf(index: number): SetUp {
  const roll = dice(seed, index);
  const namespace = `sharing-${index}`;
  const at = (name: string, labels: Record<string, string>) => ({ namespace, name, labels });
  const common: Record<string, string> = haveInCommon(index) ? { cluster: 'shop' } : {};
  const services = Array.from({ length: 2 + roll.below(4) }, (_, place): AnyObject => {
    const ports = [{ name: 'metrics', port: 9187 }];
    const clusterIP = roll.fraction() < 0.4 ? { clusterIP: 'None' } : {};
    return {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: at(`s${place}`, poolLabels),
      spec: { selector: { ...common, ...someLabels(roll) }, ports, ...clusterIP },
    };
  });
  const pods = Array.from({ length: 3 + roll.below(4) }, (_, place): AnyObject => {
    const ports = [{ name: 'metrics', containerPort: 9187 }];
    const podIP = `198.51.100.${10 + place}`;
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: at(`p${place}`, { ...poolLabels, ...common, ...someLabels(roll) }),
      spec: { containers: [{ name: 'postgres-exporter', image: 'x', ports }] },
      status: {
        phase: 'Running',
        podIP,
        podIPs: [{ ip: podIP }],
        conditions: [{ type: 'Ready', status: 'True' }],
      },
    };
  });
  const namespaces = [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }];
  return { namespaces, services, pods };
}

/** The jobs of the scrapes that are planned, with the pods that are known then. */
function jobsFor({ namespaces, services }: SetUp, pods: readonly AnyObject[]): PlacedJob[] {
  const objects = [...services, ...pods].flatMap((one) => parseObject(one) ?? []);
  const context = reconciled(contextOf(objects));
  const names = namespaces.map(({ metadata }) => metadata.name);
  return wantedScrapes(planAll(context)).flatMap(({ manifest }) => {
    const scrape = parseScrape(manifest);
    return scrape === undefined ? [] : jobsOf(scrape).map((job) => ({ job, namespaces: names }));
  });
}

/** How often each pod is read that a Service selects. */
async function timesRead(
  of: readonly SetUp[],
  jobs: readonly PlacedJob[],
): Promise<Map<string, number>> {
  const truth = await vmagentTruth(plane, jobs);
  const times = new Map<string, number>(
    of.flatMap(({ pods, services }) =>
      pods
        .filter((pod) => services.some((service) => isBehind(pod, service)))
        .map(({ metadata }) => [`${metadata.namespace}/${metadata.name}`, 0] as const),
    ),
  );
  for (const { active } of truth.values()) {
    for (const { namespace, pod } of active) {
      times.set(`${namespace}/${pod}`, (times.get(`${namespace}/${pod}`) ?? 0) + 1);
    }
  }
  return times;
}

function isBehind(pod: AnyObject, service: AnyObject): boolean {
  const parsed = parseObject(service);
  const selector = parsed?.kind === 'Service' ? (parsed.selector ?? {}) : {};
  return Object.entries(selector).every(([key, value]) => pod.metadata.labels?.[key] === value);
}

test(`seed ${seed}: each pod is read once by the scrapes of Services that were there before all pods`, async () => {
  const first = setUps.filter((_, index) => haveInCommon(index));
  const jobs = first.flatMap((setUp) => jobsFor(setUp, []));
  const times = await timesRead(first, jobs);
  expect([...times].filter(([, count]) => count !== 1)).toEqual([]);
  expect(times.size).toBeGreaterThan(first.length / 2);
}, 400_000);

test(`seed ${seed}: and by those that are planned with the pods at hand`, async () => {
  const jobs = setUps.flatMap((setUp) => jobsFor(setUp, setUp.pods));
  const times = await timesRead(setUps, jobs);
  expect([...times].filter(([, count]) => count !== 1)).toEqual([]);
  expect(jobs.some(({ job }) => JSON.stringify(job).includes('"drop"'))).toBe(true);
}, 400_000);
