import type { Labels } from '../kubernetes/index.ts';
import { aboutOf, type Handle, seriesMetric } from './questions.ts';
import type { AnsweredQuestion } from './types.ts';

/** One target as a store shows it, by the metrics that an agent writes of each read. */
export interface StoredTarget {
  /** Without the metric's name. */
  readonly labels: Labels;
  /** When the newest sample of `up` was, in seconds since 1970; undefined where the store has none. */
  readonly at: number | undefined;
  /** The value of `up` now; undefined where it has ended, as agents mark it. */
  readonly up: number | undefined;
  /** How many series the last read brought; undefined where the agent does not write it. */
  readonly series: number | undefined;
  /** Its heartbeat, where the agent's own metrics are not there: when the newest was, and whether it goes on. */
  readonly beatAt: number | undefined;
  readonly beats: boolean;
}

/** A process that pushes, as a store shows it: one of its series. */
export interface StoredPush {
  readonly metric: string;
  readonly labels: Labels;
  readonly at: number;
}

/** All that a store has shown. */
export interface StoredSamples {
  readonly targets: readonly StoredTarget[];
  /** Finds what a service pushes, in some clusters of the database; in any where none is named. */
  readonly pushesOf: (service: string, clusters: readonly string[]) => readonly StoredPush[];
  /** Why nothing is known of what a handle means; undefined where it was answered. */
  readonly problemOf: (handle: Handle) => string | undefined;
  /** Why nothing is known of a metric with dots; undefined where it was answered. */
  readonly problemOfMetric: (metric: string) => string | undefined;
}

/** The value of a resource attribute, under either of its names; empty where it is not there. */
export function attribute(labels: Labels, name: string): string {
  return labels[name] ?? labels[name.replaceAll('.', '_')] ?? '';
}

function pushFinder(pushes: readonly StoredPush[]): StoredSamples['pushesOf'] {
  const byService = new Map(
    [...Map.groupBy(pushes, ({ labels }) => attribute(labels, 'service.name'))].map(
      ([service, members]) => [
        service,
        Map.groupBy(members, ({ labels }) => attribute(labels, 'multigres.cluster')),
      ],
    ),
  );
  return (service, clusters) => {
    const byCluster = byService.get(service);
    if (byCluster === undefined) return [];
    return clusters.length === 0
      ? [...byCluster.values()].flat()
      : clusters.flatMap((cluster) => byCluster.get(cluster) ?? []);
  };
}

/** Puts the answers of a store together, by the labels that the series of one target have in common. */
export function storedBy(answers: readonly AnsweredQuestion[]): StoredSamples {
  const targets = new Map<string, StoredTarget>();
  const pushes: StoredPush[] = [];
  const problems = new Map<string, string>();
  for (const { question, answer } of answers) {
    const { metric, asks, about } = question;
    if ('problem' in answer) {
      for (const one of about) problems.set(one, answer.problem);
      problems.set(metric, answer.problem);
      continue;
    }
    for (const { labels, value } of answer.samples) {
      if (!Number.isFinite(value)) continue;
      const isPush = labels.service_name !== undefined || labels['service.name'] !== undefined;
      if (isPush && metric !== 'up' && metric !== seriesMetric) {
        pushes.push({ metric, labels, at: value });
        continue;
      }
      const own = withoutName(labels);
      const key = keyOf(own);
      const earlier = targets.get(key) ?? nothing(own);
      targets.set(key, { ...earlier, ...shownBy(metric, asks, value, earlier) });
    }
  }
  return {
    targets: [...targets.values()],
    pushesOf: pushFinder(pushes),
    problemOf: (handle) => problems.get(aboutOf(handle)),
    problemOfMetric: (metric) => problems.get(metric),
  };
}

function nothing(labels: Labels): StoredTarget {
  const none = { at: undefined, up: undefined, series: undefined, beatAt: undefined };
  return { labels, ...none, beats: false };
}

function shownBy(
  metric: string,
  asks: AnsweredQuestion['question']['asks'],
  value: number,
  earlier: StoredTarget,
): Partial<StoredTarget> {
  if (metric === seriesMetric) return { series: value };
  if (metric === 'up' && asks === 'value') return { up: value };
  if (metric === 'up') return { at: Math.max(earlier.at ?? 0, value) };
  return asks === 'value' ? { beats: true } : { beatAt: value };
}

function withoutName({ __name__: _, ...labels }: Labels): Labels {
  return labels;
}

function keyOf(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}
