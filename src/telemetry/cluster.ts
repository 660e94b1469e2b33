import { type ClusterInstruments, methods, resources } from '../cluster/api/index.ts';
import type { ReconcileResult, ReconcilerInstruments } from '../reconciler/index.ts';
import { definitions } from './definitions.ts';
import { boundedValues, counter, gauge, readCounter } from './instruments.ts';
import type { Telemetry } from './start.ts';

/** Written, and never watched. */
const unwatched: ReadonlySet<string> = new Set([
  'leases',
  'events',
  'tokenreviews',
  'subjectaccessreviews',
]);

/** client-go's word for the code of a request without an answer (`tools/metrics`, and `rest/request.go`). */
const noAnswer = '<error>';

/** Instruments of the way to the API server. */
export function clusterInstruments(
  { meter, hot }: Pick<Telemetry, 'meter' | 'hot'>,
  host: string,
): ClusterInstruments {
  const requests = hot.counter(definitions.clientRequests);
  const duration = hot.histogram(definitions.clientDuration);
  const events = hot.counter(definitions.watchEvents);
  const restarts = counter(meter, definitions.watchRestarts);
  const code = boundedValues(64);
  for (const { plural } of Object.values(resources)) {
    if (unwatched.has(plural)) continue;
    for (const how of ['resume', 'relist']) restarts.add(0, { resource: plural, how });
  }
  return {
    answered: (verb, resource, outcome, seconds) => {
      const answer = code(outcome);
      requests.add(1, /^\d/.test(answer) ? answer : noAnswer, methods[verb], host);
      duration.record(seconds, verb, resource, answer);
    },
    watched: (resource) => events.add(1, resource),
    reconnected: (resource, how) => restarts.add(1, { resource, how }),
  };
}

/** What the reconciler tells when the metrics are read. */
export interface QueueState {
  /** Keys that wait, and how many of them behind all others. */
  readonly depth: number;
  readonly later: number;
  readonly adds: number;
  readonly leads: boolean;
  /** Scrapes whose removal waits for a second list. */
  readonly removals: number;
  /** Whether each resource may not be watched. */
  readonly forbidden: ReadonlyMap<string, boolean>;
}

/** The Lease by which one of several replicas writes. */
export const leaseName = 'autoscrape';

/** The controller's name in controller-runtime's metrics. */
const controller = 'vmservicescrape';

/** controller-runtime's `handler.LowPriority`: of what was there before, which gives way to what changes. */
const lowPriority = '-100';

/** controller-runtime's words for what came of a reconciliation. */
const results: Readonly<Record<ReconcileResult, 'success' | 'error' | 'requeue_after'>> = {
  unchanged: 'success',
  wrote: 'success',
  follows: 'success',
  damped: 'requeue_after',
  waiting: 'requeue_after',
  failed: 'error',
};

/** Instruments of the reconciler; those of its queue and leadership ask for their values when they are read. */
export function reconcilerInstruments(
  { meter, hot }: Pick<Telemetry, 'meter' | 'hot'>,
  state: () => QueueState | undefined,
): ReconcilerInstruments {
  const reconciles = hot.counter(definitions.reconciles);
  const errors = counter(meter, definitions.reconcileErrors);
  const duration = hot.histogram(definitions.reconcileDuration);
  const waited = hot.histogram(definitions.queueDuration);
  const retries = counter(meter, definitions.queueRetries);
  const writes = hot.counter(definitions.scrapeWrites);
  const events = counter(meter, definitions.events);
  const doubted = counter(meter, definitions.removalsDoubted);
  const judged = counter(meter, definitions.removalsJudged);
  const byComponent = hot.histogram(definitions.reconcileByComponent);
  const ofController = { controller };
  const ofQueue = { name: controller, controller };
  const ofLease = { name: leaseName };
  // From 0, so that the first one is an increase too.
  errors.add(0, ofController);
  retries.add(0, ofQueue);
  for (const result of ['success', 'error', 'requeue', 'requeue_after'])
    reconciles.add(0, controller, result);
  for (const because of ['many', 'restart', 'unseen']) doubted.add(0, { because });
  for (const outcome of ['removed', 'kept']) judged.add(0, { outcome });
  gauge(meter, definitions.queueDepth, () => {
    const now = state();
    if (now === undefined) return [];
    return [
      { value: now.depth - now.later, labels: { ...ofQueue, priority: '0' } },
      { value: now.later, labels: { ...ofQueue, priority: lowPriority } },
    ];
  });
  gauge(meter, definitions.leader, () => {
    const now = state();
    return now === undefined ? [] : [{ value: now.leads ? 1 : 0, labels: ofLease }];
  });
  gauge(meter, definitions.watchForbidden, () =>
    [...(state()?.forbidden ?? [])].map(([resource, forbidden]) => ({
      value: forbidden ? 1 : 0,
      labels: { resource },
    })),
  );
  gauge(meter, definitions.removalsWaiting, () => {
    const now = state();
    return now === undefined ? [] : [{ value: now.removals, labels: {} }];
  });
  readCounter(meter, definitions.queueAdds, () => state()?.adds ?? 0, ofQueue);
  return {
    reconciled: (result, seconds, component) => {
      reconciles.add(1, controller, results[result]);
      if (result === 'failed') errors.add(1, ofController);
      duration.record(seconds, controller);
      byComponent.record(seconds, component, result);
    },
    waited: (seconds) => waited.record(seconds, controller, controller),
    retried: () => retries.add(1, ofQueue),
    wrote: (operation, outcome, component) => writes.add(1, component, operation, outcome),
    told: (reason, outcome) => events.add(1, { reason, outcome }),
    doubted: (because, scrapes) => doubted.add(scrapes, { because }),
    judged: (outcome, scrapes) => judged.add(scrapes, { outcome }),
    led: () => {},
  };
}
