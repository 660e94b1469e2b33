import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { certificateIn, runApiServer } from './api-server.ts';
import { auditPolicy } from './audit.ts';
import { type BinaryName, findBinaries, type PathOf } from './binaries.ts';
import { controllers, runControllerManager } from './controller-manager.ts';
import { runEtcd } from './etcd.ts';
import { kubeconfig, type User, userFile } from './identities.ts';
import { freePorts, type Running, temporaryFolder, withFreshPorts } from './processes.ts';

export { controllers } from './controller-manager.ts';

/** How a control plane is to be; everything has a default. */
export type ControlPlaneOptions = {
  /** Part of the folder's name, so that people see what it is for. */
  readonly label?: string;
  /** Whether kube-controller-manager runs too, or which of its controllers; if not said, it does, with {@link controllers}. */
  readonly controllerManager?: boolean | readonly string[];
  /**
   * Where Services get their addresses. In a part of 127.0.0.0/8 they are addresses of this machine (on
   * Linux), so that a webhook registered by `clientConfig.service` is found there without a proxy.
   */
  readonly serviceRange?: string;
  /** An audit policy (audit.k8s.io/v1), or false for no audit log; if not said, {@link auditPolicy}. */
  readonly audit?: object | false;
  /** Users beside `admin`, known by their token. */
  readonly users?: readonly User[];
  /** More flags for kube-apiserver; one given here wins over ours. */
  readonly apiServerFlags?: readonly string[];
  /** The same for kube-controller-manager. */
  readonly controllerManagerFlags?: readonly string[];
};

/** A running control plane: etcd, kube-apiserver and mostly kube-controller-manager. */
export type ControlPlane = {
  /** Base URL of the API server. */
  readonly server: string;
  /** PEM that its certificate is checked with. */
  readonly ca: string;
  /** Bearer token of `admin`, who is in `system:masters`. */
  readonly token: string;
  /** Path of a kubeconfig for `admin`. */
  readonly kubeconfig: string;
  /** `host:port` of each. */
  readonly addresses: {
    readonly apiServer: string;
    readonly etcd: string;
    readonly controllerManager: string;
  };
  readonly etcdUrl: string;
  readonly serviceRange: string;
  /** Path of the audit log, one JSON event a line; undefined without one. */
  readonly auditLog: string | undefined;
  /** Temporary folder with all of it: data, certificates, logs. Goes away with `stop()`. */
  readonly folder: string;
  readonly apiServer: Part;
  readonly etcd: Part;
  readonly controllerManager: Part;
  /** Ends all and removes the folder. May be called again. */
  stop(): Promise<void>;
};

/** One process of a control plane, which can be taken away for a while. */
export type Part = {
  /** Process id; undefined while stopped. */
  readonly pid: number | undefined;
  /** Kills it, or has it end in its own way with `TERM`; returns when it is gone. */
  stop(signal?: 'KILL' | 'TERM'): Promise<void>;
  /** Starts it again, on the same port with the same data; returns when it is ready. */
  start(): Promise<void>;
};

/**
 * Starts a control plane on free ports of 127.0.0.1 and returns when it is ready. It needs no root, no
 * network and no container, and is gone after `stop()` or when this process ends, in whatever way.
 *
 * @throws {StartError} with the end of the log of the program that failed; nothing is left running.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const { controllerManager = true } = options;
  const programs: BinaryName[] = ['etcd', 'kube-apiserver'];
  if (controllerManager !== false) programs.push('kube-controller-manager');
  const pathOf = await findBinaries(programs);
  return withFreshPorts(() => attempt(options, pathOf));
}

async function attempt(
  options: ControlPlaneOptions,
  pathOf: PathOf<BinaryName>,
): Promise<ControlPlane> {
  const {
    label = 'control-plane',
    controllerManager = true,
    serviceRange = '10.96.0.0/16',
  } = options;
  const folder = await temporaryFolder(label);
  const at = (name: string): string => join(folder.path, name);
  const [clientPort = 0, peerPort = 0, apiPort = 0, controllerPort = 0] = await freePorts(4);
  const server = `https://127.0.0.1:${apiPort}`;
  const etcdUrl = `http://127.0.0.1:${clientPort}`;
  const token = randomBytes(16).toString('hex');
  const audit = options.audit !== false;

  const etcd = part(() =>
    runEtcd({
      program: pathOf('etcd'),
      folder: folder.path,
      address: '127.0.0.1',
      clientPort,
      peerPort,
    }),
  );
  const apiServer = part(() =>
    runApiServer({
      program: pathOf('kube-apiserver'),
      folder: folder.path,
      port: apiPort,
      etcdUrl,
      serviceRange,
      audit,
      token,
      flags: options.apiServerFlags ?? [],
    }),
  );
  const manager = part(() =>
    runControllerManager({
      program: pathOf('kube-controller-manager'),
      folder: folder.path,
      port: controllerPort,
      controllers: typeof controllerManager === 'boolean' ? controllers : controllerManager,
      flags: options.controllerManagerFlags ?? [],
    }),
  );

  const stop = async (): Promise<void> => {
    await Promise.all([manager.stop(), apiServer.stop(), etcd.stop()]);
    await folder.remove();
  };
  try {
    await writeIdentities(at, token, options.users ?? []);
    if (audit) {
      await writeFile(at('audit-policy.json'), JSON.stringify(options.audit || auditPolicy));
    }
    await etcd.start();
    await apiServer.start();
    const ca = await readFile(certificateIn(folder.path), 'utf8');
    await writeFile(at('kubeconfig'), kubeconfig({ server, ca, token }), { mode: 0o600 });
    if (controllerManager !== false) await manager.start();
    return {
      server,
      ca,
      token,
      kubeconfig: at('kubeconfig'),
      addresses: {
        apiServer: `127.0.0.1:${apiPort}`,
        etcd: `127.0.0.1:${clientPort}`,
        controllerManager: `127.0.0.1:${controllerPort}`,
      },
      etcdUrl,
      serviceRange,
      auditLog: audit ? at('audit.log') : undefined,
      folder: folder.path,
      apiServer,
      etcd,
      controllerManager: manager,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function writeIdentities(
  at: (name: string) => string,
  token: string,
  users: readonly User[],
): Promise<void> {
  const admin: User = { name: 'admin', token, groups: ['system:masters'] };
  const { publicKey, privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
  });
  await Promise.all([
    writeFile(at('users.csv'), userFile([admin, ...users]), { mode: 0o600 }),
    writeFile(at('service-accounts.pub'), publicKey),
    writeFile(at('service-accounts.key'), privateKey, { mode: 0o600 }),
  ]);
}

function part(run: () => Promise<Running>): Part {
  let running: Running | undefined;
  return {
    get pid() {
      return running?.pid;
    },
    stop: async (signal) => {
      await running?.stop(signal);
      running = undefined;
    },
    start: async () => {
      if (running !== undefined) throw new Error(`${running.name} is running`);
      running = await run();
    },
  };
}
