import { clustersIn, type Matched } from './match.ts';
import { handlesOf } from './questions.ts';
import type { StoredSamples, StoredTarget } from './stored.ts';
import type { ExpectedPod, ExpectedSamples, SampleLink, SampleState } from './types.ts';

/** How the samples of one pod are. */
export interface PodSamples {
  readonly state: SampleState;
  readonly link: SampleLink | '';
  /** Seconds since its newest sample; undefined where there is none. */
  readonly age: number | undefined;
  readonly series: number | undefined;
  readonly because: string;
  readonly fix: string;
  /** The targets that have its samples now: more than one is twice. */
  readonly writers: readonly StoredTarget[];
}

/** What decides about samples, beside what is expected and what is stored. */
export interface Deciding {
  /** The store's clock, in seconds since 1970. */
  readonly now: number;
  /** Whether the questions name a cluster. */
  readonly hasMatch: boolean;
}

/** Judges one pod whose metrics are read. */
export function judgePod(
  pod: ExpectedPod,
  { coverage, maxAge }: ExpectedSamples,
  { own, others }: Matched,
  stored: Pick<StoredSamples, 'problemOf'>,
  { now, hasMatch }: Deciding,
): PodSamples {
  const problem = problemOf(pod, stored);
  if (problem !== undefined) {
    return notKnown(`the store does not tell: ${problem}`, 'ask again, or narrow it down with -n');
  }
  const clusters = hasMatch ? '' : clustersIn(own.filter((one) => isLive(one)));
  if (clusters !== '') {
    return notKnown(
      `the store has samples of several clusters (${clusters})`,
      'say which one is meant: --store-match \'cluster="NAME"\'',
    );
  }
  const all = [...own, ...others];
  const ageOf = ({ at, beatAt }: StoredTarget): number =>
    now - (at ?? beatAt ?? Number.NEGATIVE_INFINITY);
  const fresh = all.filter((one) => isLive(one) && ageOf(one) <= maxAge);
  const writers = fresh.filter((one) => one.up !== 0 && one.series !== 0);
  const [newest] = writers.toSorted((a, b) => ageOf(a) - ageOf(b));
  if (newest !== undefined) {
    return {
      state: 'sampled',
      link: '',
      age: age(ageOf(newest)),
      series: newest.series,
      because: own.includes(newest) ? 'sampled' : `sampled, by job ${newest.labels.job ?? '?'}`,
      fix: '',
      // A heartbeat has labels of its own, which tell nothing of who wrote it.
      writers: writers.filter(({ at }) => at !== undefined),
    };
  }
  if (fresh.some(({ up }) => up === 0)) return failed;
  if (fresh.length > 0) return empty;
  const last = Math.min(...all.map(ageOf));
  if (Number.isFinite(last)) return ended(coverage, last, all.some(isLive));
  if (pod.doubt !== '') {
    return notKnown(
      `the store has none under the labels that its scrape gives, and they depend on ${pod.doubt}`,
      'look for its samples by other labels, or ask the agent: --targets URL',
    );
  }
  return nothingIs('none', coverage.link, missingText(coverage));
}

/** There were samples; those of a series that an agent has ended are over, however young the last one is. */
function ended(
  { state, link, because }: ExpectedSamples['coverage'],
  last: number,
  isOpen: boolean,
): PodSamples {
  const said = isOpen
    ? `its last sample is ${ageText(last)} old`
    : `its samples ended ${ageText(last)} ago`;
  const whole = isWell(state) ? said : `${because}; ${said}`;
  return { ...nothingIs('stale', link, whole), age: age(last) };
}

function isWell(state: ExpectedSamples['coverage']['state']): boolean {
  return state === 'covered' || state === 'duplicated';
}

function problemOf(pod: ExpectedPod, { problemOf: find }: Pick<StoredSamples, 'problemOf'>) {
  const { address } = pod;
  const handles = [
    ...handlesOf(pod),
    ...(address === undefined ? [] : [{ name: 'instance', value: address }]),
  ];
  return handles.map(find).find((one) => one !== undefined);
}

/** Agents mark the end of a series: then it has no value any more. */
function isLive({ at, up, beats }: StoredTarget): boolean {
  return at === undefined ? beats : up !== undefined;
}

const failed: PodSamples = {
  ...nothingIs('none', 'target', 'an agent asks it for metrics and fails (up is 0)'),
  fix: 'see whether its process runs and listens; --targets URL has the reason',
};

const empty: PodSamples = {
  ...nothingIs('none', 'target', 'an agent reads it, and its answer has no sample'),
  fix: 'look at what answers there: an HTML page is a success without a sample',
};

function missingText({ state, because }: ExpectedSamples['coverage']): string {
  return isWell(state) ? 'its scrape is right, and no sample of it is in the store' : because;
}

function nothingIs(state: 'none' | 'stale', link: SampleLink | '', because: string): PodSamples {
  return {
    state,
    link,
    age: undefined,
    series: undefined,
    because,
    fix:
      link === ''
        ? 'ask the agent which link breaks: --targets URL'
        : 'follow its chain from the pods to an agent: autoscrape explain',
    writers: [],
  };
}

function notKnown(because: string, fix: string): PodSamples {
  const none = { age: undefined, series: undefined, writers: [] };
  return { state: 'not-known', link: '', because, fix, ...none };
}

/** Seconds, to a tenth; clocks of store and agent differ a little. */
function age(seconds: number): number {
  return Math.max(0, Math.round(seconds * 10) / 10);
}

/** `40 s`, `12 min`: two units are never needed. */
export function ageText(seconds: number): string {
  return seconds < 120 ? `${Math.ceil(seconds)} s` : `${Math.round(seconds / 60)} min`;
}
