import type { Attributes, Counter, Histogram, Meter } from '@opentelemetry/api';
import { routes } from '../admission/index.ts';
import { type Definition, definitions } from './definitions.ts';
import type { HotInstruments } from './hot.ts';

/** A counter as its definition says. */
export function counter(meter: Meter, { name, unit, description }: Definition): Counter {
  return meter.createCounter(name, { unit, description });
}

/** A histogram as its definition says. */
export function histogram(meter: Meter, definition: Definition): Histogram {
  const { name, unit, description, buckets = [] } = definition;
  return meter.createHistogram(name, {
    unit,
    description,
    advice: { explicitBucketBoundaries: [...buckets] },
  });
}

/** One value of a gauge, with its labels. */
export interface GaugeValue {
  readonly value: number;
  readonly labels: Attributes;
}

/** A gauge that is asked for its values when it is read; it has none where there is nothing to say. */
export function gauge(
  meter: Meter,
  { name, unit, description }: Definition,
  read: () => readonly GaugeValue[],
): void {
  meter.createObservableGauge(name, { unit, description }).addCallback((result) => {
    for (const { value, labels } of read()) result.observe(value, labels);
  });
}

/** A counter that is asked for its sum when it is read. */
export function readCounter(
  meter: Meter,
  { name, unit, description }: Definition,
  read: () => number,
  labels: Attributes = {},
): void {
  const counter = meter.createObservableCounter(name, { unit, description });
  counter.addCallback((result) => result.observe(read(), labels));
}

/** A label's value of which there could be too many: the first `most` are kept, the rest is `other`. */
export function boundedValues(most: number): (value: string) => string {
  const known = new Set<string>();
  return (value) => {
    if (known.has(value)) return value;
    if (known.size >= most) return 'other';
    known.add(value);
    return value;
  };
}

/** Instruments of the admission path. */
export interface AdmissionInstruments {
  readonly answered: (record: AnsweredReview, seconds: number) => void;
}

/** What of an admission's record the metrics tell: closed sets all, but for the catalogue's components. */
export interface AnsweredReview {
  readonly webhook: string;
  readonly kind: string;
  readonly operation: string;
  readonly component: string;
  readonly outcome: string;
  readonly because: string;
  readonly findings: readonly { readonly code: string; readonly severity: string }[];
}

/** Why an object is admitted as it is although it may be ours. */
const unlooked = ['exception', 'patch-does-not-apply', 'patch-not-idempotent', 'late'] as const;

/** The admission path's instruments: one measurement for each review, more only where something is wrong. */
export function admissionInstruments(meter: Meter, hot: HotInstruments): AdmissionInstruments {
  const duration = hot.histogram(definitions.admissionDuration);
  const errors = counter(meter, definitions.admissionErrors);
  const findings = counter(meter, definitions.admissionFindings);
  // From 0, so that the first one is an increase too.
  for (const { webhook } of Object.values(routes))
    for (const because of unlooked) errors.add(0, { webhook, because });
  errors.add(0, { webhook: routes.clusters.webhook, because: 'fields-unknown' });
  return {
    answered: (record, seconds) => {
      const { webhook, kind, operation, component, outcome, because } = record;
      duration.record(seconds, webhook, kind, operation, component, outcome);
      if (outcome === 'error' || outcome === 'skipped') errors.add(1, { webhook, because });
      for (const { code, severity } of record.findings)
        findings.add(1, { webhook, code, severity });
    },
  };
}

/** A status as a label; empty where there is none. */
function statusText(status: number): string {
  return status === 0 ? '' : String(status);
}

/**
 * What went wrong with a request: the status where it is the server's fault
 * (https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpserverrequestduration, `error.type`).
 */
function errorType(status: number, code: string): string {
  if (status === 0) return 'abandoned';
  return status < 500 ? '' : code;
}

/** Instruments of the server and the process. */
export interface ServerInstruments {
  /** A request was answered, with a status; 0 where its caller went away before. */
  readonly requested: (
    method: string,
    scheme: string,
    route: string,
    status: number,
    seconds: number,
  ) => void;
  readonly refused: (path: string, code: string) => void;
  readonly abandoned: (path: string) => void;
  readonly broken: (code: string) => void;
  readonly dropped: () => void;
  readonly certificateChanged: (outcome: 'served' | 'refused') => void;
  readonly configurationChanged: (outcome: 'applied' | 'refused') => void;
  readonly unexpected: (kind: 'exception' | 'rejection' | 'request') => void;
}

/** The server's instruments. */
export function serverInstruments(meter: Meter, hot: HotInstruments): ServerInstruments {
  const requests = hot.histogram(definitions.httpDuration);
  const refused = counter(meter, definitions.requestsRefused);
  const abandoned = counter(meter, definitions.requestsAbandoned);
  const broken = counter(meter, definitions.connectionsBroken);
  const dropped = counter(meter, definitions.connectionsDropped);
  const certificates = counter(meter, definitions.certificateChanges);
  const configurations = counter(meter, definitions.configurationChanges);
  const unexpected = counter(meter, definitions.unexpectedErrors);
  // OpenSSL and the HTTP parser have hundreds of codes.
  const brokenCode = boundedValues(32);
  // What is rare begins at 0, so that the first one is an increase too.
  dropped.add(0);
  for (const outcome of ['served', 'refused']) certificates.add(0, { outcome });
  for (const kind of ['exception', 'rejection', 'request']) unexpected.add(0, { kind });
  for (const outcome of ['applied', 'refused']) configurations.add(0, { outcome });
  return {
    requested: (method, scheme, route, status, seconds) => {
      const code = statusText(status);
      requests.record(seconds, method, scheme, route, code, errorType(status, code));
    },
    refused: (path, code) => refused.add(1, { path, code }),
    abandoned: (path) => abandoned.add(1, { path }),
    broken: (code) => broken.add(1, { code: brokenCode(code) }),
    dropped: () => dropped.add(1),
    certificateChanged: (outcome) => certificates.add(1, { outcome }),
    configurationChanged: (outcome) => configurations.add(1, { outcome }),
    unexpected: (kind) => unexpected.add(1, { kind }),
  };
}
