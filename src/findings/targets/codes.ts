import type { CodeEntry } from '../finding.ts';

/** What agents say of the targets that they should have. */
export const targetFindingCodes = {
  'target-down': {
    severity: 'warning',
    certain: false,
    title: 'An agent cannot read a target',
    explanation:
      'The agent has the target and fails to read it: nothing listens, the path is wrong, credentials or TLS do not fit, or ' +
      'no answer comes in time. The finding has the reason in words.',
  },
  'target-empty': {
    severity: 'warning',
    certain: false,
    title: 'A target answers without a sample',
    explanation:
      'vmagent calls a target up whatever it answers: an HTML page is a success without a sample. So the target looks ' +
      'covered, and there are no metrics.',
  },
  'target-dropped': {
    severity: 'warning',
    certain: false,
    title: "Relabelling drops a target that the scrape's own rules keep",
    explanation:
      'The agent has discovered the pod for the job of the scrape, and a rule has dropped it that is not in the scrape: of ' +
      "the VMAgent's templates, its scrape class or its global relabelling; or the scrape was changed since.",
  },
  'target-missing': {
    severity: 'warning',
    certain: false,
    title: 'A scrape is there, and no agent has its target',
    explanation:
      'Either no VMAgent takes the scrape, or its new configuration was not loaded, or the job is there and its discovery ' +
      'does not find the pod. The finding says which of them.',
  },
  'target-elsewhere': {
    severity: 'warning',
    certain: false,
    title: 'Another job reads a target, and its scrape does not',
    explanation:
      'The metrics are there, under the labels of a job that is not the one of the scrape. Once an agent takes the scrape ' +
      'too, they are stored twice.',
  },
  'target-twice': {
    severity: 'warning',
    certain: false,
    title: 'A target is read by more than one job',
    explanation:
      'An annotation (`prometheus.io/scrape`), a VMPodScrape or a hand-written job reads what a scrape reads as well, with ' +
      'other labels, so that nothing deduplicates the samples.',
  },
} as const satisfies Readonly<Record<string, CodeEntry>>;

/** The code of a finding about targets. */
export type TargetCode = keyof typeof targetFindingCodes;
