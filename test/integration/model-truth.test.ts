import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import {
  compare,
  jobsAt,
  ourModel,
  type Scene,
  sceneOf,
  type Truths,
} from '../support/model-truth.ts';
import { histogram, randomSetUps } from '../support/random-set-ups.ts';
import { placeSetUps, planeForSetUps } from '../support/set-ups.ts';
import { vmagentTruth } from '../support/vmagent-truth.ts';

const { AUTOSCRAPE_TEST_SEED, AUTOSCRAPE_TEST_SET_UPS = '150' } = process.env;
const seed = Number(AUTOSCRAPE_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
const setUps = randomSetUps(seed, Number(AUTOSCRAPE_TEST_SET_UPS));

let plane: ControlPlane;
let scenes: readonly Scene[];
let truths: Truths;

beforeAll(async () => {
  plane = await startControlPlane(planeForSetUps);
  await placeSetUps(plane, setUps);
  scenes = setUps.map(sceneOf);
  truths = [
    await vmagentTruth(plane, jobsAt(scenes, 0)),
    await vmagentTruth(plane, jobsAt(scenes, 1)),
  ];
  console.info(`seed ${seed}\n${histogram(setUps)}`);
}, 600_000);

afterAll(async () => {
  await plane?.stop();
});

test(`seed ${seed}: the model`, () => {
  const { differences, doubts, read } = compare(scenes, truths, ourModel);
  console.info(JSON.stringify({ read, doubts: doubts.length }));
  const byCause = Map.groupBy(doubts, ({ because }) => because.replace(/\[\d+\]/, ''));
  console.info(
    [...byCause]
      .map(([cause, some]) => `${some.length} ${cause}`)
      .sort()
      .join('\n'),
  );
  console.info(JSON.stringify(differences.slice(0, 20), undefined, 1));
  expect(differences).toEqual([]);
});
