import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseAllDocuments } from 'yaml';
import { builtInCatalogue } from '../../src/catalogue/index.ts';
import {
  type Client,
  createClient,
  findAccess,
  noClusterInstruments,
  Transport,
} from '../../src/cluster/api/index.ts';
import { Watches } from '../../src/cluster/watch/index.ts';
import type { ReflectorTiming } from '../../src/cluster/watch/reflector-timing.ts';
import { systemClock } from '../../src/ground/clock.ts';
import type { Log } from '../../src/ground/log.ts';
import { Inventory } from '../../src/inventory/index.ts';
import {
  noReconcilerInstruments,
  type Observation,
  type Reconciler,
  type ReconcilerOptions,
  startReconciler,
} from '../../src/reconciler/index.ts';
import { fieldManager } from '../../src/settings/index.ts';
import { defaultPipelineSettings } from '../../src/settings/types.ts';
import type { ControlPlane } from '../../tools/control-plane.ts';
import { api } from './control-plane.ts';

/** Where an API server is, and who we are. */
export type Server = Pick<ControlPlane, 'server' | 'ca' | 'token' | 'kubeconfig'>;

/** One line of a log. */
export interface Line {
  readonly level: string;
  readonly message: string;
  readonly fields: object;
}

/** A reconciler in this process, with its watches, as `serve` runs them. */
export interface Reconciling {
  readonly reconciler: Reconciler;
  readonly watches: Watches;
  readonly inventory: Inventory;
  readonly lines: readonly Line[];
  readonly observations: readonly Observation[];
  /** Ends it as a shutdown does. */
  stop(): Promise<void>;
  /** Cuts its connections and leaves it there, as if its machine had gone. */
  cutOff(): void;
}

/**
 * Starts one. The lease is that of namespace `default`.
 *
 * @param between what stands between the reconciler and the API server: the client itself if not said
 */
export async function startReconciling(
  { kubeconfig }: Pick<Server, 'kubeconfig'>,
  identity: string,
  more: Partial<ReconcilerOptions> = {},
  timing: Partial<ReflectorTiming> = {},
  between: (client: Client, inventory: Inventory) => Client = (client) => client,
): Promise<Reconciling> {
  const clock = systemClock;
  const lines: Line[] = [];
  const observations: Observation[] = [];
  const write = (level: string) => (fields: object, message: string) => {
    lines.push({ level, message, fields });
  };
  const log: Log = {
    debug: () => {},
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  };
  const access = await findAccess({ kubeconfig, context: undefined, fallback: undefined }, clock);
  const transport = new Transport({
    access,
    clock,
    random: Math.random,
    instruments: noClusterInstruments,
    userAgent: `autoscrape/${identity}`,
  });
  const client = createClient(transport, fieldManager);
  const catalogue = builtInCatalogue();
  const inventory = new Inventory();
  const watches = new Watches({
    client,
    inventory,
    catalogue,
    fieldManager,
    clock,
    random: Math.random,
    instruments: noClusterInstruments,
    log,
    timing,
  });
  watches.start();
  const reconciler = startReconciler({
    client: between(client, inventory),
    watches,
    inventory,
    catalogue,
    settings: defaultPipelineSettings,
    lease: { namespace: 'default', name: 'autoscrape' },
    identity,
    clock,
    random: Math.random,
    instruments: noReconcilerInstruments,
    log,
    observed: (observation) => observations.push(observation),
    ...more,
    tuning: { removals: { gather: 30, apart: 100 }, ...more.tuning },
  });
  return {
    reconciler,
    watches,
    inventory,
    lines,
    observations,
    stop: async () => {
      await reconciler.stop();
      await watches.stop();
      transport.close();
    },
    cutOff: () => transport.close(),
  };
}

/** Asks until an answer is right, and gives it; the last wrong one is in the error. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T> | T,
  isRight: (answer: T) => boolean,
  within = 15_000,
): Promise<T> {
  const until = performance.now() + within;
  for (;;) {
    const answer = await ask();
    if (isRight(answer)) return answer;
    if (performance.now() > until) {
      throw new Error(`${what} did not come about: ${JSON.stringify(answer)?.slice(0, 4_000)}`);
    }
    await sleep(20);
  }
}

/** Waits until every Service that waits has been looked at. */
export async function quiet({ reconciler }: Reconciling): Promise<void> {
  const isQuiet = (): boolean => {
    const { queue, removals, started } = reconciler.status();
    return (
      started &&
      !removals.counting &&
      queue.depth === 0 &&
      queue.delayed === 0 &&
      queue.active === 0
    );
  };
  // Quiet for a while: what the API server still has to tell comes within milliseconds.
  for (let times = 0; times < 5; ) {
    await sleep(40);
    times = isQuiet() ? times + 1 : 0;
  }
}

/** A member of an object that came as JSON; undefined where there is none. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = Reflect.get(found, key);
  }
  return found;
}

/** The custom resources of a file of `test/fixtures/crds`, made and served. */
export async function defineResources(server: Server, file: string): Promise<void> {
  const text = await readFile(join(import.meta.dirname, '../fixtures/crds', file), 'utf8');
  for (const document of parseAllDocuments(text)) await define(server, document.toJS());
}

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** Makes a custom resource definition, or replaces it, and returns when the resource is served. */
export async function define(server: Server, definition: unknown): Promise<void> {
  const name = String(at(definition, 'metadata', 'name'));
  const contentType = 'application/apply-patch+yaml';
  const path = `${definitions}/${name}?fieldManager=test&force=true`;
  if (typeof definition !== 'object' || definition === null) throw new Error('no definition');
  const answer = await api(server, 'PATCH', path, { body: definition, contentType });
  if (answer.status >= 300) throw new Error(`${name}: ${JSON.stringify(answer.body)}`);
  const group = at(definition, 'spec', 'group');
  const version = at(definition, 'spec', 'versions', 0, 'name');
  const plural = at(definition, 'spec', 'names', 'plural');
  await eventually(
    `${name} being served`,
    () => api(server, 'GET', `/apis/${group}/${version}/${plural}`),
    ({ status }) => status === 200,
  );
}

/** Removes a definition, and returns when it is gone. */
export async function undefine(server: Server, name: string): Promise<void> {
  await api(server, 'DELETE', `${definitions}/${name}`);
  await eventually(
    `${name} being gone`,
    () => api(server, 'GET', `${definitions}/${name}`),
    ({ status }) => status === 404,
  );
}

/** A Service of the draft's gateway, which is scraped by its port `http`. */
export function gateway(name: string, more: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, labels: gatewayLabels(name) },
    spec: {
      clusterIP: 'None',
      selector: { 'app.kubernetes.io/instance': name },
      ports: [{ name: 'http', port: 8080 }],
    },
    ...more,
  };
}

/** A VMAgent that takes every scrape, if its spec does not say otherwise. */
export function vmagent(name: string, spec: object = { selectAllByDefault: true }): object {
  const remoteWrite = [{ url: 'http://vmsingle-main.monitoring.svc:8429/api/v1/write' }];
  return {
    apiVersion: 'operator.victoriametrics.com/v1beta1',
    kind: 'VMAgent',
    metadata: { name },
    spec: { remoteWrite, ...spec },
  };
}

export function gatewayLabels(name: string): Record<string, string> {
  return {
    'app.kubernetes.io/name': 'multigateway',
    'app.kubernetes.io/component': 'gateway',
    'app.kubernetes.io/instance': name,
    'app.kubernetes.io/part-of': 'multigres',
  };
}

/** The calls that tests make to one namespace. */
export interface Namespaced {
  readonly name: string;
  create(path: string, object: object): Promise<unknown>;
  get(path: string): Promise<unknown>;
  list(path: string): Promise<readonly unknown[]>;
  /** JSON merge patch (RFC 7386). */
  patch(path: string, patch: object): Promise<unknown>;
  apply(path: string, manager: string, object: object): Promise<unknown>;
  replace(path: string, object: object): Promise<unknown>;
  remove(path: string, options?: object): Promise<unknown>;
}

const core = ['services', 'pods', 'configmaps', 'endpoints'];
const groups: Readonly<Record<string, string>> = {
  vmservicescrapes: 'operator.victoriametrics.com/v1beta1',
  vmpodscrapes: 'operator.victoriametrics.com/v1beta1',
  vmstaticscrapes: 'operator.victoriametrics.com/v1beta1',
  vmagents: 'operator.victoriametrics.com/v1beta1',
  servicemonitors: 'monitoring.coreos.com/v1',
  statefulsets: 'apps/v1',
  deployments: 'apps/v1',
  events: 'events.k8s.io/v1',
  leases: 'coordination.k8s.io/v1',
};

/**
 * The calls for one namespace; paths are `plural` and `plural/name`. Resources that are not of Kubernetes or
 * VictoriaMetrics are the database's (`multigres.com/v1alpha1`).
 */
export function within(server: Server, namespace: string): Namespaced {
  const url = (path: string): string => {
    const [plural = ''] = path.split('/');
    const root = core.includes(plural)
      ? '/api/v1'
      : `/apis/${groups[plural] ?? 'multigres.com/v1alpha1'}`;
    return `${root}/namespaces/${namespace}/${path}`;
  };
  const call = async (
    method: string,
    path: string,
    body?: object,
    contentType?: string,
  ): Promise<unknown> => {
    const ask = () =>
      api(server, method, url(path), {
        ...(body === undefined ? {} : { body }),
        ...(contentType === undefined ? {} : { contentType }),
      });
    let answer = await ask();
    // After its etcd was away an API server says for a while that its storage is being read again: come later.
    for (let tries = 0; answer.status === 429 && tries < 60; tries += 1) {
      await sleep(500);
      answer = await ask();
    }
    if (answer.status >= 300 && answer.status !== 404) {
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    }
    return answer.status === 404 ? undefined : answer.body;
  };
  return {
    name: namespace,
    create: (path, object) => call('POST', path, object),
    get: (path) => call('GET', path),
    list: async (path) => {
      const items = at(await call('GET', path), 'items');
      return Array.isArray(items) ? items : [];
    },
    patch: (path, patch) => call('PATCH', path, patch, 'application/merge-patch+json'),
    apply: (path, manager, object) =>
      call(
        'PATCH',
        `${path}?fieldManager=${manager}&force=true`,
        object,
        'application/apply-patch+yaml',
      ),
    replace: (path, object) => call('PUT', path, object),
    remove: (path, options) => call('DELETE', path, options),
  };
}
