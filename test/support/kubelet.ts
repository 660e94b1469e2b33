import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import type { ControlPlane } from '../../tools/control-plane.ts';
import { messageOf } from '../../tools/errors.ts';
import { request } from '../../tools/http.ts';
import { kubeconfig } from '../../tools/identities.ts';
import { type Running, start } from '../../tools/processes.ts';
import { api } from './control-plane.ts';

const variableSchema = v.object({
  name: v.string(),
  value: v.optional(v.string(), ''),
  valueFrom: v.optional(v.object({ fieldRef: v.optional(v.object({ fieldPath: v.string() })) })),
});

const podSchema = v.object({
  metadata: v.object({
    name: v.string(),
    namespace: v.string(),
    uid: v.string(),
    deletionTimestamp: v.optional(v.string()),
  }),
  spec: v.object({
    serviceAccountName: v.string(),
    terminationGracePeriodSeconds: v.number(),
    containers: v.tuple([
      v.object({
        args: v.array(v.string()),
        env: v.array(variableSchema),
        volumeMounts: v.optional(
          v.array(v.object({ name: v.string(), mountPath: v.string() })),
          [],
        ),
        readinessProbe: v.object({
          httpGet: v.object({ path: v.string(), scheme: v.optional(v.string(), 'HTTP') }),
        }),
        lifecycle: v.object({ preStop: v.object({ sleep: v.object({ seconds: v.number() }) }) }),
      }),
    ]),
    volumes: v.optional(
      v.array(
        v.object({
          name: v.string(),
          secret: v.optional(v.object({ secretName: v.string() })),
          configMap: v.optional(v.object({ name: v.string() })),
        }),
      ),
      [],
    ),
  }),
});
type Pod = v.InferOutput<typeof podSchema>;

/** The node that they are on. */
const node = 'loopback';

/** Stands in for a node: runs autoscrape's pods as processes on the loopback, as their specs say. */
export interface Kubelet {
  /** Where the process of a pod listens, by the address that its status has. */
  hostOf(podIp: string): string;
  /** SIGKILL to all of them, one moment; each comes back after `pause` milliseconds. */
  killAll(pause: number): void;
  /** What went wrong in it. A test expects nothing. */
  readonly problems: readonly string[];
  /** The logs of all processes, by pod. */
  readonly logs: ReadonlyMap<string, string>;
  /** Ends all of them. */
  stop(): Promise<void>;
}

interface Kept {
  readonly pod: Pod;
  readonly host: string;
  readonly podIp: string;
  running: Running | undefined;
  ready: boolean;
  ending: boolean;
}

/**
 * Runs every pod of a namespace from now on. As a kubelet does, it waits for the Secrets and ConfigMaps that are
 * mounted, starts a process that ended again, says in the status whether the readiness probe is answered, and ends a
 * pod by preStop, SIGTERM, and SIGKILL after the grace period. What is a container's alone is told by flags: the
 * address, the path of what is mounted, and the token of the ServiceAccount.
 *
 * @param hosts the first three numbers of the processes' addresses, as `127.61.1`; a pod says 198.51.100.N, since
 * EndpointSlices refuse loopback addresses
 */
export function startKubelet(plane: ControlPlane, namespace: string, hosts: string): Kubelet {
  const pods = new Map<string, Kept>();
  const problems: string[] = [];
  const logs = new Map<string, string>();
  /** What stands in each mounted file. */
  const mounted = new Map<string, string>();
  const stopping = new AbortController();
  const under: Promise<void>[] = [];
  let numbers = 10;
  let pause = 0;
  const collection = `/api/v1/namespaces/${namespace}/pods`;

  const ask = async (method: string, path: string, body?: object, contentType?: string) => {
    const answer = await api(plane, method, path, {
      ...(body === undefined ? {} : { body }),
      ...(contentType === undefined ? {} : { contentType }),
    });
    return { ...answer, body: Object(answer.body) };
  };

  const look = async (): Promise<void> => {
    const { status, body } = await ask('GET', collection);
    if (status !== 200) throw new Error(`pods: ${status}`);
    for (const item of body.items) {
      const pod = v.parse(podSchema, item);
      const { uid, deletionTimestamp } = pod.metadata;
      const known = pods.get(uid);
      if (known === undefined && deletionTimestamp === undefined) {
        const number = numbers++;
        const kept: Kept = {
          pod,
          host: `${hosts}.${number}`,
          podIp: `198.51.100.${number}`,
          running: undefined,
          ready: false,
          ending: false,
        };
        pods.set(uid, kept);
        inBackground(bind(pod).then(() => live(kept)));
      }
      if (known === undefined && deletionTimestamp !== undefined) await letGo(pod);
      if (known !== undefined && deletionTimestamp !== undefined && !known.ending) {
        known.ending = true;
        inBackground(end(known));
      }
    }
  };

  const inBackground = (work: Promise<void>): void => {
    under.push(work.catch((error) => void problems.push(messageOf(error))));
  };

  /** Only pods that are on a node get into EndpointSlices. */
  const bind = async ({ metadata: { name } }: Pod): Promise<void> => {
    const path = `${collection}/${name}/binding`;
    const target = { apiVersion: 'v1', kind: 'Node', name: node };
    await ask('POST', path, { apiVersion: 'v1', kind: 'Binding', metadata: { name }, target });
  };

  /** Runs a pod until it is to end. */
  const live = async (kept: Kept): Promise<void> => {
    while (!kept.ending && !stopping.signal.aborted) {
      const folder = join(plane.folder, kept.pod.metadata.name);
      const flags = await prepared(kept, folder);
      if (flags === undefined) {
        await sleep(100);
        continue;
      }
      if (kept.ending) return;
      kept.running = await launch(kept, folder, flags);
      await watched(kept, kept.running, folder);
      kept.ready = false;
      if (kept.ending || stopping.signal.aborted) return;
      await tell(kept);
      await sleep(pause);
    }
  };

  /** Mounts what is to be mounted; undefined as long as something is not there. */
  const prepared = async (kept: Kept, folder: string): Promise<string[] | undefined> => {
    const [container] = kept.pod.spec.containers;
    const account = join(folder, 'account');
    await mkdir(folder, { recursive: true });
    for (const { name, mountPath } of container.volumeMounts) {
      if (!(await mount(kept.pod, name, join(folder, mountPath)))) return undefined;
    }
    const { serviceAccountName } = kept.pod.spec;
    const token = await ask(
      'POST',
      `/api/v1/namespaces/${namespace}/serviceaccounts/${serviceAccountName}/token`,
      { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
    );
    if (token.status !== 201) return undefined;
    await writeFile(account, kubeconfig({ ...plane, token: token.body.status.token }), {
      mode: 0o600,
    });
    const flags = [`--server-host=${kept.host}`, `--kubernetes-kubeconfig=${account}`];
    const tls = container.volumeMounts.find(({ mountPath }) => mountPath.endsWith('/tls'));
    if (tls !== undefined) flags.push(`--server-tls-directory=${join(folder, tls.mountPath)}`);
    return flags;
  };

  const mount = async ({ spec }: Pod, name: string, folder: string): Promise<boolean> => {
    const { secret, configMap } = spec.volumes.find((volume) => volume.name === name) ?? {};
    const path =
      secret === undefined ? `configmaps/${configMap?.name}` : `secrets/${secret.secretName}`;
    const { status, body } = await ask('GET', `/api/v1/namespaces/${namespace}/${path}`);
    if (status !== 200) return false;
    await mkdir(folder, { recursive: true });
    const encoding = secret === undefined ? 'utf8' : 'base64';
    for (const [key, value] of Object.entries<string>(body.data ?? {})) {
      const file = join(folder, key);
      if (mounted.get(file) === value) continue;
      mounted.set(file, value);
      // Whole or not at all, as a kubelet does it.
      await writeFile(`${file}.new`, Buffer.from(value, encoding));
      await rename(`${file}.new`, file);
    }
    return true;
  };

  const launch = (kept: Kept, folder: string, flags: readonly string[]): Promise<Running> => {
    const [container] = kept.pod.spec.containers;
    const log = join(folder, 'autoscrape.log');
    logs.set(kept.pod.metadata.name, log);
    const fields: Readonly<Record<string, string>> = {
      'metadata.name': kept.pod.metadata.name,
      'metadata.namespace': namespace,
      'spec.nodeName': node,
    };
    const variable = ({ value, valueFrom }: v.InferOutput<typeof variableSchema>) =>
      fields[valueFrom?.fieldRef?.fieldPath ?? ''] ?? value;
    const args = container.args.map((arg) => arg.replace('=/etc/', `=${folder}/etc/`));
    return start({
      name: kept.pod.metadata.name,
      program: process.execPath,
      args: [join(import.meta.dirname, '../../src/main.ts'), ...args, ...flags],
      env: Object.fromEntries(container.env.map((one) => [one.name, variable(one)])),
      log,
    });
  };

  /** Asks a process whether it is ready, and tells what changes, until it is gone. */
  const watched = async (kept: Kept, running: Running, folder: string): Promise<void> => {
    const [container] = kept.pod.spec.containers;
    const { path, scheme } = container.readinessProbe.httpGet;
    let gone = false;
    void running.exited.then(() => {
      gone = true;
    });
    for (let round = 1; !gone; round += 1) {
      const probe = request(`${scheme.toLowerCase()}://${kept.host}:8080${path}`);
      const ready = await probe.then(
        ({ status }) => status === 200,
        () => false,
      );
      if (!gone && ready !== kept.ready) {
        kept.ready = ready;
        await tell(kept);
      }
      if (round % 10 === 0) {
        for (const { name, mountPath } of container.volumeMounts) {
          await mount(kept.pod, name, join(folder, mountPath));
        }
      }
      await Promise.race([sleep(100), running.exited]);
    }
  };

  const tell = async ({ pod, podIp, ready }: Kept): Promise<void> => {
    const status = ready ? 'True' : 'False';
    const conditions = ['Ready', 'ContainersReady'].map((type) => ({ type, status }));
    const path = `${collection}/${pod.metadata.name}/status`;
    const body = {
      status: { phase: 'Running', podIP: podIp, podIPs: [{ ip: podIp }], conditions },
    };
    const answer = await ask('PATCH', path, body, 'application/strategic-merge-patch+json');
    if (answer.status !== 200 && answer.status !== 404) {
      problems.push(`status of ${pod.metadata.name}: ${answer.status} ${answer.body.message}`);
    }
  };

  const end = async (kept: Kept): Promise<void> => {
    const { terminationGracePeriodSeconds, containers } = kept.pod.spec;
    const { running } = kept;
    if (running !== undefined) {
      const late = setTimeout(() => running.signal('KILL'), terminationGracePeriodSeconds * 1_000);
      await Promise.race([
        sleep(containers[0].lifecycle.preStop.sleep.seconds * 1_000),
        running.exited,
      ]);
      running.signal('TERM');
      const code = await running.wait();
      clearTimeout(late);
      if (code !== 0) problems.push(`${kept.pod.metadata.name} ended with ${code}`);
    }
    await letGo(kept.pod);
  };

  const letGo = async ({ metadata: { name } }: Pod): Promise<void> => {
    const answer = await ask('DELETE', `${collection}/${name}?gracePeriodSeconds=0`);
    if (answer.status !== 200 && answer.status !== 404) {
      problems.push(`removal of ${name}: ${answer.status} ${answer.body.message}`);
    }
  };

  const looking = (async () => {
    const { status } = await ask('POST', '/api/v1/nodes', {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: node },
    });
    if (status !== 201) problems.push(`node: ${status}`);
    while (!stopping.signal.aborted) {
      await look().catch((error) => void problems.push(messageOf(error)));
      await sleep(100);
    }
  })();

  return {
    hostOf: (podIp) => podIp.replace('198.51.100', hosts),
    killAll: (milliseconds) => {
      pause = milliseconds;
      for (const { running } of pods.values()) running?.signal('KILL');
    },
    problems,
    logs,
    stop: async () => {
      stopping.abort();
      await looking;
      for (const { running } of pods.values()) running?.signal('KILL');
      await Promise.all(under);
    },
  };
}
