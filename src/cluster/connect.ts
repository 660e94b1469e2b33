import { access as accessible } from 'node:fs/promises';
import type { Access } from './access.ts';
import { AccessError } from './access.ts';
import type { Clock } from './clock.ts';
import { kubeconfigAccess } from './kubeconfig.ts';
import { serviceAccountAccess, serviceAccountFolder } from './service-account.ts';

/** How the API server is to be found. */
export interface ConnectOptions {
  /** A kubeconfig file; undefined: the pod's service account, else `fallback`. */
  readonly kubeconfig: string | undefined;
  /** The kubeconfig's context; undefined: its current one. */
  readonly context: string | undefined;
  /** A kubeconfig that is used where there is no service account, as `~/.kube/config`. */
  readonly fallback: string | undefined;
  /** Where the pod's service account is mounted, and the API server's address in the cluster; for tests. */
  readonly serviceAccount?: { readonly folder?: string; readonly server?: string };
}

/**
 * Finds the way to the API server: the kubeconfig that was named, else the pod's service account, else the fallback.
 *
 * @throws {AccessError} that says what is missing or wrong, and where
 */
export async function findAccess(options: ConnectOptions, clock: Clock): Promise<Access> {
  const { kubeconfig, context, fallback, serviceAccount } = options;
  if (kubeconfig !== undefined) return kubeconfigAccess(kubeconfig, context, clock);
  const folder = serviceAccount?.folder ?? serviceAccountFolder;
  if (await exists(folder)) return serviceAccountAccess(clock, { ...serviceAccount, folder });
  if (fallback !== undefined && (await exists(fallback))) {
    return kubeconfigAccess(fallback, context, clock);
  }
  const looked = [folder, ...(fallback === undefined ? [] : [fallback])].join(' and ');
  throw new AccessError(
    `no way to an API server: there is no kubeconfig, and nothing at ${looked}`,
  );
}

async function exists(path: string): Promise<boolean> {
  try {
    await accessible(path);
    return true;
  } catch {
    return false;
  }
}
