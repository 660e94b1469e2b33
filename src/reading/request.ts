import type { LabelReader } from './labelling.ts';
import type { LeftLabels } from './relabel.ts';

/**
 * A request to a target. A part is undefined where relabelling makes it of what is not known.
 * Source: VictoriaMetrics lib/promrelabel/scrape_url.go, GetScrapeURL.
 */
export interface ScrapeRequest {
  readonly scheme: string | undefined;
  readonly path: string | undefined;
  /** `module=tiny`, names in order; empty for none. */
  readonly query: string | undefined;
}

/** A job's own path, scheme and parameters, before relabelling. */
export interface RequestDefaults {
  readonly path: string;
  readonly scheme: string;
  readonly params: ReadonlyMap<string, readonly string[]>;
}

/** Where a target is, after relabelling. */
export interface Destination {
  /** True where no address is left: then vmagent drops the target. */
  readonly isGone: boolean;
  /** Undefined where it can't be told; empty where there is none. */
  readonly host: string | undefined;
  /** As the address has it (`host:` has an empty one), else the usual one of the scheme; undefined where it can't be told. */
  readonly port: string | undefined;
  readonly request: ScrapeRequest;
}

/** Returns where vmagent connects to and what it asks for, by the labels that a job's rules leave. */
export function destinationOf(
  { labels: read, written: names }: LeftLabels,
  defaults: RequestDefaults,
): Destination {
  const address = read('__address__');
  const [, given, host = '', rest = ''] =
    /^(?:(https?):\/\/)?([^/]*)(.*)$/s.exec(address ?? '') ?? [];
  const scheme = given ?? emptyAs(read('__scheme__'), 'http');
  // A path in the address goes before the label's.
  const written = rest === '' ? emptyAs(read('__metrics_path__'), '/metrics') : rest;
  const params = parametersOf(read, names('__param_'), defaults);
  const { path, query } = splitPath(written, params);
  const request = { scheme: address === undefined ? undefined : scheme, path, query };
  if (address === undefined) return { isGone: false, host: undefined, port: undefined, request };
  const [, name = host, port] = /^(.*?)(?::([^:\]]*))?$/.exec(host) ?? [];
  const usual = scheme === undefined ? undefined : scheme === 'https' ? '443' : '80';
  return { isGone: address === '', host: name, port: port ?? usual, request };
}

function emptyAs(value: string | undefined, fallback: string): string | undefined {
  return value === '' ? fallback : value;
}

/** The parameters, each from its label: relabelling sees, changes and adds the first value of each. */
function parametersOf(
  read: LabelReader,
  written: readonly string[] | undefined,
  { params }: RequestDefaults,
): readonly (readonly [string, string])[] | undefined {
  if (written === undefined) return undefined;
  const found: [string, string][] = [];
  const added = written.map((label) => label.slice('__param_'.length));
  for (const name of new Set([...params.keys(), ...added])) {
    const [, ...more] = params.get(name) ?? [];
    const first = read(`__param_${name}`);
    if (first === undefined) return undefined;
    if (first === '') continue;
    for (const value of [first, ...more]) found.push([name, value]);
  }
  return found;
}

/** A path may come with a query of its own. */
function splitPath(
  written: string | undefined,
  params: readonly (readonly [string, string])[] | undefined,
): Pick<ScrapeRequest, 'path' | 'query'> {
  if (written === undefined) return { path: undefined, query: undefined };
  const [path = '', ...rest] = written.split('?');
  const whole = path.startsWith('/') ? path : `/${path}`;
  if (params === undefined) return { path: whole, query: undefined };
  if (rest.length + params.length === 0) return { path: whole, query: '' };
  const all = [...new URLSearchParams(rest.join('?')), ...params];
  return { path: whole, query: queryText(all) };
}

function queryText(params: readonly (readonly [string, string])[]): string {
  const sorted = params.map(([name, value]): [string, string] => [name, value]);
  sorted.sort(([a], [b]) => (a === b ? 0 : a < b ? -1 : 1));
  return new URLSearchParams(sorted).toString();
}

/** Splits a path as people write it, such as `/v1/metrics?format=prometheus`. */
export function pathAndQuery(written: string): { readonly path: string; readonly query: string } {
  const { path = '', query = '' } = splitPath(written, []);
  return { path, query };
}

/** Whether two requests ask for the same; undefined where that can't be told. */
export function isSameRequest(one: ScrapeRequest, other: ScrapeRequest): boolean | undefined {
  const parts = (['scheme', 'path', 'query'] as const).map((part) => {
    const [mine, theirs] = [one[part], other[part]];
    return mine === undefined || theirs === undefined ? undefined : mine === theirs;
  });
  if (parts.includes(false)) return false;
  return parts.includes(undefined) ? undefined : true;
}
