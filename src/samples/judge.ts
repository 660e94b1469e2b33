import type { TargetVerdict } from '../findings/index.ts';
import { type AgentWrites, withAgents } from './agents.ts';
import { type Deciding, judgePod, type PodSamples } from './judge-pod.ts';
import { judgePushed, pushesOf } from './judge-push.ts';
import { finderIn } from './match.ts';
import { isRead } from './questions.ts';
import type { StoredSamples, StoredTarget } from './stored.ts';
import type { ExpectedSamples, SampleState, SampleVerdict } from './types.ts';

/** How the samples of all components are. */
export interface JudgedSamples {
  /** Those of components that should have samples, in the order of what was expected. */
  readonly verdicts: readonly SampleVerdict[];
  /** Pods whose samples are there more than once, with the targets that have them. */
  readonly twice: readonly Twice[];
  /** Components that are called silent and push. */
  readonly unexpected: readonly ExpectedSamples[];
}

/** A pod whose samples several targets of a store have. */
export interface Twice {
  readonly expected: ExpectedSamples;
  readonly pod: string;
  readonly writers: readonly StoredTarget[];
}

/** What agents say of themselves and their targets; empty where none was asked. */
export interface AgentsSaid {
  readonly targets: readonly TargetVerdict[];
  readonly writes: readonly AgentWrites[];
}

/** Compares what a store should have with what it has. */
export function judgeSamples(
  expected: readonly ExpectedSamples[],
  stored: StoredSamples,
  deciding: Deciding,
  agents: AgentsSaid = { targets: [], writes: [] },
): JudgedSamples {
  const find = finderIn(stored.targets);
  const twice: Twice[] = [];
  const verdicts: SampleVerdict[] = [];
  const pods = podsByPush(expected);
  for (const one of expected.filter(({ isExpected }) => isExpected)) {
    const { coverage, maxAge } = one;
    const { namespace, services, workload, component } = coverage;
    const about = { namespace, services, workload, component, maxAge, pods: one.pods.length };
    if (one.pods.length === 0) {
      verdicts.push({ ...about, ...withoutPods });
    } else if (isRead(one)) {
      const found = one.pods.map((pod) => {
        const judged = judgePod(pod, one, find(pod, namespace), stored, deciding);
        const { writers } = judged;
        if (writers.length > 1) twice.push({ expected: one, pod: pod.name, writers });
        return { pod: pod.name, ...withAgents(judged, pod.name, one, agents) };
      });
      verdicts.push({ ...about, ...together(found) });
    } else {
      const rivals = (pods.get(pushKey(one)) ?? 0) - one.pods.length;
      verdicts.push({ ...about, ...judgePushed(one, stored, deciding, rivals) });
    }
  }
  const unexpected = expected.filter(
    (one) =>
      !one.isExpected && one.clusters.length > 0 && pushesOf(one, stored, deciding).instances > 0,
  );
  return { verdicts, twice, unexpected };
}

/**
 * Returns the components that the first answers do not show, and that further questions may tell more of.
 */
export function unseenOf(
  expected: readonly ExpectedSamples[],
  stored: StoredSamples,
  deciding: Deciding,
): ExpectedSamples[] {
  const asked = expected.filter(({ isExpected }) => isExpected);
  const { verdicts } = judgeSamples(asked, stored, deciding);
  return asked.filter((_, index) => {
    const state = verdicts[index]?.state;
    return state === 'none' || state === 'stale';
  });
}

const withoutPods = {
  state: 'not-known',
  link: 'pods',
  because: 'no pod of it is known to run',
  fix: 'look at its workload, or add its pods to the objects that are audited',
  sampledPods: 0,
} as const;

/** How many pods push under the same name, which their samples do not tell apart. */
function podsByPush(expected: readonly ExpectedSamples[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const one of expected.filter((each) => !isRead(each) && each.isExpected)) {
    const key = pushKey(one);
    found.set(key, (found.get(key) ?? 0) + one.pods.length);
  }
  return found;
}

function pushKey({ coverage, clusters }: ExpectedSamples): string {
  return JSON.stringify([coverage.component, clusters]);
}

/** The worst first. */
const worst: readonly SampleState[] = ['none', 'stale', 'not-known', 'sampled'];

/** Pods that are named in a reason. */
const mostPods = 3;

/** Puts the pods of a component together: it is as its worst pod is. */
function together(found: readonly (PodSamples & { readonly pod: string })[]) {
  const state = worst.find((one) => found.some((pod) => pod.state === one)) ?? 'not-known';
  const alike = found.filter((one) => one.state === state);
  const [first] = alike;
  const ages = alike.flatMap(({ age }) => age ?? []);
  const counts = found.flatMap(({ series }) => series ?? []);
  return {
    state,
    link: first?.link ?? '',
    ...(ages.length === 0 ? {} : { age: Math.max(...ages) }),
    ...(counts.length === 0 ? {} : { series: counts.reduce((sum, one) => sum + one, 0) }),
    sampledPods: found.filter((one) => one.state === 'sampled').length,
    because: partly(alike, found.length, first?.because ?? ''),
    fix: first?.fix ?? '',
  } as const;
}

function partly(alike: readonly { readonly pod: string }[], all: number, because: string): string {
  if (alike.length === all) return because;
  const shown = alike.slice(0, mostPods).map(({ pod }) => pod);
  const more = alike.length > shown.length ? ` and ${alike.length - shown.length} more` : '';
  return `${alike.length} of ${all} pods (${shown.join(', ')}${more}): ${because}`;
}
