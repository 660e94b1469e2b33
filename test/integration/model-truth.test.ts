import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import {
  podTruths,
  readersAndTrials,
  readingsAndTrials,
  stateOf,
} from '../support/coverage-truth.ts';
import { featureRows, featureTable } from '../support/feature-table.ts';
import { ignoresRelabelling, takesEverything } from '../support/model-mutants.ts';
import {
  type Comparison,
  compare,
  jobsAt,
  ourModel,
  type Scene,
  sceneOf,
  type Truths,
} from '../support/model-truth.ts';
import { plainSetUps } from '../support/random/plain.ts';
import { randomSetUps } from '../support/random-set-ups.ts';
import { placeSetUps, planeForSetUps } from '../support/set-ups.ts';
import { vmagentTruth } from '../support/vmagent-truth.ts';

/**
 * What the model says is read, and what real vmagents have of the same jobs, in random set-ups.
 * `AUTOSCRAPE_TEST_SET_UPS=600` is the long run, of a seed of its own; `AUTOSCRAPE_TEST_SEED` repeats one. The short run
 * has the same seed every time: what it says of a change does not depend on luck.
 */
const { AUTOSCRAPE_TEST_SEED, AUTOSCRAPE_TEST_SET_UPS = '150' } = process.env;
const count = Number(AUTOSCRAPE_TEST_SET_UPS);
const usualSeed = count > 150 ? Math.floor(Math.random() * 2 ** 31) : 20_261_128;
const seed = Number(AUTOSCRAPE_TEST_SEED ?? usualSeed);
const randomOnes = randomSetUps(seed, count);
const setUps = [...randomOnes, ...plainSetUps(seed, count, Math.ceil(count / 3))];
/** From here on each feature comes up often enough to be counted. */
const isLong = count >= 500;

/** What an agent's settings and an endpoint do to a job. */
const features = [
  ...['template', 'class', 'class-default', 'class-rules', 'class-attaches-node', 'per-node'],
  ...['enforced-label', 'override-labels', 'override-timestamps', 'interval-bounded'],
  ...['denies-files', 'api-selectors', 'ignores-namespaces', 'global-rules'],
].map((name) => `agent-${name}`);
features.push(
  ...['attach-node', 'attach-node-endpoint', 'names-file', 'role-service'],
  ...['role-endpointslices', 'path-empty', 'path-no-slash', 'path-query', 'params-several'],
  ...['rule-path', 'rule-scheme', 'rule-param', 'rule-address', 'endpoint-target-port-number'],
);

let plane: ControlPlane;
let scenes: readonly Scene[];
let truths: Truths;
let compared: Comparison;

beforeAll(async () => {
  plane = await startControlPlane(planeForSetUps);
  await placeSetUps(plane, setUps);
  scenes = setUps.map(sceneOf);
  truths = [
    await vmagentTruth(plane, jobsAt(scenes, 0)),
    await vmagentTruth(plane, jobsAt(scenes, 1)),
  ];
  compared = compare(scenes, truths, ourModel);
  const others = compared.doubts.filter((doubt) => !isByReadiness(doubt));
  const byReadiness = compared.doubts.length - others.length;
  const read = `${compared.read} targets are read; ${byReadiness} go by readiness`;
  const doubtful = new Set(others.map((doubt) => doubt.setUp));
  console.info(
    `seed ${seed}: ${read}, ${others.length} others can't be told:\n${featureTable(featureRows(setUps, doubtful))}`,
  );
}, 600_000);

afterAll(async () => {
  await plane?.stop();
});

describe(`seed ${seed}: the model`, () => {
  test('says of every scrape and agent what a real vmagent has', () => {
    expect(compared.differences).toEqual([]);
    expect(compared.read).toBeGreaterThan(count / 2);
  });

  test('can tell nearly everything, but for what goes by readiness, which changes all the time', () => {
    const byReadiness = compared.doubts.filter(isByReadiness);
    const others = compared.doubts.filter((doubt) => !isByReadiness(doubt));
    const rows = featureRows(setUps, new Set(others.map((doubt) => doubt.setUp)));
    const common = rows.filter((row) => row.setUps >= 20);
    expect(common.filter((row) => row.doubtful / row.setUps >= 0.05)).toEqual([]);
    const ready = setUps.filter((setUp) => setUp.features.includes('rule-keep-ready'));
    expect(ready.map(({ index }) => index)).toEqual(
      expect.arrayContaining([...new Set(byReadiness.map((doubt) => doubt.setUp))]),
    );
  });

  test('is told from one that ignores relabelling, and from one to which agents take everything', () => {
    expect(compare(scenes, truths, ignoresRelabelling).differences).not.toEqual([]);
    expect(compare(scenes, truths, takesEverything).differences).not.toEqual([]);
  });

  test('says that an agent takes a scrape where the rules of the operator say so, and nowhere else', () => {
    const wrong = scenes.flatMap(({ setUp, context, cases }) =>
      cases
        .filter(({ scrape, agent, isChosen }) => {
          return (ourModel.takes(scrape, agent, context) === 'yes') !== isChosen;
        })
        .map(({ scrape, agent }) => [setUp.index, scrape.name, agent?.name]),
    );
    expect(wrong).toEqual([]);
    const chosen = scenes.flatMap(({ cases }) => cases.map(({ isChosen }) => isChosen));
    expect(new Set(chosen)).toEqual(new Set([true, false]));
  });

  test('is all that readings and readers go by', () => {
    const readings = scenes.map(readingsAndTrials);
    expect(readings.map(([said]) => said)).toEqual(readings.map(([, tried]) => tried));
    const readers = scenes.map(readersAndTrials);
    expect(readers.map(([said]) => said)).toEqual(readers.map(([, tried]) => tried));
    expect(readers.flatMap(([said]) => said).length).toBeGreaterThan(count / 5);
  });
});

function isByReadiness({ because }: { readonly because: string }): boolean {
  return because.includes('(__meta_kubernetes_pod_ready)');
}

test(`seed ${seed}: an etcd is covered where each store has it once, and duplicated where one has it twice`, () => {
  const pods = scenes.flatMap((scene) => podTruths(scene, truths));
  const wrong = pods.filter((pod) => {
    const truth = stateOf(pod);
    if (pod.state === 'unknown') return false;
    return truth === 'not read'
      ? !['unread', 'uncovered'].includes(pod.state)
      : pod.state !== truth;
  });
  expect(wrong).toEqual([]);
  const states = new Set(pods.map((pod) => pod.state));
  expect([...states]).toEqual(expect.arrayContaining(['covered', 'duplicated', 'unread']));
});

test(`seed ${seed}: the set-ups have what the model is about`, () => {
  const broken = randomOnes.filter((setUp) => setUp.broken !== undefined);
  expect(broken.length).toBeGreaterThanOrEqual(0.3 * count);
  const rows = featureRows(setUps, new Set());
  const numbers = new Map(rows.map((row) => [row.feature, row.setUps]));
  const least = isLong ? 20 : 1;
  expect(features.filter((feature) => (numbers.get(feature) ?? 0) < least)).toEqual([]);
});
