import { ageText, type Deciding } from './judge-pod.ts';
import { attribute, type StoredSamples } from './stored.ts';
import type { ExpectedSamples, SampleVerdict } from './types.ts';

/** What a store has of the pushes of one component. */
export interface Pushes {
  /** Processes whose heartbeat is fresh. */
  readonly instances: number;
  /** Seconds since the newest heartbeat; undefined where there is none. */
  readonly age: number | undefined;
  readonly series: number;
}

type Judged = Pick<
  SampleVerdict,
  'state' | 'link' | 'because' | 'fix' | 'sampledPods' | 'series' | 'age'
>;

/**
 * Finds the pushes of a component. They name a process (`service_instance_id`), and no pod: so those of all pods are
 * counted together. What names no cluster of the database may be anybody's.
 */
export function pushesOf(
  { coverage, heartbeat, clusters, maxAge }: ExpectedSamples,
  stored: Pick<StoredSamples, 'pushesOf'>,
  { now }: Deciding,
): Pushes {
  const found = stored
    .pushesOf(coverage.component, clusters)
    .filter(({ metric }) => metric === heartbeat?.metric || metric === heartbeat?.otlp);
  const fresh = found.filter(({ at }) => now - at <= maxAge);
  return {
    instances: new Set(fresh.map(({ labels }) => attribute(labels, 'service.instance.id'))).size,
    age: found.length === 0 ? undefined : Math.max(0, now - Math.max(...found.map(({ at }) => at))),
    series: fresh.length,
  };
}

/**
 * Judges a component that pushes.
 *
 * @param rivals how many pods of other sets push under the same names: whose a push is can't be told then
 */
export function judgePushed(
  expected: ExpectedSamples,
  stored: StoredSamples,
  deciding: Deciding,
  rivals: number,
): Judged {
  const { heartbeat, coverage, pods, maxAge } = expected;
  if (heartbeat?.otlp === undefined) {
    const because = 'the catalogue knows no metric that its pods always push';
    return { ...unknown(because, 'look for its metrics in the store'), link: 'push' };
  }
  const handle = { name: 'service_name', value: coverage.component };
  const problem = stored.problemOf(handle);
  if (problem !== undefined) return unknown(`the store does not tell: ${problem}`, 'ask again');
  const { instances, age, series } = pushesOf(expected, stored, deciding);
  const seen = age === undefined ? {} : { age: Math.round(age * 10) / 10, series };
  const wanted = pods.length + rivals;
  if (instances >= wanted) {
    return {
      state: 'sampled',
      link: '',
      because: 'pushed',
      fix: '',
      sampledPods: pods.length,
      ...seen,
    };
  }
  const otherName = stored.problemOfMetric(heartbeat.otlp);
  if (otherName !== undefined) return unknown(`the store does not tell: ${otherName}`, 'ask again');
  if (rivals > 0 && instances > 0) {
    return unknown(
      `${instances} of ${wanted} processes of this name push, and their samples do not say whose they are`,
      'give each cluster of the database a name of its own',
    );
  }
  const fix =
    'see where it pushes to: spec.observability of the MultigresCluster has the address, which has to be one that takes OTLP over HTTP';
  if (instances > 0) {
    const because = `${instances} of ${pods.length} processes push; the samples name no pod`;
    return { state: 'none', link: 'push', because, fix, sampledPods: instances, ...seen };
  }
  if (age !== undefined) {
    const because = `its last push is ${ageText(age)} old, and more than ${ageText(maxAge)}`;
    return { state: 'stale', link: 'push', because, fix, sampledPods: 0, ...seen };
  }
  if (coverage.state !== 'pushed') {
    return { state: 'none', link: coverage.link, because: coverage.because, fix, sampledPods: 0 };
  }
  const because = 'it is told to push, and no sample of it is in the store';
  return { state: 'none', link: 'push', because, fix, sampledPods: 0 };
}

function unknown(because: string, fix: string): Judged {
  return { state: 'not-known', link: '', because, fix, sampledPods: 0 };
}
