import { type ClusterInstruments, resources } from '../cluster/index.ts';
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
    answered: (method, resource, outcome, seconds) => {
      const answer = code(outcome);
      requests.add(1, answer, method, host);
      duration.record(seconds, method, resource, answer);
    },
    watched: (resource) => events.add(1, resource),
    reconnected: (resource, how) => restarts.add(1, { resource, how }),
  };
}

/** What the reconciler tells when the metrics are read. */
export interface QueueState {
  readonly depth: number;
  readonly adds: number;
  readonly leads: boolean;
}

/** The Lease by which one of several replicas writes. */
export const leaseName = 'autoscrape';

/** The controller's name in controller-runtime's metrics. */
const controller = 'vmservicescrape';

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
  const byComponent = hot.histogram(definitions.reconcileByComponent);
  const ofController = { controller };
  const ofQueue = { name: controller };
  const ofLease = { name: leaseName };
  const value = (read: (now: QueueState) => number) => () => {
    const now = state();
    return now === undefined ? [] : [{ value: read(now), labels: ofQueue }];
  };
  // From 0, so that the first one is an increase too.
  errors.add(0, ofController);
  retries.add(0, ofQueue);
  gauge(
    meter,
    definitions.queueDepth,
    value(({ depth }) => depth),
  );
  gauge(meter, definitions.leader, () => {
    const now = state();
    return now === undefined ? [] : [{ value: now.leads ? 1 : 0, labels: ofLease }];
  });
  readCounter(meter, definitions.queueAdds, () => state()?.adds ?? 0, ofQueue);
  return {
    reconciled: (result, seconds, component) => {
      reconciles.add(1, controller, results[result]);
      if (result === 'failed') errors.add(1, ofController);
      duration.record(seconds, controller);
      byComponent.record(seconds, component, result);
    },
    waited: (seconds) => waited.record(seconds, controller),
    retried: () => retries.add(1, ofQueue),
    wrote: (operation, outcome, component) => writes.add(1, component, operation, outcome),
    told: (reason, outcome) => events.add(1, { reason, outcome }),
    led: () => {},
  };
}
