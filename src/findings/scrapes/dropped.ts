import type { Endpoint, Pod, Service } from '../../kubernetes/index.ts';
import type { Discovered, Seat, Trial } from '../../reading/index.ts';
import { passesPort, problemOf, trialsOf } from '../../reading/index.ts';
import type { Check } from './check.ts';
import { clipped, type Found } from './found.ts';

/** Every target found is dropped by the endpoint's rules. */
export function droppedByRules(
  check: Check,
  index: number,
  { relabelRules }: Endpoint,
): Found | undefined {
  const { services, complete } = check;
  if (!complete || relabelRules.length === 0) return undefined;
  // A rule that vmagent can't parse is told already.
  if (relabelRules.some((one) => problemOf(one) !== undefined)) return undefined;
  const dropped = services.flatMap((service) => passing(check, index, service));
  if (dropped.some(({ answer, at }) => answer !== 'no' || at !== 'endpoint')) return undefined;
  const rule = dropped[0]?.rule;
  if (rule === undefined) return undefined;
  const { action, sourceLabels, regex } = relabelRules[rule] ?? {};
  const shown = clipped([action, sourceLabels?.join(', '), regex].filter(Boolean).join(' '), 130);
  return {
    code: 'relabelling-drops-all',
    field: `endpoints[${index}].relabelConfigs`,
    message: `the rules drop every target; the first to go is dropped by relabelConfigs[${rule}] (${shown})`,
    fix: `correct or remove relabelConfigs[${rule}]`,
  };
}

/** What becomes of the targets that the endpoint's port means. */
function passing({ scrape, behind }: Check, index: number, service: Service): Trial[] {
  const discovered = behind(service);
  const trials = trialsOf(scrape, index, discovered).filter(passesPort);
  const isOpen = trials.some(({ answer, at }) => answer === 'perhaps' && at === 'endpoint');
  return isOpen && discovered.seats.some((seat) => seat.is === 'template')
    ? trialsOf(scrape, index, withPods(discovered)).filter(passesPort)
    : trials;
}

/** As long as none of a workload's pods is there, two stand for them: what holds for both holds for any. */
function withPods(discovered: Discovered): Discovered {
  const pods = new Map<Seat, readonly Seat[]>(
    discovered.seats.map((seat) => [seat, podsOf(seat, discovered.service)]),
  );
  return {
    ...discovered,
    seats: discovered.seats.flatMap((seat) => pods.get(seat) ?? [seat]),
    targets: discovered.targets.flatMap((target) =>
      (pods.get(target.seat) ?? [target.seat]).map((seat) => ({ ...target, seat })),
    ),
  };
}

/** Hashes as the controllers make them: letters and digits that form no word. */
const replicaSets = ['5b8c7d9f6c', '7689654cb8'] as const;

function podsOf(seat: Seat, service: Service): readonly Seat[] {
  if (seat.is !== 'template') return [seat];
  const [kind = '', workload = ''] = seat.name.split('/');
  return replicaSets.map((hash, ordinal): Seat => {
    const isReplicaSet = kind === 'Deployment';
    const name = isReplicaSet
      ? `${workload}-${hash}-${ordinal === 0 ? 'x2x4v' : 'pq7kd'}`
      : `${workload}-${ordinal}`;
    const labels = {
      ...seat.shape.labels,
      ...(isReplicaSet
        ? { 'pod-template-hash': hash }
        : {
            'controller-revision-hash': `${workload}-${hash}`,
            'statefulset.kubernetes.io/pod-name': name,
            'apps.kubernetes.io/pod-index': String(ordinal),
          }),
    };
    const owner = isReplicaSet
      ? { kind: 'ReplicaSet', name: `${workload}-${hash}` }
      : { kind, name: workload };
    const pod: Pod = {
      kind: 'Pod',
      namespace: service.namespace,
      name,
      uid: `00000000-0000-4000-8000-00${hash}`,
      resourceVersion: '',
      labels,
      owners: [{ apiVersion: 'apps/v1', uid: '', controller: true, ...owner }],
      deleting: false,
      shape: { ...seat.shape, labels },
      ip: '',
      phase: 'Running',
    };
    return { is: 'pod', name: `Pod/${name}`, shape: pod.shape, pod };
  });
}
