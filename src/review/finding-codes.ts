import type { CodeEntry } from '../scrape/index.ts';

/** What only a look at all objects together finds. */
export const reviewFindings = {
  'component-uncovered': {
    severity: 'warning',
    certain: false,
    title: 'A component exposes metrics, and nothing reads them',
    explanation:
      'Where the input has Services at all, one that selects the pods is missing, or none of those that do leads to the ' +
      'port. The finding says which it is.',
  },
  'component-duplicated': {
    severity: 'warning',
    certain: false,
    title: 'A component is read more than once',
    explanation:
      'Each scrape, and each Service that one scrape reads through, stores the samples under other labels, so that ' +
      'nothing deduplicates them: every sum over them is too large.',
  },
  'duplicate-object': {
    severity: 'warning',
    certain: false,
    title: 'Two documents of one object',
    explanation:
      'When both are applied the later one counts, and so it does here: files are read in the order in which they are ' +
      'named, those of a directory by their paths.',
  },
  'incomplete-input': {
    severity: 'info',
    certain: false,
    title: 'The input lacks a kind of object that the answer needs',
    explanation:
      'A folder without any Service is a part of something, not a cluster in which nothing can be reached. What needs ' +
      'the missing kind is not said then, neither that all is well nor that something is wrong.',
  },
} as const satisfies Readonly<Record<string, CodeEntry>>;

/** The code of a finding of a review. */
export type ReviewCode = keyof typeof reviewFindings;
