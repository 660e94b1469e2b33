import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Access, AccessError } from './access.ts';
import type { Clock } from './clock.ts';
import { renewed } from './renewed.ts';

/** Where a pod's service account is (https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/). */
export interface ServiceAccountOptions {
  /** The folder that the kubelet mounts; default `/var/run/secrets/kubernetes.io/serviceaccount`. */
  readonly folder?: string | undefined;
  /** Base URL of the API server; default `https://kubernetes.default.svc`. */
  readonly server?: string | undefined;
}

export const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Access as the pod's service account. Token and authority are read again each minute.
 *
 * @throws {AccessError} when the folder holds no token: we don't run in a pod
 */
export async function serviceAccountAccess(
  clock: Clock,
  options: ServiceAccountOptions = {},
): Promise<Access> {
  const folder = options.folder ?? serviceAccountFolder;
  const at = (name: string): Promise<string> => readFile(join(folder, name), 'utf8');
  const read = async () => {
    const [token, ca] = await Promise.all([at('token'), at('ca.crt')]);
    return {
      tls: { ca, cert: undefined, key: undefined, servername: undefined, verify: true },
      headers: { authorization: `Bearer ${token.trim()}` },
    };
  };
  const credentials = renewed(read, clock);
  try {
    await credentials(false);
  } catch (cause) {
    throw new AccessError(`no service account in ${folder}`, { cause });
  }
  const namespace = await at('namespace').catch(() => 'default');
  return {
    server: new URL(options.server ?? 'https://kubernetes.default.svc'),
    namespace: namespace.trim(),
    credentials,
  };
}
