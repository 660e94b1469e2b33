import type { JudgedSamples } from './judge.ts';
import { ageText } from './judge-pod.ts';
import type { SampleState, SampleVerdict } from './types.ts';

/** The worst first. */
const order: readonly SampleState[] = ['none', 'stale', 'not-known'];

/**
 * Returns what a store says of all components, in one sentence: how many have samples, how old the oldest of these is,
 * and the first that has none, with the reason.
 */
export function sampleHeadline({
  verdicts,
  twice,
}: Pick<JudgedSamples, 'verdicts' | 'twice'>): string {
  if (verdicts.length === 0) return 'No component should have samples.';
  const good = verdicts.filter(({ state }) => state === 'sampled');
  const oldest = Math.max(0, ...good.map(({ age = 0 }) => age));
  const doubled = new Set(twice.map(({ expected }) => expected.coverage)).size;
  const than = good.length === 0 ? '' : ` no older than ${ageText(oldest)}`;
  const once = good.length === verdicts.length && doubled === 0 ? ', each once' : '';
  const parts = [
    `${good.length} of ${verdicts.length} ${verdicts.length === 1 ? 'component has' : 'components have'} samples${than}${once}`,
    ...wrongParts(verdicts),
    ...(doubled === 0 ? [] : [`${doubled} ${doubled === 1 ? 'has' : 'have'} them more than once`]),
  ];
  return `${parts.join('; ')}.`;
}

function wrongParts(verdicts: readonly SampleVerdict[]): string[] {
  const wrong = order.flatMap((state) => verdicts.filter((one) => one.state === state));
  const [first, ...others] = wrong;
  if (first === undefined) return [];
  const more = others.length === 0 ? [] : [`and ${others.length} more, see below`];
  return [`${first.component} of ${first.namespace} ${words(first)}: ${first.because}`, ...more];
}

function words({ state }: SampleVerdict): string {
  switch (state) {
    case 'none':
      return 'has none';
    case 'stale':
      return 'has none any more';
    default:
      return 'is not known to have any';
  }
}
