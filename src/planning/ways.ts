import type { Facet } from '../catalogue/index.ts';
import type { Agent, Labels, Service } from '../kubernetes/index.ts';
import type { RuleSource, Seat, Trial } from '../reading/index.ts';
import { pathAndQuery, type ScrapeRequest } from '../reading/index.ts';
import { type Answer, both } from '../selection/index.ts';
import type { Listener } from './audience.ts';
import { type MetricsPlace, metricsPlaces } from './metrics-port.ts';
import type { ChainLink } from './types.ts';

/** Pods whose metrics are asked about, and the Services that lead to them. */
export interface Audited {
  readonly facet: Facet;
  readonly namespace: string;
  readonly services: readonly Service[];
  readonly seats: readonly Seat[];
}

/** One endpoint of a scrape that means a facet's port, through one Service. */
export interface Reader {
  readonly kind: 'VMServiceScrape' | 'VMPodScrape' | 'VMStaticScrape';
  readonly namespace: string;
  readonly name: string;
  readonly endpoint: number;
  /** The Service that it reads through; empty for a scrape that needs none. */
  readonly service: string;
  readonly isOurs: boolean;
  readonly deleting: boolean;
  /** One for each agent and answer. */
  readonly ways: readonly Way[];
}

/** One agent that may read pods by way of a reader. */
export interface Way {
  /** Undefined where no agent is known. */
  readonly agent: Agent | undefined;
  readonly answer: Answer;
  /** The link of the chain that breaks or can't be told; empty where it is yes. */
  readonly link: ChainLink | '';
  /** Why, a clause; empty where it is yes. */
  readonly because: string;
  /** The pods that it is about, as {@link Seat.name}. */
  readonly pods: readonly string[];
  /** The labels of the samples of a pod; undefined where they can't be told. See {@link Trial.series}. */
  readonly seriesOf: (pod: string) => string | undefined;
  /** The same by name; see {@link Trial.labels}. */
  readonly labelsOf: (pod: string) => Labels | undefined;
}

/** Puts together what one agent does with each pod. */
export function waysOf(
  { agent, answer, link, because }: Listener,
  trials: readonly Trial[],
  facet: Facet,
): Way[] {
  const best = new Map<string, LinkAnswer & Pick<Trial, 'series' | 'labels'>>();
  for (const trial of trials) {
    const found = judged(trial, facet);
    if (found === undefined) continue;
    const { name } = trial.target.seat;
    const earlier = best.get(name);
    if (earlier === undefined || isBetter(found, earlier)) {
      best.set(name, { ...found, series: trial.series, labels: trial.labels });
    }
  }
  const groups = Map.groupBy(best, ([, found]) => `${found.answer} ${found.link} ${found.because}`);
  return [...groups.values()].flatMap((group): Way[] => {
    const [first] = group;
    if (first === undefined) return [];
    const [, found] = first;
    const pods = group.map(([name]) => name);
    const whole = both(answer, found.answer);
    // The agent comes before relabelling in the chain.
    const breaks = answer === whole && answer !== 'yes' ? { link, because } : found;
    const seriesOf = (pod: string) => best.get(pod)?.series();
    const labelsOf = (pod: string) => best.get(pod)?.labels();
    const { link: at, because: why } = breaks;
    return [{ agent, answer: whole, link: at, because: why, pods, seriesOf, labelsOf }];
  });
}

interface LinkAnswer {
  readonly answer: Answer;
  readonly link: ChainLink | '';
  readonly because: string;
}

const ranks: Readonly<Record<Answer, number>> = { no: 0, perhaps: 1, yes: 2 };

function isBetter(one: LinkAnswer, other: LinkAnswer): boolean {
  return ranks[one.answer] > ranks[other.answer];
}

const aboutPort: ReadonlySet<string> = new Set<RuleSource>(['selector', 'port', 'labels']);

/** Says whether a trial reads a facet's metrics; undefined where it is about another port. */
export function judged(trial: Trial, facet: Facet): LinkAnswer | undefined {
  const { seat } = trial.target;
  const places = metricsPlaces(facet, seat.is === 'unknown' ? [] : [seat.shape]);
  const at = places.filter((place) => isAt(place, trial.podPort));
  if (trial.answer === 'no' && aboutPort.has(trial.at)) return undefined;
  if (at.length === 0) return movedAway(trial, places);
  if (trial.answer === 'no') return { answer: 'no', link: 'relabelling', because: trial.because };
  const asked = requestAnswer(trial.request, facet, at, seat.is !== 'unknown');
  if (asked.answer === 'no') return { ...asked, link: 'request' };
  if (trial.answer === 'perhaps') {
    const link = trial.at === 'role' || trial.at === 'pod' ? 'port' : 'relabelling';
    return { answer: 'perhaps', link, because: trial.because };
  }
  return asked.answer === 'yes'
    ? { answer: 'yes', link: '', because: '' }
    : { ...asked, link: 'request' };
}

/** A target of the facet's port that relabelling turns into another one. */
function movedAway(trial: Trial, places: readonly MetricsPlace[]): LinkAnswer | undefined {
  const { podPort } = trial.target;
  if (trial.podPort === podPort || !places.some((place) => isAt(place, podPort))) return undefined;
  return {
    answer: 'no',
    link: 'relabelling',
    because: `its relabelling makes it read port ${trial.podPort} instead of ${podPort}`,
  };
}

function isAt({ number, name }: MetricsPlace, port: number | string): boolean {
  return port === number || port === name;
}

function requestAnswer(
  request: ScrapeRequest,
  facet: Facet,
  places: readonly MetricsPlace[],
  isPodKnown: boolean,
): { readonly answer: Answer; readonly because: string } {
  const wanted = pathAndQuery(facet.path);
  const { scheme, path, query } = request;
  if (path !== undefined && path !== wanted.path) {
    return { answer: 'no', because: `it asks for ${path}, and the metrics are at ${facet.path}` };
  }
  if (scheme !== undefined && !places.some((place) => place.scheme === scheme)) {
    const spoken = places[0]?.scheme ?? 'http';
    return {
      answer: isPodKnown ? 'no' : 'perhaps',
      because: `it asks by ${scheme}, and the port speaks ${spoken}`,
    };
  }
  if (path === undefined || scheme === undefined || query === undefined) {
    return { answer: 'perhaps', because: 'its relabelling makes the request of what is not known' };
  }
  return query === wanted.query
    ? { answer: 'yes', because: '' }
    : { answer: 'perhaps', because: `it asks with the parameters ${query || 'of nobody'}` };
}

/** `VMServiceScrape shop/mine`. */
export function readerName({ kind, namespace, name }: Reader): string {
  return `${kind} ${namespace}/${name}`;
}
