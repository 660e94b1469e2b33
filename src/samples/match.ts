import type { Labels } from '../kubernetes/index.ts';
import type { StoredTarget } from './stored.ts';
import type { ExpectedPod, ExpectedSeries } from './types.ts';

/** Labels that people tell clusters apart by. */
const clusterLabel = /^(?:k8s_|kubernetes_)?cluster(?:_name|_id)?$/;

/** What a store has of one pod's metrics. */
export interface Matched {
  /** By the labels that its scrapes give. */
  readonly own: readonly StoredTarget[];
  /** Of the same address, by other labels: another job reads it. */
  readonly others: readonly StoredTarget[];
}

/** Finds the targets of a store that are one pod's metrics. */
export type Finder = (pod: ExpectedPod, namespace: string) => Matched;

/** Returns a finder for the targets of a store. */
export function finderIn(targets: readonly StoredTarget[]): Finder {
  // Few labels of a target have a value that few others have: these lead to it.
  const byPod = Map.groupBy(targets, ({ labels }) => labels.pod ?? '');
  const byInstance = Map.groupBy(targets, ({ labels }) => labels.instance ?? '');
  return (pod, namespace) => {
    const own = new Set<StoredTarget>();
    for (const series of pod.series) {
      const name = series.external.pod ?? series.labels.pod;
      const near = name === undefined ? targets : (byPod.get(name) ?? []);
      for (const one of near) if (isOf(one.labels, series)) own.add(one);
    }
    const there = pod.address === undefined ? [] : (byInstance.get(pod.address) ?? []);
    const others = there.filter((one) => !own.has(one) && mayBe(one.labels, pod, namespace));
    return { own: [...own], others };
  };
}

/**
 * Whether a series has all labels that are expected of it. An external label of the same name as one of the target
 * takes its place, and vmagent keeps the target's as `exported_<name>` (lib/promscrape, appendExtraLabels).
 */
function isOf(found: Labels, { labels, external }: ExpectedSeries): boolean {
  const hasOwn = Object.entries(labels).every(
    ([name, value]) => found[name] === value || found[`exported_${name}`] === value,
  );
  return hasOwn && !contradicts(found, external);
}

/** Whether a series has a label with another value. */
function contradicts(found: Labels, expected: Labels): boolean {
  return Object.entries(expected).some(
    ([name, value]) => found[name] !== undefined && found[name] !== value,
  );
}

/** Whether what reads a pod's address may be in this cluster: addresses are the same in many. */
function mayBe(found: Labels, { name, series }: ExpectedPod, namespace: string): boolean {
  if (contradicts(found, { namespace, pod: name })) return false;
  const clusters = series.map(({ external }) =>
    Object.fromEntries(Object.entries(external).filter(([label]) => clusterLabel.test(label))),
  );
  return clusters.every((one) => !contradicts(found, one));
}

/**
 * Returns the labels that name several clusters among these targets, as `cluster="a", cluster="b"`; empty where one
 * cluster alone, or none, is named.
 */
export function clustersIn(targets: readonly StoredTarget[]): string {
  const found = new Map<string, Set<string>>();
  for (const { labels } of targets) {
    for (const [name, value] of Object.entries(labels)) {
      if (!clusterLabel.test(name)) continue;
      found.set(name, (found.get(name) ?? new Set()).add(value));
    }
  }
  for (const [name, values] of found) {
    if (values.size > 1)
      return [...values]
        .sort()
        .map((one) => `${name}=${JSON.stringify(one)}`)
        .join(', ');
  }
  return '';
}
