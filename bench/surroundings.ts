import { join } from 'node:path';
import { startControlPlane } from '../tools/control-plane.ts';
import { makeCertificate } from './certificate.ts';
import { defineScrapes, makeNamespace } from './cluster.ts';
import { bind, roomyCores } from './cores.ts';
import type { Context } from './measure.ts';
import type { Surroundings } from './programs/program.ts';

/** A control plane and a certificate, which end with the benchmark. */
export type Around = Surroundings & AsyncDisposable & { readonly apiServerPid: number | undefined };

/**
 * Starts what programs run in: a real API server with etcd, without controllers, away from the measured program's
 * core; and a certificate.
 *
 * @param flags more flags of the API server
 */
export async function surroundings(
  { folder, cores }: Pick<Context, 'folder' | 'cores'>,
  flags: readonly string[] = [],
): Promise<Around> {
  const certificate = await makeCertificate(join(folder, 'tls'));
  const plane = await startControlPlane({
    label: 'bench',
    controllerManager: false,
    audit: false,
    apiServerFlags: flags,
  });
  await bind(plane.apiServer.pid, cores.others);
  await bind(plane.etcd.pid, cores.others);
  return {
    folder,
    certificate,
    cores,
    cluster: plane,
    apiServerPid: plane.apiServer.pid,
    [Symbol.asyncDispose]: () => plane.stop(),
  };
}

/**
 * The same for what goes through the API server, bound to cores only where there are enough: with the kind of scrapes,
 * and the namespace that autoscrape keeps its Lease in.
 */
export async function reconcilerSurroundings({
  folder,
  cores,
}: Pick<Context, 'folder' | 'cores'>): Promise<Around> {
  const around = await surroundings({ folder, cores: roomyCores(cores) });
  await defineScrapes(around.cluster);
  await makeNamespace(around.cluster, 'autoscrape-system');
  return around;
}
