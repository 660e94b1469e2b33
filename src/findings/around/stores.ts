import { child, type Json, member, metaOf, objects, text } from '../../kubernetes/index.ts';
import type { Store } from './types.ts';

const dedup = 'dedup.minScrapeInterval';

/** With this flag the replicas of a vmagent share the targets among them. */
export const membersCount = 'promscrape.cluster.membersCount';

/** Reads a VMSingle or VMCluster as a store. */
export function storeOf(
  kind: Store['kind'],
  { namespace, value }: { readonly namespace: string; readonly value: Json },
): Store {
  const spec = child(value, 'spec');
  const parts =
    kind === 'VMSingle' ? [spec] : ['vmselect', 'vmstorage'].map((one) => child(spec, one));
  // The operator itself switches it on in a cluster that stores each sample several times.
  const factor = spec === undefined ? undefined : member(spec, 'replicationFactor');
  const isReplicated = kind === 'VMCluster' && typeof factor === 'number' && factor > 1;
  return {
    kind,
    namespace,
    name: metaOf(value).name,
    deduplicates: isReplicated || parts.some((part) => hasArgument(part, dedup)),
  };
}

/** Whether a component is given a flag, in `extraArgs` or as a variable. */
export function hasArgument(part: Json | undefined, flag: string): boolean {
  const value = member(child(part, 'extraArgs') ?? {}, flag);
  if (value !== undefined && value !== '' && value !== '0' && value !== '0s') return true;
  const variable = flag.replaceAll('.', '_');
  return objects(part, 'extraEnvs').some((one) => (text(one, 'name') ?? '').endsWith(variable));
}

/** Whether an address that an agent writes to is a store's, as the operator names its Service. */
export function isAddressOf({ kind, namespace, name }: Store, address: string): boolean {
  const service = kind === 'VMSingle' ? 'vmsingle' : 'vminsert';
  const host = `${service}-${name}.${namespace}`;
  const [, given = ''] = /^https?:\/\/([^/:]+)/.exec(address) ?? [];
  return given === host || given.startsWith(`${host}.svc`);
}
