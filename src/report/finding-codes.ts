import { additionFindings } from '../admission/index.ts';
import {
  type CodeEntry,
  scrapeFindingCodes,
  surroundingFindingCodes,
  targetFindingCodes,
} from '../findings/index.ts';
import { reviewFindings } from '../review/index.ts';
import { sampleFindingCodes } from '../samples/index.ts';

/** Findings of one sort. */
export interface FindingSection {
  readonly title: string;
  readonly codes: Readonly<Record<string, CodeEntry>>;
}

/** Every finding that there is. */
export const findingSections: readonly FindingSection[] = [
  { title: 'Scrapes', codes: scrapeFindingCodes },
  { title: 'Scrapes and what is around them', codes: surroundingFindingCodes },
  { title: 'Services and workloads', codes: additionFindings },
  { title: 'All objects of an input together', codes: reviewFindings },
  { title: 'Targets, as an agent has them', codes: targetFindingCodes },
  { title: 'Samples, as a store has them', codes: sampleFindingCodes },
];

/** What is known of a code, by code. */
export const findingCodes: ReadonlyMap<string, CodeEntry> = new Map(
  findingSections.flatMap((section) => Object.entries(section.codes)),
);
