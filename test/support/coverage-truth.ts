import { servicesSeenBy } from '../../src/planning/candidates.ts';
import { type Coverage, coverage, eachUnit, readersOf } from '../../src/planning/index.ts';
import { judged, type Way } from '../../src/planning/ways.ts';
import { discoveredBehind } from '../../src/reading/discovery.ts';
import { readingsOf } from '../../src/reading/index.ts';
import { trialsOf } from '../../src/reading/matcher.ts';
import type { Scene, Truths } from './model-truth.ts';

/** Verdicts about the etcd of set-ups, beside what vmagents really read of it. */

/** The port and path of the metrics of every etcd in a set-up. */
const etcd = { port: 2379, path: '/metrics' } as const;

/** One pod, and how often its metrics are read. */
export interface PodTruth {
  readonly setUp: number;
  readonly namespace: string;
  readonly pod: string;
  readonly state: Coverage['state'];
  readonly because: string;
  /** How many different targets each store gets samples of. */
  readonly targets: readonly number[];
}

/** Returns the verdict on each pod that has an address, and what is read of it. */
export function podTruths({ setUp, context, cases }: Scene, truths: Truths): PodTruth[] {
  const readBy = (url: string) =>
    cases
      .filter(({ isChosen }) => isChosen)
      .flatMap(({ agent, place, jobs }) =>
        jobs.flatMap(({ job_name: job }) =>
          (truths[place]?.get(job)?.active ?? [])
            .filter(({ scrapeUrl }) => scrapeUrl === url)
            .map(({ labels }) => ({
              store: agent?.stores.join(' '),
              series: lineOf([job, Object.entries(labels).sort()]),
            })),
        ),
      );
  return coverage(context).flatMap((one): PodTruth[] => {
    const name = one.workload.replace(/^Pod\//, '');
    const pod = context.inventory.pod(one.namespace, name);
    if (pod === undefined || pod.ip === '') return [];
    const url = `http://${pod.ip}:${etcd.port}${etcd.path}`;
    const targets = [...Map.groupBy(readBy(url), ({ store }) => store).values()].map(
      // What two agents read alike is a matter of deduplication.
      (read) => new Set(read.map((target) => target.series)).size,
    );
    const { namespace, state, because } = one;
    return [{ setUp: setUp.index, namespace, pod: name, state, because, targets }];
  });
}

/** The state that follows from what is read of a pod: once into each store, more often, or nowhere. */
export function stateOf({ targets }: PodTruth): 'covered' | 'duplicated' | 'not read' {
  if (targets.some((count) => count > 1)) return 'duplicated';
  return targets.includes(1) ? 'covered' : 'not read';
}

/** What the readings of a set-up's scrapes say that is certain, and what their trials say: equal, or one is wrong. */
export function readingsAndTrials({ context: { inventory } }: Scene): [string[], string[]] {
  const scrapes = [...inventory.scrapes()];
  const readings = scrapes
    .flatMap((scrape) => readingsOf(scrape, inventory))
    .filter(({ certainty }) => certainty === 'yes')
    .flatMap(({ scrape, endpoint, service, podPort, request, pods }) => {
      const { seats } = discoveredBehind(service, inventory);
      const names = pods === 'all' ? seats.map((seat) => seat.name) : pods;
      return names.map((name) =>
        lineOf([scrape.name, endpoint, service.name, name, podPort, request]),
      );
    });
  const trials = scrapes.flatMap((scrape) =>
    inventory.servicesSelectedBy(scrape).flatMap((service) =>
      scrape.endpoints.flatMap((_, endpoint) =>
        trialsOf(scrape, endpoint, discoveredBehind(service, inventory))
          .filter(({ answer }) => answer === 'yes')
          .map(({ target, podPort, request }) =>
            lineOf([scrape.name, endpoint, service.name, target.seat.name, podPort, request]),
          ),
      ),
    ),
  );
  return [sorted(readings), sorted(trials)];
}

/** Which pods of the etcds each agent certainly reads: as readers say it, and as trials of its own jobs do. */
export function readersAndTrials({ context, cases }: Scene): [string[], string[]] {
  const { inventory } = context;
  const units = [...eachUnit(context)].flatMap((unit) =>
    unit.entry.facets.map((facet) => {
      const { namespace, services } = unit;
      return { facet, namespace, services, seats: unit.seats() };
    }),
  );
  const readers = units.flatMap((audited) =>
    readersOf(audited, context).flatMap(({ namespace, name, endpoint, service, ways }) =>
      ways
        .filter((way) => way.answer === 'yes')
        .flatMap(({ agent, pods }: Way) =>
          pods.map((pod) =>
            lineOf([agent?.name, namespace, name, endpoint, audited.namespace, service, pod]),
          ),
        ),
    ),
  );
  const trials = units.flatMap(({ namespace, services, seats, facet }) =>
    cases
      .filter(({ agent, isChosen }) => isChosen && agent !== undefined)
      .flatMap(({ scrape, agent, options }) =>
        services
          .filter((service) => servicesSeenBy(scrape, inventory, options).includes(service))
          // Whether it looks there goes by the operator's version.
          .filter(() => agent?.ignoresNamespaces === false || scrape.namespace === namespace)
          .flatMap((service) =>
            scrape.endpoints.flatMap((_, endpoint) =>
              trialsOf(scrape, endpoint, discoveredBehind(service, inventory), options)
                .filter((trial) => seats.some((seat) => seat.name === trial.target.seat.name))
                .filter((trial) => judged(trial, facet)?.answer === 'yes')
                .map(({ target }) =>
                  lineOf([
                    agent?.name,
                    scrape.namespace,
                    scrape.name,
                    endpoint,
                    namespace,
                    service.name,
                    target.seat.name,
                  ]),
                ),
            ),
          ),
      ),
  );
  return [sorted(readers), sorted(trials)];
}

function lineOf(parts: readonly unknown[]): string {
  return JSON.stringify(parts);
}

function sorted(lines: readonly string[]): string[] {
  return [...new Set(lines)].sort();
}
