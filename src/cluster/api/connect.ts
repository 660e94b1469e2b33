import { access as accessible } from 'node:fs/promises';
import type { Clock } from '../../ground/clock.ts';
import type { Environment } from '../../ground/environment.ts';
import type { Access } from './access.ts';
import { AccessError } from './access.ts';
import type { Impersonation } from './impersonation.ts';
import { serviceAccountAccess, serviceAccountFolder } from './service-account.ts';

/** How the API server is to be found. */
export interface ConnectOptions {
  /** A kubeconfig file, or a list of them as in KUBECONFIG; undefined: the pod's service account, else `fallback`. */
  readonly kubeconfig: string | undefined;
  /** The kubeconfig's context; undefined: its current one. */
  readonly context: string | undefined;
  /** A kubeconfig that is used where there is no service account, as `~/.kube/config`. */
  readonly fallback: string | undefined;
  readonly environment?: Environment;
  /** When the proxies count that the environment names; `auto`: outside of pods. That of a kubeconfig counts always. */
  readonly proxy?: 'auto' | 'environment' | 'none';
  readonly impersonate?: Impersonation;
  /** Whether somebody sits at a terminal, to log in where that is asked for. */
  readonly interactive?: boolean;
  /** Where the pod's service account is mounted; for tests. */
  readonly serviceAccount?: { readonly folder: string };
}

/**
 * Finds the way to the API server: the kubeconfig that was named, else the pod's service account, else the fallback.
 *
 * @throws {AccessError} that says what is missing or wrong, and where
 */
export async function findAccess(options: ConnectOptions, clock: Clock): Promise<Access> {
  const { kubeconfig, fallback, environment = {}, proxy = 'auto' } = options;
  // A pod's proxy is for what is outside: nobody who set it meant the API server, which may not be reached by it.
  const inPod = Boolean(environment.KUBERNETES_SERVICE_HOST);
  const environmentProxy = proxy === 'environment' || (proxy === 'auto' && !inPod);
  const read = async (files: string): Promise<Access> => {
    // A pod needs none of it.
    const { kubeconfigAccess } = await import('./kubeconfig.ts');
    return kubeconfigAccess(files, { ...options, environmentProxy }, clock);
  };
  if (kubeconfig !== undefined) return read(kubeconfig);
  const folder = options.serviceAccount?.folder ?? serviceAccountFolder;
  if (await exists(folder)) {
    const asked = proxy === 'environment';
    return serviceAccountAccess(clock, { ...options, folder, environmentProxy: asked });
  }
  if (fallback !== undefined && (await exists(fallback))) return read(fallback);
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
