import type { CodeEntry } from '../findings/index.ts';

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
  'component-unread': {
    severity: 'warning',
    certain: false,
    title: 'A component has a scrape, and its metrics do not arrive by it',
    explanation:
      'A link of the chain from its pods to an agent breaks: no agent takes the scrape, the operator leaves it out, what ' +
      'it names is not there, its relabelling drops or moves the target, or it asks for another path. The finding says ' +
      'which. A scrape that reads nothing looks like one that works: the API server and the operator call both well.',
  },
  'component-unknown': {
    severity: 'info',
    certain: false,
    title: "Whether a component's metrics are read cannot be told",
    explanation:
      'Something decides it that is not at hand: labels of pods that are not there yet, relabelling by what only the ' +
      'agent sees, the address of a Service that stands for one of several pods. autoscrape neither makes nor removes ' +
      'a scrape because of it.',
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
      'named, those of a directory by their paths. Only kinds that have a bearing on metrics are compared.',
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
