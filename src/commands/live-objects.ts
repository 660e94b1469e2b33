import {
  type ApiError,
  type Client,
  isBuiltIn,
  isNotFound,
  presenceOf,
  type Resource,
  resources,
} from '../cluster/index.ts';
import { isJson } from '../kubernetes/index.ts';
import type { Manifest, SourceDocument, SourceFile } from '../manifests/index.ts';
import type { Kind } from '../scrape/index.ts';
import { noScrapesServed } from './cluster-side.ts';

/** The objects of a cluster, as far as they could be read. */
export interface LiveObjects {
  readonly files: readonly SourceFile[];
  /** The kinds of which all objects are there. */
  readonly known: readonly Kind[];
  /** The kinds around scrapes of which some may be missing. */
  readonly unread: readonly string[];
  /** What could not be read, and why. */
  readonly problems: readonly string[];
  /** That the API server has no VMServiceScrapes at all, in words; undefined where it has them. */
  readonly unserved: string | undefined;
}

interface Wanted {
  readonly kind: Kind;
  readonly resource: Resource;
  readonly namespaced: boolean;
}

const wanted: readonly Wanted[] = [
  { kind: 'Namespace', resource: resources.namespaces, namespaced: false },
  { kind: 'Service', resource: resources.services, namespaced: true },
  { kind: 'StatefulSet', resource: resources.statefulSets, namespaced: true },
  { kind: 'Deployment', resource: resources.deployments, namespaced: true },
  { kind: 'Pod', resource: resources.pods, namespaced: true },
  { kind: 'VMServiceScrape', resource: resources.scrapes, namespaced: true },
  { kind: 'ServiceMonitor', resource: resources.serviceMonitors, namespaced: true },
];

/**
 * What is around scrapes, see src/surroundings. An agent of any namespace may take a scrape: these are looked for in
 * all of them. Secrets are never read.
 */
const surroundings = [
  { kind: 'VMAgent', resource: resources.agents },
  { kind: 'VMSingle', resource: resources.singles },
  { kind: 'VMPodScrape', resource: resources.podScrapes },
  { kind: 'VMStaticScrape', resource: resources.staticScrapes },
  { kind: 'PodMonitor', resource: resources.podMonitors },
] as const;

/** Objects on a page of a list: some megabytes. */
const pageSize = 500;

/** Objects of one kind that are held; a cluster with more is audited by namespace. */
const mostOfAKind = 100_000;

/**
 * Reads what an audit looks at.
 *
 * @param server where the API server is
 * @param namespaces only these; empty: all
 * @param progress told of each kind that was read
 */
export async function liveObjects(
  client: Client,
  server: URL,
  namespaces: readonly string[],
  progress: (text: string) => void,
): Promise<LiveObjects> {
  const manifests: Manifest[] = [];
  const known: Kind[] = [];
  const problems: string[] = [];
  const builtIn: (ApiError | undefined)[] = [];
  let unserved: string | undefined;
  for (const { kind, resource, namespaced } of wanted) {
    const places = namespaced && namespaces.length > 0 ? namespaces : [undefined];
    let count = 0;
    let failed: ApiError | undefined;
    for (const namespace of places) {
      const listed = await listAll(client, kind, resource, namespace);
      if ('error' in listed) {
        failed = listed.error;
        continue;
      }
      manifests.push(...listed.manifests);
      count += listed.manifests.length;
    }
    if (isBuiltIn(resource)) builtIn.push(failed);
    // A resource that the API server says not to have has no objects: that is known too.
    const absent = failed !== undefined && (await isAbsent(client, resource, failed));
    if (absent && kind === 'VMServiceScrape') unserved = `scrapes: ${noScrapesServed}`;
    if (failed === undefined || absent) {
      known.push(kind);
      progress(`${count} ${resource.plural}`);
    } else {
      problems.push(`${resource.plural} can't be read: ${failed.message}`);
    }
  }
  const noServer = noApiServer(server, builtIn);
  if (noServer !== undefined) {
    return { files: [], known: [], unread: [], problems: [noServer], unserved: undefined };
  }
  const unread: string[] = [];
  for (const { kind, resource } of surroundings) {
    const listed = await listAll(client, kind, resource, undefined);
    if ('manifests' in listed) {
      manifests.push(...listed.manifests);
      progress(`${listed.manifests.length} ${resource.plural}`);
      if (kind !== 'PodMonitor') known.push(kind);
    } else if (await isAbsent(client, resource, listed.error)) {
      // Without a kind VMAgent somebody reads scrapes whom the API server does not know: that is not "no agent".
      if (kind !== 'PodMonitor' && kind !== 'VMAgent') known.push(kind);
    } else {
      unread.push(kind);
      problems.push(`${resource.plural} can't be read: ${listed.error.message}`);
    }
  }
  const files = [{ file: '', documents: [], manifests, skipped: [] }];
  return { files, known, unread, problems, unserved };
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
