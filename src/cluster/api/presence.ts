import type { CallOptions, Client } from './client.ts';
import { isNotFound } from './errors.ts';
import type { Resource } from './resources.ts';

/** The word of API discovery on a resource; `unknown` where it did not say, or contradicts itself. */
export type Presence = 'served' | 'absent' | 'unknown';

/**
 * Asks API discovery whether the API server has a resource
 * (https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api). A 404 alone says nothing: any proxy can
 * answer so. A resource is absent where the list of its group and version is there and leaves it out, or where the list
 * of all groups is there and leaves out the group, or the version.
 */
export async function presenceOf(
  client: Pick<Client, 'discover' | 'groups'>,
  { group, version, plural }: Resource,
  options?: CallOptions,
): Promise<Presence> {
  const found = await client.discover(group, version, options);
  if (found.ok) return found.value.some((one) => one.plural === plural) ? 'served' : 'absent';
  if (!isNotFound(found.error)) return 'unknown';
  return (await isGroupAbsent(client, group, version, options)) ? 'absent' : 'unknown';
}

/**
 * True where the list of all groups leaves out a group or its version. Such a list is believed only if it has `apps`,
 * as that of every API server has: an empty one is that of something else.
 */
export async function isGroupAbsent(
  client: Pick<Client, 'groups'>,
  group: string,
  version: string,
  options?: CallOptions,
): Promise<boolean> {
  if (group === '') return false;
  const groups = await client.groups(options);
  if (!groups.ok || !groups.value.some(({ name }) => name === 'apps')) return false;
  return !groups.value.some(({ name, versions }) => name === group && versions.includes(version));
}
