import type { CodeEntry } from '../findings/index.ts';

/** What a store says of the samples that it should have. */
export const sampleFindingCodes = {
  'samples-missing': {
    severity: 'warning',
    certain: false,
    title: 'A component has no samples in the store',
    explanation:
      'A link of the chain from its pods to the store breaks, and the finding says which one as far as that can be told: no ' +
      'scrape, no agent that takes it, a push that does not arrive. With `--targets` the agents are asked too.',
  },
  'samples-target-down': {
    severity: 'warning',
    certain: false,
    title: 'A component has no samples, because its agent cannot read it',
    explanation:
      'The agent asks the pod and fails, or gets an answer without a sample. The store shows it by `up`, which is 0; the ' +
      'reason is what the agent says (`--targets`).',
  },
  'samples-dropped': {
    severity: 'warning',
    certain: false,
    title: 'A component has no samples, because relabelling drops its target',
    explanation:
      'The agent discovers the pod, and a rule of the scrape, of its class or of the agent drops it. An alert on `up == 0` ' +
      'says nothing then: there is no `up` any more.',
  },
  'samples-not-written': {
    severity: 'warning',
    certain: false,
    title: 'An agent reads a component, and the store has no samples of it',
    explanation:
      'For the agent the target is up, while its remote write fails, is refused or leads to another store. Nothing that ' +
      'looks at targets alone shows it.',
  },
  'samples-stale': {
    severity: 'warning',
    certain: false,
    title: 'The newest sample of a component is old',
    explanation:
      'There were samples, and they have stopped: the newest is older than three intervals, and than 90 s ' +
      '(`--max-age` sets another age).',
  },
  'samples-twice': {
    severity: 'warning',
    certain: false,
    title: 'The store has the samples of a pod more than once',
    explanation:
      'Several jobs or agents write them under different labels, so that nothing deduplicates them and every sum is too ' +
      'large. The finding has the labels that differ.',
  },
  'samples-unexpected': {
    severity: 'info',
    certain: false,
    title: 'A component that is called silent has samples',
    explanation:
      'By its configuration it sends no metrics, and the store has fresh ones of it. Either it was configured in a way that ' +
      'the catalogue does not know, or another cluster has the same name.',
  },
} as const satisfies Readonly<Record<string, CodeEntry>>;

/** The code of a finding about samples. */
export type SampleCode = keyof typeof sampleFindingCodes;
