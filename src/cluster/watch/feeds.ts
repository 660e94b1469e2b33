import type { Inventory } from '../../inventory/index.ts';
import {
  type Agent,
  type KubernetesObject,
  parseAgent,
  parseNamespace,
  parsePod,
  parsePodScrape,
  parseScrape,
  parseService,
  parseServiceMonitor,
  parseStaticScrape,
  parseWorkload,
  type Scrape,
  type Workload,
} from '../../kubernetes/index.ts';
import { field } from '../api/index.ts';
import type { AppliedFields, AppliedFieldsReader } from './applied-fields.ts';
import type { Change } from './changes.ts';
import type { ObjectName, Sink } from './sink.ts';
import { isOlder } from './versions.ts';

/** Hears of every change of the inventory. */
export type ChangeListener = (change: Change) => void;

/** A kind of objects: how one is read from JSON, where the last one is, and what a change of it is called. */
interface Feed<T extends KubernetesObject> {
  readonly kind: T['kind'];
  parse(object: unknown): T | undefined;
  find(inventory: Inventory, namespace: string, name: string): T | undefined;
  all(inventory: Inventory): Iterable<T>;
  change(before: T | undefined, after: T | undefined): Change;
}

/** Parses what comes, keeps the inventory up to date and tells of each change. Objects that come again unchanged are dropped. */
function sink<T extends KubernetesObject>(
  feed: Feed<T>,
  inventory: Inventory,
  changed: ChangeListener,
): Sink {
  return {
    put: (object) => {
      const { namespace, name, uid, version } = identity(object);
      const before = feed.find(inventory, namespace, name);
      if (isSame(before, uid, version)) return;
      const after = feed.parse(object);
      if (after === undefined) return;
      inventory.put(after);
      // The inventory keeps a form of its own, which shares with `before` what is the same.
      changed(feed.change(before, feed.find(inventory, namespace, name)));
    },
    remove: (namespace, name, version) => {
      const before = feed.find(inventory, namespace, name);
      if (before === undefined) return;
      inventory.remove(feed.kind, namespace, name);
      const change = feed.change(before, undefined);
      changed(version === undefined ? { ...change, unseen: true } : change);
    },
    held: () => namesOf(feed.all(inventory)),
    get size() {
      return inventory.size(feed.kind);
    },
  };
}

function* namesOf(objects: Iterable<KubernetesObject>): Iterable<ObjectName> {
  for (const object of objects) {
    const namespace = object.kind === 'Namespace' ? '' : object.namespace;
    yield { namespace, name: object.name };
  }
}

/** Whether an object is the very state that we have: then it need not be read. */
function isSame(before: KubernetesObject | undefined, uid: string, version: string): boolean {
  if (before === undefined || before.kind === 'Namespace') return false;
  return before.uid === uid && before.resourceVersion === version;
}

export function serviceSink(inventory: Inventory, changed: ChangeListener): Sink {
  return sink(
    {
      kind: 'Service',
      parse: parseService,
      find: (from, namespace, name) => from.service(namespace, name),
      all: (from) => from.services(),
      change: (before, after) => ({ kind: 'Service', before, after }),
    },
    inventory,
    changed,
  );
}

export function workloadSink(
  kind: Workload['kind'],
  inventory: Inventory,
  changed: ChangeListener,
): Sink {
  return sink<Workload>(
    {
      kind,
      parse: (object) => parseWorkload(object, kind),
      find: (from, namespace, name) => from.workload(kind, namespace, name),
      all: (from) => [...from.workloads()].filter((workload) => workload.kind === kind),
      change: (before, after) => ({ kind: 'Workload', before, after }),
    },
    inventory,
    changed,
  );
}

export function podSink(inventory: Inventory, changed: ChangeListener): Sink {
  return sink(
    {
      kind: 'Pod',
      parse: parsePod,
      find: (from, namespace, name) => from.pod(namespace, name),
      all: (from) => from.pods(),
      change: (before, after) => ({ kind: 'Pod', before, after }),
    },
    inventory,
    changed,
  );
}

export function namespaceSink(inventory: Inventory, changed: ChangeListener): Sink {
  return sink(
    {
      kind: 'Namespace',
      parse: parseNamespace,
      find: (from, _, name) => from.namespace(name),
      all: (from) => from.namespaces(),
      change: (before, after) => ({ kind: 'Namespace', before, after }),
    },
    inventory,
    changed,
  );
}

export function serviceMonitorSink(inventory: Inventory, changed: ChangeListener): Sink {
  return sink(
    {
      kind: 'ServiceMonitor',
      parse: parseServiceMonitor,
      find: (from, namespace, name) => from.serviceMonitor(namespace, name),
      all: (from) => from.serviceMonitors(),
      change: (before, after) => ({ kind: 'ServiceMonitor', before, after }),
    },
    inventory,
    changed,
  );
}

/** The sink of VMAgents, or of VMSingles. */
export function agentSink(
  kind: Agent['kind'],
  inventory: Inventory,
  changed: ChangeListener,
): Sink {
  return sink<Agent>(
    {
      kind,
      parse: (object) => parseAgent(object, kind),
      find: (from, namespace, name) => from.agent(kind, namespace, name),
      all: (from) => [...from.agents()].filter((agent) => agent.kind === kind),
      change: (before, after) => ({ kind: 'Agent', before, after }),
    },
    inventory,
    changed,
  );
}

export function podScrapeSink(inventory: Inventory, changed: ChangeListener): Sink {
  return sink(
    {
      kind: 'VMPodScrape',
      parse: parsePodScrape,
      find: (from, namespace, name) => from.podScrape(namespace, name),
      all: (from) => from.podScrapes(),
      change: (before, after) => ({ kind: 'PodScrape', before, after }),
    },
    inventory,
    changed,
  );
}

export function staticScrapeSink(inventory: Inventory, changed: ChangeListener): Sink {
  return sink(
    {
      kind: 'VMStaticScrape',
      parse: parseStaticScrape,
      find: (from, namespace, name) => from.staticScrape(namespace, name),
      all: (from) => from.staticScrapes(),
      change: (before, after) => ({ kind: 'StaticScrape', before, after }),
    },
    inventory,
    changed,
  );
}

/** The sink of scrapes, which also takes what the API server answered to a write of ours. */
export interface ScrapeSink extends Sink {
  /** A scrape as the API server stored it for us: the inventory has it at once, not when the watch comes to it. */
  wrote(object: unknown): void;
  /** A scrape that the API server deleted for us. */
  deleted(scrape: Scrape): void;
  /** What we have applied to a scrape and still own; undefined where that is nothing. */
  applied(namespace: string, name: string): AppliedFields | undefined;
}

/**
 * The answer to a write is often here before the watch's event of it, and before earlier events of the same object:
 * those must not bring an older state back, or it would be written again. So it is remembered until the watch has come
 * to it, or a list that began later has been read.
 */
export function scrapeSink(
  inventory: Inventory,
  reader: AppliedFieldsReader,
  changed: ChangeListener,
): ScrapeSink {
  /** What we have applied to those of which it is not what we apply to nearly all. */
  const unusual = new Map<string, AppliedFields | undefined>();
  /** Resource versions of writes that the watch has not come to. */
  const written = new Map<string, string>();
  /** Keys of such writes from before the list under way: what it does not bring is gone. */
  let doubtful = new Set<string>();

  const isAhead = (key: string, version: string | undefined): boolean => {
    const ours = written.get(key);
    if (ours === undefined) return false;
    const ahead = version === undefined || isOlder(version, ours);
    if (!ahead) written.delete(key);
    return ahead;
  };

  const put = (object: unknown, { namespace, name, uid, version }: ObjectIdentity): void => {
    const before = inventory.scrape(namespace, name);
    if (isSame(before, uid, version)) return;
    const parsed = parseScrape(object);
    if (parsed === undefined) return;
    inventory.put(parsed);
    if (parsed.managers.includes(reader.manager)) {
      const fields = reader.read(object);
      if (fields === reader.usual) unusual.delete(`${namespace}/${name}`);
      else unusual.set(`${namespace}/${name}`, fields);
    }
    changed({ kind: 'VMServiceScrape', before, after: inventory.scrape(namespace, name) });
  };

  const remove = (namespace: string, name: string, unseen: boolean): void => {
    const before = inventory.scrape(namespace, name);
    if (before === undefined) return;
    inventory.remove('VMServiceScrape', namespace, name);
    changed({ kind: 'VMServiceScrape', before, after: undefined, unseen });
    unusual.delete(`${namespace}/${name}`);
  };

  return {
    begin: () => {
      for (const key of written.keys()) doubtful.add(key);
      written.clear();
    },
    end: () => {
      const gone = doubtful;
      doubtful = new Set();
      for (const key of gone) {
        const [namespace = '', name = ''] = key.split('/');
        remove(namespace, name, true);
      }
    },
    put: (object) => {
      const of = identity(object);
      const key = `${of.namespace}/${of.name}`;
      doubtful.delete(key);
      if (!isAhead(key, of.version)) put(object, of);
    },
    remove: (namespace, name, version) => {
      if (isAhead(`${namespace}/${name}`, version)) return;
      remove(namespace, name, version === undefined);
    },
    wrote: (object) => {
      const of = identity(object);
      const key = `${of.namespace}/${of.name}`;
      const stored = inventory.scrape(of.namespace, of.name);
      if (stored !== undefined && isOlder(of.version, stored.resourceVersion)) return;
      doubtful.delete(key);
      if (stored?.resourceVersion !== of.version) written.set(key, of.version);
      put(object, of);
    },
    deleted: ({ namespace, name, uid }) => {
      if (inventory.scrape(namespace, name)?.uid === uid) remove(namespace, name, false);
    },
    applied: (namespace, name) => {
      const scrape = inventory.scrape(namespace, name);
      if (scrape === undefined || !scrape.managers.includes(reader.manager)) return undefined;
      const key = `${namespace}/${name}`;
      return unusual.has(key) ? unusual.get(key) : reader.usual;
    },
    held: () => namesOf(inventory.scrapes()),
    get size() {
      return inventory.size('VMServiceScrape');
    },
  };
}

interface ObjectIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly version: string;
}

/** Which object it is, in which state: read before the rest is. */
function identity(object: unknown): ObjectIdentity {
  const metadata = field(object, 'metadata');
  const text = (key: string): string => {
    const value = field(metadata, key);
    return typeof value === 'string' ? value : '';
  };
  return {
    namespace: text('namespace'),
    name: text('name'),
    uid: text('uid'),
    version: text('resourceVersion'),
  };
}
