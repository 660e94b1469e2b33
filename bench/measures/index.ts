import type { Measure } from '../measure.ts';
import { admission } from './admission.ts';
import { apply } from './apply.ts';
import { backfill } from './backfill.ts';
import { coldStart } from './cold-start.ts';
import { hostile } from './hostile.ts';
import { idle } from './idle.ts';
import { noopStorm } from './noop-storm.ts';
import { review } from './review.ts';
import { scale } from './scale.ts';
import { telemetryOverhead } from './telemetry-overhead.ts';
import { timeToScrape } from './time-to-scrape.ts';

/** Every benchmark, in the order in which all of them run. */
export const measures: readonly Measure[] = [
  admission,
  apply,
  timeToScrape,
  scale,
  backfill,
  idle,
  coldStart,
  noopStorm,
  hostile,
  telemetryOverhead,
  review,
];
