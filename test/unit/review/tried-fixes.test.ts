import { expect, test } from '@jest/globals';
import { lostReads } from '../../../src/review/reads.ts';
import { asksOtherwise, edited, judged, type Offer, offersOf } from '../../support/tried-fixes.ts';

/**
 * Fixes that are offered in random set-ups, done and judged by a whole look at what is there then. Another seed and
 * number: `AUTOSCRAPE_TEST_SEED=7 AUTOSCRAPE_TEST_SET_UPS=2000`.
 */
const { AUTOSCRAPE_TEST_SEED, AUTOSCRAPE_TEST_SET_UPS = '60' } = process.env;
/** The same every time: what it says of a change does not depend on luck. */
const seed = Number(AUTOSCRAPE_TEST_SEED ?? 7);
const count = Number(AUTOSCRAPE_TEST_SET_UPS);
const offers = Array.from({ length: count }, (_, index) => offersOf(seed, index)).flat();

test(`seed ${seed}: an offered fix never leaves its finding, and never loses what was read`, () => {
  const wrong = offers.flatMap((offer) => {
    const [before, after] = [offer.setUp, edited(offer)].map((one) => judged(one, offer.finding));
    if (before === undefined || after === undefined) return [];
    const lost = asksOtherwise.has(offer.finding.code)
      ? []
      : lostReads(before.reads, after.reads).map(([, { shown }]) => shown);
    return after.count < before.count && lost.length === 0 ? [] : [{ ...named(offer), lost }];
  });
  console.info(`seed ${seed}: ${offers.length} fixes in ${count} set-ups\n${histogram()}`);
  expect(wrong).toEqual([]);
}, 600_000);

test(`seed ${seed}: fixes of many kinds are offered`, () => {
  expect(offers.length).toBeGreaterThan(count / 4);
  expect(new Set(offers.map(({ finding }) => finding.code)).size).toBeGreaterThanOrEqual(10);
});

function named({ setUp, finding }: Offer) {
  return { setUp: setUp.index, code: finding.code, fix: finding.fix };
}

function histogram(): string {
  const counts = Map.groupBy(offers, ({ finding }) => finding.code);
  return [...counts]
    .map(([code, members]) => `${String(members.length).padStart(6)} ${code}`)
    .toSorted()
    .toReversed()
    .join('\n');
}
