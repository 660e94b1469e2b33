import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseScrape } from '../../src/kubernetes/index.ts';
import { jobsOf } from '../../src/reading/index.ts';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { linksOfAgents } from '../support/random/links.ts';
import { histogram, type RandomSetUp, randomSetUps } from '../support/random-set-ups.ts';
import { placeSetUps, planeForSetUps } from '../support/set-ups.ts';
import { type JobTruth, type PlacedJob, vmagentTruth } from '../support/vmagent-truth.ts';

/**
 * Random set-ups in a real API server, and what a real vmagent makes of the jobs of their scrapes. Another seed and
 * number: `AUTOSCRAPE_TEST_SEED=7 AUTOSCRAPE_TEST_SET_UPS=500`.
 */
const { AUTOSCRAPE_TEST_SEED, AUTOSCRAPE_TEST_SET_UPS = '60' } = process.env;
/** The same every time: what it says of a change does not depend on luck. */
const seed = Number(AUTOSCRAPE_TEST_SEED ?? 7);
const setUps = randomSetUps(seed, Number(AUTOSCRAPE_TEST_SET_UPS));

let plane: ControlPlane;
let truth: ReadonlyMap<string, JobTruth>;

beforeAll(async () => {
  const began = performance.now();
  const since = () => `${((performance.now() - began) / 1_000).toFixed(1)} s`;
  plane = await startControlPlane(planeForSetUps);
  await placeSetUps(plane, setUps);
  const placed = since();
  truth = await vmagentTruth(plane, setUps.flatMap(jobsIn));
  const times = `placed after ${placed}, all after ${since()}`;
  const read = setUps.filter((setUp) => targetsOf(setUp) > 0).length;
  console.info(
    `seed ${seed}; ${times}; ${read} of ${setUps.length} have targets\n${histogram(setUps)}`,
  );
}, 400_000);

afterAll(async () => {
  await plane?.stop();
});

/** Of its scrapes alone, without what agents make of them. */
function jobsIn({ scrapes, namespaces }: RandomSetUp): PlacedJob[] {
  const names = namespaces.map(({ metadata }) => metadata.name);
  return scrapes
    .flatMap((scrape) => parseScrape(scrape) ?? [])
    .flatMap((scrape) => jobsOf(scrape).map((job) => ({ job, namespaces: names })));
}

function targetsOf(setUp: RandomSetUp): number {
  const found = jobsIn(setUp).map(({ job }) => truth.get(job.job_name)?.active.length ?? 0);
  return found.reduce((sum, count) => sum + count, 0);
}

test(`seed ${seed}: where a link that vmagent sees is broken, there is no target`, () => {
  const seen = setUps.filter(({ broken }) => broken !== undefined && !linksOfAgents.has(broken));
  const wrong = seen.filter((setUp) => targetsOf(setUp) > 0);
  expect(wrong.map(({ index, broken }) => ({ index, broken }))).toEqual([]);
  expect(seen.length).toBeGreaterThan(0);
});

test(`seed ${seed}: where none is broken on purpose, many have targets, of their own pods alone`, () => {
  const whole = setUps.filter(({ broken }) => broken === undefined);
  const read = whole.filter((setUp) => targetsOf(setUp) > 0);
  expect(read.length).toBeGreaterThan(whole.length / 4);
  for (const setUp of whole) {
    const own = setUp.pods.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    const targets = jobsIn(setUp).flatMap(({ job }) => truth.get(job.job_name)?.active ?? []);
    const pods = targets.filter(({ pod }) => pod !== '');
    expect(own).toEqual(
      expect.arrayContaining([...new Set(pods.map((one) => `${one.namespace}/${one.pod}`))]),
    );
  }
});

test(`seed ${seed}: a job is left out whole only for a rule that can not be parsed`, () => {
  const jobs = setUps.flatMap((setUp) =>
    jobsIn(setUp).map(({ job }) => ({
      broken: setUp.broken === 'rule-not-parsable',
      refused: truth.get(job.job_name)?.refused !== undefined,
    })),
  );
  expect(jobs.filter(({ broken, refused }) => broken !== refused)).toEqual([]);
});

test(`seed ${seed}: another vmagent says the same`, async () => {
  const jobs = setUps.slice(0, 60).flatMap(jobsIn);
  const again = await vmagentTruth(plane, jobs);
  expect([...again]).toEqual(jobs.map(({ job }) => [job.job_name, truth.get(job.job_name)]));
}, 100_000);
