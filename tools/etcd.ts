import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { findBinaries } from './binaries.ts';
import { request } from './http.ts';
import {
  freePorts,
  type Running,
  ready,
  start,
  temporaryFolder,
  withFreshPorts,
} from './processes.ts';

/** Where one member keeps its data, and where it listens. */
export type EtcdSettings = {
  readonly program: string;
  /** Folder for its data (`etcd/`) and its log (`etcd.log`). */
  readonly folder: string;
  /** Loopback address. */
  readonly address: string;
  readonly clientPort: number;
  readonly peerPort: number;
};

/** Starts one member, alone in its cluster, and waits until it answers. */
export async function runEtcd(settings: EtcdSettings): Promise<Running> {
  const { program, folder, address, clientPort, peerPort } = settings;
  const client = `http://${address}:${clientPort}`;
  const peer = `http://${address}:${peerPort}`;
  const name = `autoscrape-${randomUUID()}`;
  const etcd = await start({
    name: 'etcd',
    program,
    args: [
      `--name=${name}`,
      `--data-dir=${join(folder, 'etcd')}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=${name}=${peer}`,
      // Data need to survive a kill of the process, not a crash of the machine.
      '--unsafe-no-fsync',
    ],
    log: join(folder, 'etcd.log'),
  });
  // Whoever has taken our port in the meantime may be an etcd too: ask this one for its name.
  const probe = async (): Promise<boolean> => {
    const answer = await request(`${client}/v3/cluster/member/list`, {
      method: 'POST',
      body: '{}',
      timeout: 1_000,
    });
    return answer.body.includes(`"name":"${name}"`);
  };
  return ready(etcd, { probe, timeout: 30_000 });
}

/** A plain etcd: a real component, with real metrics under `/metrics` of its client address. */
export type Etcd = {
  readonly clientUrl: string;
  readonly process: Running;
  /** Ends it and removes its data. May be called again. */
  stop(): Promise<void>;
};

/** Where a plain etcd listens; on free ports of 127.0.0.1 if not said. */
export type EtcdOptions = { readonly address?: string; readonly clientPort?: number };

/**
 * Starts an etcd with a single member. It ends, and its data go, with `stop()` or with this process.
 *
 * @throws {StartError} when it does not start, for example because the port asked for is taken.
 */
export async function startEtcd({
  address = '127.0.0.1',
  clientPort,
}: EtcdOptions = {}): Promise<Etcd> {
  const pathOf = await findBinaries(['etcd']);
  const folder = await temporaryFolder('etcd');
  try {
    const attempt = async (): Promise<Etcd> => {
      const [first = 0, peerPort = 0] = await freePorts(2, address);
      const port = clientPort ?? first;
      const process = await runEtcd({
        program: pathOf('etcd'),
        folder: folder.path,
        address,
        clientPort: port,
        peerPort,
      });
      const stop = async (): Promise<void> => {
        await process.stop();
        await folder.remove();
      };
      return { clientUrl: `http://${address}:${port}`, process, stop };
    };
    return await (clientPort === undefined ? withFreshPorts(attempt) : attempt());
  } catch (error) {
    await folder.remove();
    throw error;
  }
}
