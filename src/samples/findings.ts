import { coveredObject, type Finding } from '../findings/index.ts';
import type { Coverage } from '../planning/index.ts';
import { type SampleCode, sampleFindingCodes } from './codes.ts';
import type { JudgedSamples, Twice } from './judge.ts';
import type { SampleVerdict } from './types.ts';

/** What is wrong with samples: one finding for each component, and one for each that has them twice. */
export function sampleFindings({ verdicts, twice, unexpected }: JudgedSamples): Finding[] {
  const wrong = verdicts.flatMap((one) => {
    const code = codeOf(one);
    return code === undefined ? [] : [finding(code, one, wrongText(one), one.fix)];
  });
  const byComponent = Map.groupBy(twice, ({ expected }) => expected.coverage);
  const doubled = [...byComponent].flatMap(([coverage, members]) => {
    const [first] = members;
    const fix =
      'let one of them go, or have both write the same labels and the store deduplicate them';
    return first === undefined
      ? []
      : [finding('samples-twice', coverage, twiceText(first, members.length), fix)];
  });
  const surprising = unexpected.map(({ coverage }) =>
    finding(
      'samples-unexpected',
      coverage,
      `${coverage.component} is called silent (${coverage.because}), and the store has fresh samples of it`,
      'see what makes it push, and whether another cluster of the database has the same name',
    ),
  );
  return [...wrong, ...doubled, ...surprising];
}

function codeOf({ state, link }: SampleVerdict): SampleCode | undefined {
  if (state === 'stale' && link === '') return 'samples-stale';
  if (state !== 'none' && state !== 'stale') return undefined;
  switch (link) {
    case 'target':
      return 'samples-target-down';
    case 'relabelling':
      return 'samples-dropped';
    case 'write':
      return 'samples-not-written';
    default:
      return 'samples-missing';
  }
}

function wrongText({ state, component, because }: SampleVerdict): string {
  return state === 'stale'
    ? `the samples of ${component} have stopped: ${because}`
    : `there are no samples of ${component}: ${because}`;
}

function twiceText({ expected, pod, writers }: Twice, count: number): string {
  const more = count === 1 ? '' : ` and ${count - 1} more`;
  const { component } = expected.coverage;
  return `the samples of ${component} in pod ${pod}${more} are in the store ${writers.length} times, as ${differing(writers)}`;
}

/** The labels in which targets differ, of each: `{prometheus="monitoring/a"} and {prometheus="monitoring/b"}`. */
function differing(writers: Twice['writers']): string {
  const names = [...new Set(writers.flatMap(({ labels }) => Object.keys(labels)))].sort();
  const open = names.filter((name) => new Set(writers.map(({ labels }) => labels[name])).size > 1);
  return writers
    .map(({ labels }) => {
      const pairs = open.flatMap((name) => {
        const value = labels[name];
        return value === undefined ? [] : [`${name}=${JSON.stringify(value)}`];
      });
      return `{${pairs.join(', ')}}`;
    })
    .sort()
    .join(' and ');
}

function finding(
  code: SampleCode,
  about: Pick<Coverage, 'namespace' | 'workload' | 'services'>,
  message: string,
  fix: string,
): Finding {
  const { severity, certain } = sampleFindingCodes[code];
  return { code, severity, object: coveredObject(about), field: '', message, fix, certain };
}
