import { readFile, writeFile } from 'node:fs/promises';
import { createServer, connect as open, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { builtInCatalogue } from '../../src/catalogue/index.ts';
import { defaultRegistration, registration } from '../../src/registration/index.ts';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { request } from '../../tools/http.ts';
import { kubeconfig } from '../../tools/identities.ts';
import { freePorts, type Running, start } from '../../tools/processes.ts';
import { webhookCounts } from './admission-metrics.ts';
import { api, makeNamespace } from './control-plane.ts';
import { at } from './reconciling.ts';

/** Where autoscrape runs, and as whom. */
export const home = 'autoscrape-system';
const account = defaultRegistration.username;

/** A port of the Service for which a process needs no rights, instead of 443. */
const port = 8443;

/** A cluster with all that stands around autoscrape: its Service, which leads to those replicas that are ready, and its rights. */
export interface Scene {
  readonly plane: ControlPlane;
  /** As `admin`; throws where the answer is no success. */
  readonly call: (method: string, path: string, body?: object, type?: string) => Promise<unknown>;
  /** Starts `autoscrape serve` with these flags, as one of the pods of the Service. */
  readonly replica: (...flags: string[]) => Promise<Replica>;
  /** Registers the webhooks, without a `caBundle`. */
  readonly register: (annotations?: Readonly<Record<string, string>>) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** One process of autoscrape. */
export interface Replica {
  readonly pages: string;
  readonly ready: () => Promise<boolean>;
  readonly log: () => Promise<readonly Readonly<Record<string, unknown>>[]>;
  readonly kill: () => Promise<void>;
  /** SIGTERM. */
  readonly end: () => Promise<void>;
}

/** The rights of docs/certificates.md, and what the reconciler can't do without. */
const clusterRules = [
  {
    apiGroups: ['admissionregistration.k8s.io'],
    resources: ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'],
    resourceNames: ['autoscrape'],
    verbs: ['get', 'patch'],
  },
  { apiGroups: ['', 'apps'], resources: ['*'], verbs: ['list', 'watch'] },
  { apiGroups: ['apiextensions.k8s.io'], resources: ['*'], verbs: ['list', 'watch'] },
  { apiGroups: [''], resources: ['namespaces'], resourceNames: ['kube-system'], verbs: ['get'] },
];
const rules = [
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update'] },
  { apiGroups: [''], resources: ['secrets'], verbs: ['create'] },
  {
    apiGroups: [''],
    resources: ['secrets'],
    resourceNames: ['autoscrape-tls'],
    verbs: ['get', 'patch'],
  },
];

const rbac = 'rbac.authorization.k8s.io';

/** Starts one. */
export async function startScene(label: string): Promise<Scene> {
  const token = 'of-the-service-account';
  const plane = await startControlPlane({
    label,
    controllerManager: false,
    serviceRange: `127.${60 + (process.pid % 60)}.0.0/16`,
    users: [{ name: account, token, groups: ['system:serviceaccounts'] }],
    audit: {
      apiVersion: 'audit.k8s.io/v1',
      kind: 'Policy',
      omitStages: ['RequestReceived'],
      rules: [{ level: 'Metadata', users: [account] }],
    },
  });
  const call: Scene['call'] = async (method, path, body, contentType = 'application/json') => {
    const answer = await api(plane, method, path, {
      ...(body === undefined ? {} : { body }),
      contentType,
    });
    if (answer.status >= 300) {
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    }
    return answer.body;
  };
  const meta = { name: 'autoscrape' };
  const subjects = [{ kind: 'User', name: account, apiGroup: rbac }];
  const refer = (kind: string) => ({ apiGroup: rbac, kind, name: 'autoscrape' });
  await call('POST', '/api/v1/namespaces', { metadata: { name: home } });
  const cluster = `/apis/${rbac}/v1`;
  await Promise.all([
    call('POST', `${cluster}/clusterroles`, { metadata: meta, rules: clusterRules }),
    call('POST', `${cluster}/clusterrolebindings`, {
      metadata: meta,
      subjects,
      roleRef: refer('ClusterRole'),
    }),
    call('POST', `${cluster}/namespaces/${home}/roles`, { metadata: meta, rules }),
    call('POST', `${cluster}/namespaces/${home}/rolebindings`, {
      metadata: meta,
      subjects,
      roleRef: refer('Role'),
    }),
  ]);
  const service = await call('POST', `/api/v1/namespaces/${home}/services`, {
    metadata: meta,
    spec: { ports: [{ port }] },
  });
  const address = String(at(service, 'spec', 'clusterIP'));
  await writeFile(join(plane.folder, 'account'), kubeconfig({ ...plane, token }), { mode: 0o600 });

  const running: Running[] = [];
  const endpoints: Endpoint[] = [];
  const proxy = await balance(address, endpoints);
  return {
    plane,
    call,
    register: async (annotations = {}) => {
      const both = registration(builtInCatalogue(), {
        ...defaultRegistration,
        reach: { service: 'autoscrape', port },
      });
      for (const body of [both.mutating, both.validating]) {
        const metadata = { ...body.metadata, annotations };
        await call('POST', collectionOf(body.kind), { ...body, metadata });
      }
    },
    replica: async (...flags) => {
      const [own = 0, metricsPort = 0] = await freePorts(2);
      const pages = `http://127.0.0.1:${metricsPort}`;
      const log = join(plane.folder, `autoscrape-${own}.log`);
      const one = await start({
        name: 'autoscrape',
        program: process.execPath,
        args: [
          join(import.meta.dirname, '../../src/main.ts'),
          'serve',
          '--server-host=127.0.0.1',
          `--server-port=${own}`,
          `--server-metrics-port=${metricsPort}`,
          `--kubernetes-kubeconfig=${join(plane.folder, 'account')}`,
          `--kubernetes-namespace=${home}`,
          '--server-tls-poll=1s',
          '--server-drain-propagation=1s',
          '--log-decisions=none',
          ...flags,
        ],
        log,
      });
      running.push(one);
      const ready = async () =>
        (await request(`${pages}/readyz`).catch(() => ({ status: 0 }))).status === 200;
      endpoints.push({ port: own, ready });
      return {
        pages,
        ready,
        log: async () =>
          (await readFile(log, 'utf8'))
            .split('\n')
            .filter((line) => line.startsWith('{') && line.endsWith('}'))
            .map((line) => JSON.parse(line)),
        kill: () => one.stop('KILL'),
        end: () => one.stop('TERM'),
      };
    },
    stop: async () => {
      await Promise.all(running.map((one) => one.stop('KILL')));
      proxy.close();
      await plane.stop();
    },
  };
}

/** The path of the registrations of a kind. */
export function collectionOf(kind: string): string {
  return `/apis/admissionregistration.k8s.io/v1/${kind.toLowerCase()}s`;
}

interface Endpoint {
  readonly port: number;
  readonly ready: () => Promise<boolean>;
}

/** What a kube-proxy does: leads each new connection to one of the replicas that are ready, in turn. */
async function balance(address: string, endpoints: readonly Endpoint[]): Promise<Server> {
  let turn = 0;
  const sockets = new Set<Socket>();
  const server = createServer({ pauseOnConnect: true, noDelay: true }, async (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    const all = await Promise.all(
      endpoints.map(async (one) => ((await one.ready()) ? [one.port] : [])),
    );
    const ready = all.flat();
    turn += 1;
    const chosen = ready[turn % ready.length];
    if (chosen === undefined) {
      socket.destroy();
      return;
    }
    const behind = open({ host: '127.0.0.1', port: chosen, noDelay: true });
    behind.on('error', () => socket.destroy());
    behind.on('close', () => socket.destroy());
    socket.on('close', () => behind.destroy());
    socket.pipe(behind).pipe(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, resolve);
  });
  server.unref();
  return server;
}

/** Creates of a component's Services, one after the other and several at a time, until told to stop. */
export interface Stream {
  /** How many were created by now. */
  readonly created: () => number;
  /** Ends it. Of all that were created: how many there were, which lack our labels, and which calls failed open. */
  readonly stop: () => Promise<{
    readonly created: number;
    readonly refused: readonly string[];
    readonly unlabelled: readonly string[];
    readonly failedOpen: number;
  }>;
}

const webhook = 'strong.autoscrape.multigres.com';

/** Starts one, in a namespace of its own. */
export async function stream({ plane }: Scene, workers = 3): Promise<Stream> {
  const namespace = await makeNamespace(plane, 'stream');
  const before = await webhookCounts(plane, webhook);
  const refused: string[] = [];
  const unlabelled: string[] = [];
  let created = 0;
  let going = true;
  const worker = async () => {
    while (going) {
      const name = `s${created}`;
      created += 1;
      const answer = await api(plane, 'POST', `/api/v1/namespaces/${namespace}/services`, {
        body: unlabelledGateway(name),
      });
      if (answer.status !== 201) refused.push(`${name}: ${answer.status}`);
      else if (!isLabelled(answer.body)) unlabelled.push(`${name} ${new Date().toISOString()}`);
      await sleep(15);
    }
  };
  const all = Array.from({ length: workers }, worker);
  return {
    created: () => created,
    stop: async () => {
      going = false;
      await Promise.all(all);
      const after = await webhookCounts(plane, webhook);
      return { created, refused, unlabelled, failedOpen: after.failedOpen - before.failedOpen };
    },
  };
}

/** A gateway's Service without the label of what it is part of: admission adds it. */
function unlabelledGateway(name: string): object {
  const labels = {
    'app.kubernetes.io/name': 'multigateway',
    'app.kubernetes.io/component': 'gateway',
    'app.kubernetes.io/instance': name,
  };
  return {
    metadata: { name, labels },
    spec: { clusterIP: 'None', ports: [{ port: 80 }], selector: labels },
  };
}

function isLabelled(service: unknown): boolean {
  return at(service, 'metadata', 'labels', 'app.kubernetes.io/part-of') === 'multigres';
}

/** Whether a create is admitted by us at this moment. */
export async function isAdmitted({ plane }: Scene): Promise<boolean> {
  const answer = await api(plane, 'POST', '/api/v1/namespaces/default/services?dryRun=All', {
    body: unlabelledGateway('probe'),
  });
  return isLabelled(answer.body);
}
