/**
 * What autoscrape measures of itself, as data: instruments are made from it, and docs/metrics.md is.
 *
 * The names are those that Prometheus users see, unit and `_total` included, not OpenTelemetry's dotted style: so a
 * series is called the same whether it was scraped, or came by OTLP to a VictoriaMetrics with
 * `-opentelemetry.usePrometheusNaming` (which appends a unit only where the name lacks it) or without. Where
 * controller-runtime has a name for the same thing, it is that one.
 */
export interface Definition {
  readonly name: string;
  readonly kind: 'histogram' | 'counter' | 'gauge';
  /** UCUM, as OpenTelemetry wants it (https://ucum.org/ucum). */
  readonly unit: 's' | 'By' | `{${string}}`;
  readonly description: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[];
}

/** From what an admission costs at rest (0.1 ms) to the largest timeout that we register (2 s). */
const admissionBuckets = [
  0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2,
];

/** As client-go has them for its requests. */
const clientBuckets = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];

/** A part of controller-runtime's: so that dashboards made for those find the same bounds. */
const controllerBuckets = [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60];

const queueBuckets = [1e-6, 1e-5, 1e-4, 0.001, 0.01, 0.1, 1, 10, 100, 1_000];

export const definitions = {
  admissionDuration: {
    name: 'autoscrape_admission_duration_seconds',
    kind: 'histogram',
    unit: 's',
    description:
      'Time from the headers of a review to its answer; its count is the number of reviews.',
    labels: ['webhook', 'kind', 'operation', 'component', 'outcome'],
    buckets: admissionBuckets,
  },
  admissionsInFlight: {
    name: 'autoscrape_admissions_in_flight',
    kind: 'gauge',
    unit: '{request}',
    description: 'Reviews that have come and are not answered yet.',
    labels: [],
  },
  admissionErrors: {
    name: 'autoscrape_admission_errors_total',
    kind: 'counter',
    unit: '{error}',
    description: 'Reviews at which something broke, by what; the object was admitted as it was.',
    labels: ['webhook', 'because'],
  },
  admissionFindings: {
    name: 'autoscrape_admission_findings_total',
    kind: 'counter',
    unit: '{finding}',
    description: 'Findings in reviews.',
    labels: ['webhook', 'code', 'severity'],
  },
  requestsRefused: {
    name: 'autoscrape_requests_refused_total',
    kind: 'counter',
    unit: '{request}',
    description: 'Requests to a webhook that were no review and were turned away, by why.',
    labels: ['path', 'code'],
  },
  requestsAbandoned: {
    name: 'autoscrape_requests_abandoned_total',
    kind: 'counter',
    unit: '{request}',
    description: 'Requests to a webhook whose caller went away before the answer.',
    labels: ['path'],
  },
  connectionsBroken: {
    name: 'autoscrape_connections_broken_total',
    kind: 'counter',
    unit: '{connection}',
    description:
      'Connections on which something else than a whole request came: a handshake that failed, no HTTP, a request that was cut off or took too long.',
    labels: ['code'],
  },
  connectionsDropped: {
    name: 'autoscrape_connections_dropped_total',
    kind: 'counter',
    unit: '{connection}',
    description: 'Connections that were closed at once because there were too many.',
    labels: [],
  },
  certificateExpiry: {
    name: 'autoscrape_certificate_expiry_timestamp_seconds',
    kind: 'gauge',
    unit: 's',
    description:
      'When the certificate that is served expires, in seconds since 1970; absent where none is served.',
    labels: [],
  },
  certificateChanges: {
    name: 'autoscrape_certificate_changes_total',
    kind: 'counter',
    unit: '{change}',
    description: 'Certificates that were taken into service, and those that could not be.',
    labels: ['outcome'],
  },
  configurationChanges: {
    name: 'autoscrape_configuration_changes_total',
    kind: 'counter',
    unit: '{change}',
    description:
      'Changes of the settings or catalogue file, by whether they were applied or refused.',
    labels: ['outcome'],
  },
  unexpectedErrors: {
    name: 'autoscrape_unexpected_errors_total',
    kind: 'counter',
    unit: '{error}',
    description: 'Errors that nothing in autoscrape expected: each is a bug.',
    labels: ['kind'],
  },
  logLinesDropped: {
    name: 'autoscrape_log_lines_dropped_total',
    kind: 'counter',
    unit: '{line}',
    description: 'Log lines that were thrown away because nobody read them fast enough.',
    labels: [],
  },
  exportFailures: {
    name: 'autoscrape_otlp_export_failures_total',
    kind: 'counter',
    unit: '{export}',
    description: 'Exports by OTLP that did not arrive; the next one carries the same sums.',
    labels: [],
  },
  clientRequests: {
    name: 'rest_client_requests_total',
    kind: 'counter',
    unit: '{request}',
    description:
      'Requests to the API server, by status code (or why there is none), method and host.',
    labels: ['code', 'method', 'host'],
  },
  clientDuration: {
    name: 'autoscrape_api_request_duration_seconds',
    kind: 'histogram',
    unit: 's',
    description: 'Time that requests to the API server took; of watches, until they began.',
    labels: ['method', 'resource'],
    buckets: clientBuckets,
  },
  watchEvents: {
    name: 'autoscrape_watch_events_total',
    kind: 'counter',
    unit: '{event}',
    description: 'Events that watches brought.',
    labels: ['resource'],
  },
  watchRestarts: {
    name: 'autoscrape_watch_restarts_total',
    kind: 'counter',
    unit: '{restart}',
    description:
      'Watches that began anew, from where they were (resume) or with a new list (relist).',
    labels: ['resource', 'how'],
  },
  reconciles: {
    name: 'controller_runtime_reconcile_total',
    kind: 'counter',
    unit: '{reconcile}',
    description: 'Services that were looked at, by what came of it.',
    labels: ['controller', 'result'],
  },
  reconcileErrors: {
    name: 'controller_runtime_reconcile_errors_total',
    kind: 'counter',
    unit: '{error}',
    description: 'Services whose scrape could not be made as it should be.',
    labels: ['controller'],
  },
  reconcileDuration: {
    name: 'controller_runtime_reconcile_time_seconds',
    kind: 'histogram',
    unit: 's',
    description: 'Time that looking at a Service took.',
    labels: ['controller'],
    buckets: controllerBuckets,
  },
  queueDepth: {
    name: 'workqueue_depth',
    kind: 'gauge',
    unit: '{key}',
    description: 'Services that wait to be looked at.',
    labels: ['name'],
  },
  queueAdds: {
    name: 'workqueue_adds_total',
    kind: 'counter',
    unit: '{key}',
    description: 'Services that were put into the queue.',
    labels: ['name'],
  },
  queueRetries: {
    name: 'workqueue_retries_total',
    kind: 'counter',
    unit: '{retry}',
    description: 'Services that were put into the queue again after a failure.',
    labels: ['name'],
  },
  queueDuration: {
    name: 'workqueue_queue_duration_seconds',
    kind: 'histogram',
    unit: 's',
    description: 'Time that Services waited in the queue.',
    labels: ['name'],
    buckets: queueBuckets,
  },
  scrapeWrites: {
    name: 'autoscrape_scrape_writes_total',
    kind: 'counter',
    unit: '{write}',
    description: 'Writes of scrapes, by what was written and what came of it.',
    labels: ['operation', 'outcome'],
  },
  events: {
    name: 'autoscrape_events_total',
    kind: 'counter',
    unit: '{event}',
    description: 'Kubernetes Events about Services, by reason and what became of them.',
    labels: ['reason', 'outcome'],
  },
  leader: {
    name: 'leader_election_master_status',
    kind: 'gauge',
    unit: '{leader}',
    description: '1 where this process is the one that writes scrapes, else 0.',
    labels: ['name'],
  },
  buildInfo: {
    name: 'autoscrape_build_info',
    kind: 'gauge',
    unit: '{build}',
    description: 'Always 1; the labels tell the version of autoscrape and of Node.js.',
    labels: ['version', 'node'],
  },
} as const satisfies Readonly<Record<string, Definition>>;
