import {
  type ApiError,
  type Client,
  isBuiltIn,
  isNotFound,
  presenceOf,
  type Resource,
  resources,
} from '../cluster/api/index.ts';
import { noScrapesServed } from '../cluster/watch/index.ts';
import type { Kind } from '../inventory/index.ts';
import { isJson, parseObject } from '../kubernetes/index.ts';
import type { Manifest, SourceDocument, SourceFile } from '../manifests/index.ts';
import type { KnownKind } from '../review/index.ts';
import { awayText } from './cluster-access.ts';

/** The objects of a cluster, as far as they could be read. */
export interface LiveObjects {
  readonly files: readonly SourceFile[];
  /** The kinds of which all objects are there, in some namespaces or in all. */
  readonly known: readonly KnownKind[];
  /** What could not be read, and why. */
  readonly problems: readonly string[];
  /** That the API server has no VMServiceScrapes at all, in words; undefined where it has them. */
  readonly unserved: string | undefined;
  /** Namespaces that were asked about and are not there. */
  readonly strange: readonly string[];
}

interface Wanted {
  readonly kind: Kind | 'PodMonitor';
  readonly resource: Resource;
  /**
   * `own`: only objects of the namespaces asked about concern them. `all`: those of others do as well, since a scrape
   * or an agent can reach anywhere.
   */
  readonly reach: 'own' | 'all';
}

/** Read first: scrapes say which other namespaces matter. Secrets are never read. */
const around: readonly Wanted[] = [
  { kind: 'Namespace', resource: resources.namespaces, reach: 'all' },
  { kind: 'VMServiceScrape', resource: resources.scrapes, reach: 'all' },
  { kind: 'ServiceMonitor', resource: resources.serviceMonitors, reach: 'all' },
  { kind: 'VMAgent', resource: resources.agents, reach: 'all' },
  { kind: 'VMSingle', resource: resources.singles, reach: 'all' },
  { kind: 'VMPodScrape', resource: resources.podScrapes, reach: 'all' },
  { kind: 'VMStaticScrape', resource: resources.staticScrapes, reach: 'all' },
  { kind: 'PodMonitor', resource: resources.podMonitors, reach: 'all' },
];

const components: readonly Wanted[] = [
  { kind: 'Service', resource: resources.services, reach: 'own' },
  { kind: 'StatefulSet', resource: resources.statefulSets, reach: 'own' },
  { kind: 'Deployment', resource: resources.deployments, reach: 'own' },
  { kind: 'Pod', resource: resources.pods, reach: 'own' },
];

/** Objects on a page of a list: some megabytes. */
const pageSize = 500;

/** Objects of one kind that are held; a cluster with more is audited by namespace. */
const mostOfAKind = 100_000;

/**
 * Reads what an audit looks at.
 *
 * @param server where the API server is
 * @param namespaces only what concerns these, wherever it lives; empty: all
 * @param progress told of each kind that was read
 */
export async function liveObjects(
  client: Client,
  server: URL,
  namespaces: readonly string[],
  progress: (text: string) => void,
): Promise<LiveObjects> {
  const reading: LiveReading = {
    client,
    namespaces,
    progress,
    manifests: [],
    known: [],
    problems: [],
  };
  const failures: (ApiError | undefined)[] = [];
  let unserved: string | undefined;
  for (const wanted of around) {
    const { failed, absent } = await readKind(reading, wanted, namespaces);
    const away = failed === undefined ? undefined : awayText(server, failed);
    if (away !== undefined) return nothing(away);
    if (isBuiltIn(wanted.resource)) failures.push(failed);
    if (absent && wanted.kind === 'VMServiceScrape') unserved = `scrapes: ${noScrapesServed}`;
  }
  // Services elsewhere count where a scrape from here looks there.
  const others = lookedInto(reading, namespaces);
  for (const wanted of components) {
    const places = wanted.kind === 'Service' ? [...namespaces, ...others] : namespaces;
    failures.push((await readKind(reading, wanted, places)).failed);
  }
  const { manifests, known, problems } = reading;
  const noServer = noApiServer(server, failures);
  if (noServer !== undefined) return nothing(noServer);
  const files = [{ file: '', documents: [], manifests, skipped: [] }];
  return { files, known, problems, unserved, strange: strangers(reading) };
}

/** What there is where there is no API server. */
function nothing(problem: string): LiveObjects {
  return { files: [], known: [], problems: [problem], unserved: undefined, strange: [] };
}

/** What is read, and what came of it. */
interface LiveReading {
  readonly client: Client;
  readonly namespaces: readonly string[];
  readonly progress: (text: string) => void;
  readonly manifests: Manifest[];
  readonly known: KnownKind[];
  readonly problems: string[];
}

interface ReadKind {
  readonly failed: ApiError | undefined;
  /** Whether the API server says that it does not have the resource. */
  readonly absent: boolean;
}

/** Reads a kind: in all namespaces, or where that may not be or is not asked for, in those that are. */
async function readKind(
  reading: LiveReading,
  { kind, resource, reach }: Wanted,
  places: readonly string[],
): Promise<ReadKind> {
  const { client, manifests, known, problems, progress } = reading;
  const isNarrow = places.length > 0 && reach === 'own';
  let found = await listIn(client, kind, resource, isNarrow ? places : [undefined]);
  let scope: readonly string[] | undefined = isNarrow ? places : undefined;
  const error = found.failed;
  if (error?.status === 403 && places.length > 0 && reach === 'all') {
    found = await listIn(client, kind, resource, places);
    scope = places;
    if (found.failed === undefined && kind !== 'Namespace') {
      problems.push(
        `${resource.plural} of other namespaces can't be read: ${error.message}; one of them may matter here`,
      );
    }
  }
  manifests.push(...found.manifests);
  const absent = found.failed !== undefined && (await isAbsent(client, resource, found.failed));
  if (found.failed !== undefined && !absent) {
    problems.push(`${resource.plural} can't be read: ${found.failed.message}`);
    return { failed: found.failed, absent };
  }
  // Where there is no kind VMAgent at all, somebody reads scrapes whom the API server does not know.
  const isKnown = kind !== 'PodMonitor' && !(absent && kind === 'VMAgent');
  if (isKnown) known.push(scope === undefined ? { kind } : { kind, namespaces: scope });
  progress(`${found.manifests.length} ${resource.plural}`);
  return { failed: found.failed, absent };
}

/** The objects of a kind in several places; what could be read, and the last error. */
async function listIn(
  client: Client,
  kind: string,
  resource: Resource,
  places: readonly (string | undefined)[],
): Promise<{ readonly manifests: readonly Manifest[]; readonly failed: ApiError | undefined }> {
  const manifests: Manifest[] = [];
  let failed: ApiError | undefined;
  for (const namespace of new Set(places)) {
    const listed = await listAll(client, kind, resource, namespace);
    if ('error' in listed) failed = listed.error;
    else manifests.push(...listed.manifests);
  }
  return { manifests, failed };
}

/** The namespaces that scrapes of the namespaces asked about name. */
function lookedInto({ manifests }: LiveReading, namespaces: readonly string[]): string[] {
  if (namespaces.length === 0) return [];
  return manifests.flatMap(({ value }) => {
    const scrape = parseObject(value);
    const isOurs = scrape?.kind === 'VMServiceScrape' && namespaces.includes(scrape.namespace);
    return isOurs ? (scrape.namespaceSelector?.matchNames ?? []) : [];
  });
}

/** Those of the namespaces asked about that are not there; none where namespaces can't be read. */
function strangers({ known, manifests, namespaces }: LiveReading): string[] {
  const whole = known.find((one) => one.kind === 'Namespace');
  if (whole === undefined || whole.namespaces !== undefined) return [];
  const there = new Set(
    manifests.flatMap(({ value }) => {
      const object = parseObject(value);
      return object?.kind === 'Namespace' ? [object.name] : [];
    }),
  );
  return namespaces.filter((name) => !there.has(name));
}

/** True where a list failed because the API server does not have the resource, as its discovery says too. */
async function isAbsent(client: Client, resource: Resource, failed: ApiError): Promise<boolean> {
  if (!isNotFound(failed) || isBuiltIn(resource)) return false;
  return (await presenceOf(client, resource)) === 'absent';
}

/**
 * Returns what is wrong, in one sentence, where nothing is answered as an API server does: every one has these resources.
 *
 * @param built what came of the list of each built-in resource; undefined where it was read
 */
function noApiServer(server: URL, built: readonly (ApiError | undefined)[]): string | undefined {
  const at = `the server at ${server.href}`;
  const fix = 'its address may need another path, or is that of something else';
  if (built.every((error) => error !== undefined && isNotFound(error))) {
    return `${at} is no API server: it answers 404 to everything; ${fix}`;
  }
  if (built.every((error) => error?.code === 'unreadable')) {
    return `${at} is no API server: it answers everything with something else than lists of objects; ${fix}`;
  }
  return undefined;
}

/** A live object stands in no file. */
const nowhere: SourceDocument = { file: '', text: '', line: 0 };

async function listAll(
  client: Client,
  kind: string,
  resource: Resource,
  namespace: string | undefined,
): Promise<{ readonly manifests: readonly Manifest[] } | { readonly error: ApiError }> {
  const { group, version } = resource;
  const apiVersion = group === '' ? version : `${group}/${version}`;
  const manifests: Manifest[] = [];
  let next = '';
  do {
    const page = await client.page(resource, { namespace }, pageSize, next);
    if (!page.ok) return { error: page.error };
    for (const item of page.value.items) {
      // The items of a list say neither apiVersion nor kind.
      if (isJson(item)) {
        manifests.push({ document: nowhere, path: [], value: { ...item, apiVersion, kind } });
      }
    }
    next = page.value.next;
  } while (next !== '' && manifests.length < mostOfAKind);
  return { manifests };
}
