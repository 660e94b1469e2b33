/**
 * What autoscrape measures of itself, as data: instruments are made from it, and docs/metrics.md is.
 *
 * The names are those that Prometheus users see, unit and `_total` included, not OpenTelemetry's dotted style: so a
 * series is called the same whether it was scraped, or came by OTLP to a VictoriaMetrics with
 * `-opentelemetry.usePrometheusNaming` (which appends a unit only where the name lacks it) or without. Where
 * controller-runtime or Prometheus' own client libraries have a name for the same thing, it is that one. What the
 * semantic conventions of OpenTelemetry name keeps its dotted name, and is called on both roads as `prometheusName` says.
 */
export interface Definition {
  readonly name: string;
  readonly kind: 'histogram' | 'counter' | 'gauge';
  /** UCUM, as OpenTelemetry wants it (https://ucum.org/ucum). */
  readonly unit: 's' | 'By' | '1' | `{${string}}`;
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

/** https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpserverrequestduration */
const httpBuckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** https://opentelemetry.io/docs/specs/semconv/runtime/v8js-metrics/#metric-v8jsgcduration */
const gcBuckets = [0.01, 0.1, 1, 10];

const queueBuckets = [1e-6, 1e-5, 1e-4, 0.001, 0.01, 0.1, 1, 10, 100, 1_000];

/** https://opentelemetry.io/docs/specs/semconv/runtime/nodejs-metrics/ */
function eventLoopDelay<Statistic extends string>(statistic: Statistic, words: string) {
  return {
    name: `nodejs.eventloop.delay.${statistic}`,
    kind: 'gauge',
    unit: 's',
    description: `${words} delay of the event loop, in the last 10 seconds.`,
    labels: [],
  } as const;
}

/** https://opentelemetry.io/docs/specs/semconv/runtime/v8js-metrics/ */
function heap<What extends string>(what: What, description: string) {
  return {
    name: `v8js.memory.heap.${what}`,
    kind: 'gauge',
    unit: 'By',
    description,
    labels: ['v8js.heap.space.name'],
  } as const;
}

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
    description:
      'Reviews after which the object was admitted as it was although it may be ours: something broke, or the time was over.',
    labels: ['webhook', 'because'],
  },
  admissionFindings: {
    name: 'autoscrape_admission_findings_total',
    kind: 'counter',
    unit: '{finding}',
    description: 'Findings in reviews.',
    labels: ['webhook', 'code', 'severity'],
  },
  httpDuration: {
    name: 'http.server.request.duration',
    kind: 'histogram',
    unit: 's',
    description: 'Time from the headers of an HTTP request to the end of its answer, on all ports.',
    labels: [
      'http.request.method',
      'url.scheme',
      'http.route',
      'http.response.status_code',
      'error.type',
    ],
    buckets: httpBuckets,
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
    description:
      'Exports by OTLP that were dropped because they did not arrive; the next one carries the same sums.',
    labels: [],
  },
  clientRequests: {
    name: 'rest_client_requests_total',
    kind: 'counter',
    unit: '{request}',
    description:
      'Requests to the API server, by status code (`<error>` where there was no answer), method and host.',
    labels: ['code', 'method', 'host'],
  },
  clientDuration: {
    name: 'autoscrape_api_request_duration_seconds',
    kind: 'histogram',
    unit: 's',
    description:
      'Time that requests to the API server took, by verb; of watches, until they began.',
    labels: ['verb', 'resource', 'code'],
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
  reconcileByComponent: {
    name: 'autoscrape_reconcile_duration_seconds',
    kind: 'histogram',
    unit: 's',
    description:
      'The same by component and by what came of it: its count is the number of results, those of `failed` the errors.',
    labels: ['component', 'result'],
    buckets: controllerBuckets,
  },
  queueDepth: {
    name: 'workqueue_depth',
    kind: 'gauge',
    unit: '{key}',
    description: 'Services that wait to be looked at, by priority.',
    labels: ['name', 'controller', 'priority'],
  },
  queueAdds: {
    name: 'workqueue_adds_total',
    kind: 'counter',
    unit: '{key}',
    description: 'Services that were put into the queue.',
    labels: ['name', 'controller'],
  },
  queueRetries: {
    name: 'workqueue_retries_total',
    kind: 'counter',
    unit: '{retry}',
    description: 'Services that were put into the queue again after a failure.',
    labels: ['name', 'controller'],
  },
  queueDuration: {
    name: 'workqueue_queue_duration_seconds',
    kind: 'histogram',
    unit: 's',
    description: 'Time that Services waited in the queue.',
    labels: ['name', 'controller'],
    buckets: queueBuckets,
  },
  scrapeWrites: {
    name: 'autoscrape_scrape_writes_total',
    kind: 'counter',
    unit: '{write}',
    description: 'Writes of scrapes, by what was written and what came of it.',
    labels: ['component', 'operation', 'outcome'],
  },
  watchForbidden: {
    name: 'autoscrape_watch_forbidden',
    kind: 'gauge',
    unit: '{watch}',
    description:
      '1 for each resource that autoscrape may not watch, 0 for the others. Without agents (vmagents, vmsingles) it is not seen who takes a scrape.',
    labels: ['resource'],
  },
  removalsDoubted: {
    name: 'autoscrape_scrape_removals_doubted_total',
    kind: 'counter',
    unit: '{scrape}',
    description:
      'Scrapes that were to be removed, and had to wait until a second list agreed: `many` at once, after a `restart`, or because their Service was gone and its deletion `unseen`.',
    labels: ['because'],
  },
  removalsJudged: {
    name: 'autoscrape_scrape_removals_judged_total',
    kind: 'counter',
    unit: '{scrape}',
    description: 'What became of those: `removed`, or `kept` because a second list did not agree.',
    labels: ['outcome'],
  },
  removalsWaiting: {
    name: 'autoscrape_scrape_removals_waiting',
    kind: 'gauge',
    unit: '{scrape}',
    description: 'Scrapes that are to be removed, and wait until a second list agrees.',
    labels: [],
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
  coverage: {
    name: 'autoscrape_components',
    kind: 'gauge',
    unit: '{component}',
    description:
      'Sets of pods that hold a component, by its state of coverage. Counted in the background, 15 s after a change at the earliest; absent until the cluster was read.',
    labels: ['component', 'state'],
  },
  registrationMisfit: {
    name: 'autoscrape_registration_misfit',
    kind: 'gauge',
    unit: '{registration}',
    description:
      '1 where the registration that the API server has does not fit the catalogue in use, so that components are not sent; else 0. Absent until it was read.',
    labels: ['webhook'],
  },
  webhookReached: {
    name: 'autoscrape_webhook_reached',
    kind: 'gauge',
    unit: '{webhook}',
    description:
      'Whether the API server that the leader talks to reached the webhook when it was last tried (`probe.namespace`): 1 or 0. Absent where it is not tried, or where it can not be told.',
    labels: [],
  },
  buildInfo: {
    name: 'autoscrape_build_info',
    kind: 'gauge',
    unit: '{build}',
    description: 'Always 1; the labels tell the version of autoscrape and of Node.js.',
    labels: ['version', 'node'],
  },
  cpuTime: {
    name: 'process_cpu_seconds_total',
    kind: 'counter',
    unit: 's',
    description: 'Processor time that the process took.',
    labels: [],
  },
  residentMemory: {
    name: 'process_resident_memory_bytes',
    kind: 'gauge',
    unit: 'By',
    description: 'Memory of the process that is in RAM.',
    labels: [],
  },
  startTime: {
    name: 'process_start_time_seconds',
    kind: 'gauge',
    unit: 's',
    description: 'When the process started, in seconds since 1970.',
    labels: [],
  },
  eventLoopUtilization: {
    name: 'nodejs.eventloop.utilization',
    kind: 'gauge',
    unit: '1',
    description: 'Part of the last 10 seconds in which the event loop was busy, from 0 to 1.',
    labels: [],
  },
  eventLoopTime: {
    name: 'nodejs.eventloop.time',
    kind: 'counter',
    unit: 's',
    description: 'Time that the event loop was busy (`active`) and had nothing to do (`idle`).',
    labels: ['nodejs.eventloop.state'],
  },
  eventLoopDelayMin: eventLoopDelay('min', 'The shortest'),
  eventLoopDelayMax: eventLoopDelay('max', 'The longest'),
  eventLoopDelayMean: eventLoopDelay('mean', 'The mean'),
  eventLoopDelayStddev: eventLoopDelay('stddev', 'The standard deviation of the'),
  eventLoopDelayP50: eventLoopDelay('p50', 'The median'),
  eventLoopDelayP90: eventLoopDelay('p90', 'The 90th percentile of the'),
  eventLoopDelayP99: eventLoopDelay('p99', 'The 99th percentile of the'),
  gcDuration: {
    name: 'v8js.gc.duration',
    kind: 'histogram',
    unit: 's',
    description: 'Time that garbage collections took, by type.',
    labels: ['v8js.gc.type'],
    buckets: gcBuckets,
  },
  heapLimit: heap('limit', 'Size to which a space of the heap has grown by now.'),
  heapUsed: heap('used', 'Memory in use in a space of the heap.'),
  heapAvailable: heap('space.available_size', 'Memory that is free in a space of the heap.'),
  heapPhysical: heap('space.physical_size', 'Memory of a space of the heap that the system gave.'),
} as const satisfies Readonly<Record<string, Definition>>;
