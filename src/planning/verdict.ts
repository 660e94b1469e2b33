import type { Agent } from '../kubernetes/index.ts';
import { agentName, shareStore } from '../reading/index.ts';
import { type ChainLink, type Coverage, chainLinks } from './types.ts';
import { type Audited, type Reader, readerName, type Way } from './ways.ts';

/** The state that the readers of some pods add up to; `none`: no scrape means their port. */
export interface Verdict {
  readonly state: 'covered' | 'duplicated' | 'unread' | 'unknown' | 'none';
  /** The link that breaks or can't be told; empty where all hold. */
  readonly link: ChainLink | '';
  /** The reason, one sentence without a full stop. */
  readonly because: string;
  /** The name of the scrape that reads them, or that should; empty where none does. */
  readonly scrape: string;
  readonly scrapeNamespace: string;
  readonly scrapeKind: Coverage['scrapeKind'];
}

/** A reader with one of its ways. */
interface ReadRoute {
  readonly reader: Reader;
  readonly way: Way;
}

/**
 * Decides the state of some pods' metrics: every pod read once into each store is covered; more often is duplicated.
 */
export function verdictOf(readers: readonly Reader[], { namespace, seats }: Audited): Verdict {
  const routes = readers.flatMap((reader) => reader.ways.map((way) => ({ reader, way })));
  const certain = routes.filter(({ way }) => way.answer === 'yes');
  const doubtful = routes.filter(({ way }) => way.answer === 'perhaps');
  const [first] = certain;
  const twice = doubled(certain);
  if (twice !== undefined) {
    return {
      state: 'duplicated',
      link: 'once',
      because: `read more than once: ${listed(twice)}`,
      ...namedBy(first),
    };
  }
  const open = seats.filter((seat) => !reach(certain, seat.name)).map((seat) => seat.name);
  if (first !== undefined && open.length === 0) return covered(certain, doubtful, namespace);
  if (open.length > 0 && open.every((name) => reach(doubtful, name))) {
    return undecided(doubtful, certain, seats.length - open.length, seats.length);
  }
  if (first !== undefined) return partly(open, certain, seats.length);
  const broken = furthest(routes);
  if (broken === undefined) {
    return { state: 'none', link: 'scrape', because: '', ...namedBy(undefined) };
  }
  return {
    state: 'unread',
    link: broken.way.link,
    because: brokenText(broken, routes),
    ...namedBy(broken),
  };
}

/** The scrape of a route. */
function namedBy(
  route: ReadRoute | undefined,
): Pick<Verdict, 'scrape' | 'scrapeNamespace' | 'scrapeKind'> {
  const { name = '', namespace = '', kind = '' } = route?.reader ?? {};
  return { scrape: name, scrapeNamespace: namespace, scrapeKind: kind };
}

function reach(routes: readonly ReadRoute[], pod: string): boolean {
  return routes.some(({ way }) => way.pods.includes(pod));
}

/** Routes by which one pod comes more than once into one store; undefined where none does. */
function doubled(routes: readonly ReadRoute[]): ReadRoute[] | undefined {
  for (const [index, one] of routes.entries()) {
    const others = routes.slice(index + 1).filter((other) => isDouble(one, other));
    if (others.length > 0) return [one, ...others];
  }
  return undefined;
}

function isDouble(one: ReadRoute, other: ReadRoute): boolean {
  // Two agents that take the same scrape read the same series: what is a matter of deduplication.
  if (one.reader === other.reader) return false;
  const both = one.way.pods.filter((pod) => other.way.pods.includes(pod));
  if (both.every((pod) => isReadOnce(one, other, pod))) return false;
  const [mine, theirs] = [one.way.agent, other.way.agent];
  return mine === undefined || theirs === undefined || mine === theirs || shareStore(mine, theirs);
}

/** Whether two Services lead one job to targets that are alike in all labels: vmagent reads such once. */
function isReadOnce(one: ReadRoute, other: ReadRoute, pod: string): boolean {
  if (one.reader.kind !== 'VMServiceScrape' || !isSameJob(one.reader, other.reader)) return false;
  const series = one.way.seriesOf(pod);
  return series !== undefined && series === other.way.seriesOf(pod);
}

function isSameJob(one: Reader, other: Reader): boolean {
  return (
    one.kind === other.kind &&
    one.namespace === other.namespace &&
    one.name === other.name &&
    one.endpoint === other.endpoint
  );
}

function covered(
  certain: readonly ReadRoute[],
  doubtful: readonly ReadRoute[],
  namespace: string,
): Verdict {
  const [first] = certain;
  const { reader } = first ?? {};
  const readers = new Set(certain.map((route) => route.reader));
  const because =
    readers.size > 1 || reader === undefined
      ? `read once into each store: ${listed(certain)}`
      : `read once, by ${whose(reader)} ${nameOf(reader, namespace)}${through(reader)}`;
  const others = doubtful.filter((route) => !readers.has(route.reader));
  const doubt = others.length === 0 ? '' : `; whether ${listed(others)} reads it too can't be told`;
  return { state: 'covered', link: '', because: because + doubt, ...namedBy(first) };
}

function whose({ kind, isOurs }: Reader): string {
  if (isOurs) return 'our scrape';
  return kind === 'VMServiceScrape' ? 'scrape' : kind;
}

function through({ service }: Reader): string {
  return service === '' ? '' : ` through Service ${service}`;
}

function nameOf(reader: Reader, home: string): string {
  return reader.namespace === home ? reader.name : `${reader.namespace}/${reader.name}`;
}

function undecided(
  doubtful: readonly ReadRoute[],
  certain: readonly ReadRoute[],
  read: number,
  all: number,
): Verdict {
  const route = furthest(doubtful);
  const some = certain.length === 0 ? '' : `${read} of ${all} pods are read; `;
  return {
    state: 'unknown',
    link: route?.way.link ?? 'scrape',
    because: `${some}whether ${listed(doubtful)} reads it can't be told: ${route?.way.because ?? ''}`,
    ...namedBy(route),
  };
}

/** Some pods are read, and others are not. */
function partly(open: readonly string[], certain: readonly ReadRoute[], all: number): Verdict {
  const shown = open.slice(0, 3).map((name) => name.replace(/^.*\//, ''));
  const more = open.length > shown.length ? ` and ${open.length - shown.length} more` : '';
  return {
    state: 'unread',
    link: 'relabelling',
    because: `${listed(certain)} reads ${all - open.length} of ${all} pods, and nothing reads ${shown.join(', ')}${more}`,
    ...namedBy(certain[0]),
  };
}

/** The route that gets furthest along the chain: an agent that takes a scrape of a wrong form, before one that does not. */
function furthest(routes: readonly ReadRoute[]): ReadRoute | undefined {
  const rank = ({ way: { link } }: ReadRoute) => {
    if (link === '') return -1;
    return link === 'form' ? chainLinks.indexOf('agent') + 0.5 : chainLinks.indexOf(link);
  };
  let best: ReadRoute | undefined;
  for (const route of routes) {
    if (best === undefined || rank(route) > rank(best)) best = route;
  }
  return best;
}

/** Agents that refuse a scrape are named together. */
function brokenText({ reader, way }: ReadRoute, routes: readonly ReadRoute[]): string {
  const name = readerName(reader);
  if (way.link !== 'agent') return `${name} is there, but ${way.because}`;
  const reasons = routes.flatMap((route) =>
    route.reader === reader && route.way.link === 'agent' ? [route.way.because] : [],
  );
  const shown = [...new Set(reasons)];
  const more = shown.length > 2 ? `; and ${shown.length - 2} more do not` : '';
  return `no agent takes ${name}: ${shown.slice(0, 2).join('; ')}${more}`;
}

function listed(routes: readonly ReadRoute[]): string {
  const several = new Set(routes.map(({ way }) => agentText(way.agent))).size > 1;
  const names = routes.map(({ reader, way }) => {
    const place = `${reader.namespace}/${reader.name}`;
    const kind = reader.kind === 'VMServiceScrape' ? '' : `${reader.kind} `;
    const by = several ? ` (${agentText(way.agent)})` : '';
    return `${kind}${place}${reader.service === '' ? '' : ` through ${reader.service}`}${by}`;
  });
  return [...new Set(names)].sort().join(' and ');
}

function agentText(agent: Agent | undefined): string {
  return agent === undefined ? '' : agentName(agent);
}
