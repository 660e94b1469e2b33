import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { jobsAt, type Scene, sceneOf, type Truths } from '../support/model-truth.ts';
import { placeSetUps, planeForSetUps } from '../support/set-ups.ts';
import { asksOtherwise, edited, judged, type Offer, offersOf } from '../support/tried-fixes.ts';
import { vmagentTruth } from '../support/vmagent-truth.ts';

/**
 * Fixes that are offered in random set-ups: what real vmagents read before and after. Another seed and number:
 * `AUTOSCRAPE_TEST_SEED=7 AUTOSCRAPE_TEST_FIXES=200`.
 */
const { AUTOSCRAPE_TEST_SEED, AUTOSCRAPE_TEST_FIXES = '50' } = process.env;
/** The same every time: what it says of a change does not depend on luck. */
const seed = Number(AUTOSCRAPE_TEST_SEED ?? 11);
const offers = chosenOffers(Number(AUTOSCRAPE_TEST_FIXES));

let plane: ControlPlane;
let before: Sides;
let after: Sides;

interface Sides {
  readonly scenes: readonly Scene[];
  readonly truths: Truths;
}

beforeAll(async () => {
  plane = await startControlPlane(planeForSetUps);
  await placeSetUps(
    plane,
    offers.map(({ setUp }) => setUp),
  );
  before = await sides(offers.map(asStored));
  after = await sides(offers.map((offer) => asStored({ ...offer, setUp: edited(offer) })));
}, 600_000);

afterAll(async () => {
  await plane?.stop();
});

async function sides(setUps: Parameters<typeof sceneOf>[0][]): Promise<Sides> {
  const scenes = setUps.map(sceneOf);
  const truths = [
    await vmagentTruth(plane, jobsAt(scenes, 0)),
    await vmagentTruth(plane, jobsAt(scenes, 1)),
  ];
  return { scenes, truths };
}

/** One fix of each set-up, of as many codes as there are; what is in the API server stays as it is. */
function chosenOffers(count: number): Offer[] {
  const chosen: Offer[] = [];
  const counts = new Map<string, number>();
  for (let index = 0; chosen.length < count && index < 20 * count; index += 1) {
    const [offer] = offersOf(seed, index)
      .filter(({ edits }) => edits.every(({ object }) => object.kind.startsWith('VM')))
      .toSorted((a, b) => (counts.get(a.finding.code) ?? 0) - (counts.get(b.finding.code) ?? 0));
    if (offer === undefined) continue;
    const { code } = offer.finding;
    const had = counts.get(code) ?? 0;
    if (had >= Math.max(3, count / 8)) continue;
    counts.set(code, had + 1);
    chosen.push(offer);
  }
  return chosen;
}

/** What the API server refuses is not there. */
function asStored(offer: Offer): Offer['setUp'] {
  const { scrapes } = judged(offer.setUp, offer.finding);
  const names = new Set(scrapes.map(({ namespace, name }) => `${namespace}/${name}`));
  return {
    ...offer.setUp,
    scrapes: offer.setUp.scrapes.filter(({ metadata }) =>
      names.has(`${metadata.namespace}/${metadata.name}`),
    ),
  };
}

/** What vmagents read in a set-up: by the agent, the address, and the path unless the fix is about that. */
function readIn({ scenes, truths }: Sides, offer: Offer): Set<string> {
  const scene = scenes.find(({ setUp }) => setUp.index === offer.setUp.index);
  const urls = (scene?.cases ?? [])
    .filter((one) => one.isChosen || one.agent === undefined)
    .flatMap(({ place, jobs }) =>
      jobs.flatMap(({ job_name: job }) =>
        (truths[place]?.get(job)?.active ?? []).map(({ scrapeUrl }) => `${place} ${scrapeUrl}`),
      ),
    );
  return new Set(
    urls.map((url) => {
      const whole = url.replace(/ \w+:\/\//, ' ');
      return asksOtherwise.has(offer.finding.code) ? whole.replace(/\/.*/, '') : whole;
    }),
  );
}

test(`seed ${seed}: what a real vmagent reads it still reads after a fix`, () => {
  const lost = offers.flatMap((offer) => {
    const now = readIn(after, offer);
    const { code, fix } = offer.finding;
    // The address of a Service stands for one of its pods, which are then read by their own.
    const isByService = (url: string) => code === 'one-of-many' && url.includes('.svc:');
    const gone = [...readIn(before, offer)].filter(
      (url) => !now.has(url) && !(isByService(url) && now.size > 0),
    );
    return gone.length === 0 ? [] : [{ setUp: offer.setUp.index, code, fix, gone }];
  });
  expect(lost).toEqual([]);
  expect(offers.length).toBe(Number(AUTOSCRAPE_TEST_FIXES));
});

test(`seed ${seed}: fixes of what reads nothing make a real vmagent read more`, () => {
  const gains = offers.map((offer) => ({
    code: offer.finding.code,
    gain: readIn(after, offer).size - readIn(before, offer).size,
  }));
  const rows = [...Map.groupBy(gains, ({ code }) => code)].map(
    ([code, members]) =>
      `${String(members.length).padStart(6)} ${code}, ${members.filter(({ gain }) => gain > 0).length} read more`,
  );
  console.info(`seed ${seed}: ${offers.length} fixes\n${rows.toSorted().toReversed().join('\n')}`);
  expect(gains.filter(({ gain }) => gain > 0).length).toBeGreaterThan(offers.length / 10);
});
