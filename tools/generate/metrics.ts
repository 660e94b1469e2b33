import {
  type Definition,
  definitions,
  prometheusLabel,
  prometheusName,
} from '../../src/telemetry/index.ts';
import { table } from './table.ts';

type Label = (typeof definitions)[keyof typeof definitions]['labels'][number];

/** What each label tells. */
const labelWords: Readonly<Record<Label, string>> = {
  webhook: 'Which webhook of the registration was called.',
  kind: 'Of reviews the kind of the object, `other` beside those that are looked at; of unexpected errors where they came up.',
  operation: 'Of reviews `CREATE`, `UPDATE`, …; of scrapes `created`, `updated`, `removed`.',
  component: "The catalogue's name of the component; empty where there is none.",
  outcome:
    'What came of it. Of reviews `patched`, `unchanged`, `ignored` (not ours), `skipped` (no time was left), `error`, `denied`; of writes `ok`, `conflict`, `failed`; of Events `sent`, `known` (told before), `failed`, `dropped`; of certificates `served`, `refused`; of configurations `applied`, `refused`.',
  because: 'What broke: `exception`, `patch-does-not-apply`, `patch-not-idempotent`; or `late`.',
  code: "A finding's code, a status code of HTTP, or the stable code of an error.",
  severity: '`info`, `warning` or `error`.',
  path: 'The path that was asked for, of those that are known.',
  method: 'The method of HTTP.',
  verb: '`get`, `list`, `watch`, `apply`, `create`, `update` or `delete`.',
  host: 'The API server.',
  resource: 'The resource in the plural, such as `services`.',
  how: '`resume` or `relist`.',
  controller: 'Always `vmservicescrape`.',
  result:
    "Of `controller_runtime_…` controller-runtime's words: `success`, `error`, `requeue` (never), `requeue_after`. Else autoscrape's own: `unchanged`, `wrote`, `follows` (another replica writes), `damped` (the scrape keeps changing), `waiting`, `failed`.",
  name: 'Of the queue `vmservicescrape`, of leadership the name of the Lease.',
  priority: '`0` of what changes, `-100` of what was there before and gives way.',
  reason: 'The reason of the Event.',
  state: 'Coverage, see [states.md](states.md).',
  version: 'Of autoscrape.',
  node: 'The version of Node.js.',
  'http.request.method': 'The method of HTTP; `_OTHER` for unusual ones.',
  'url.scheme':
    '`https` for the webhook; for the pages `http`, or `https` where `server.metricsTls` is set.',
  'http.route': 'The path, of those that are known; else empty.',
  'http.response.status_code': 'The status; none where the caller went away.',
  'error.type':
    'The status where it is 500 or more, `abandoned` where the caller went away; else none.',
  'nodejs.eventloop.state': '`active` or `idle`.',
  'v8js.gc.type': '`major`, `minor`, `incremental` or `weakcb`.',
  'v8js.heap.space.name': "V8's name of the space, such as `new_space`.",
};

/** All metrics as a page in Markdown: `docs/metrics.md`. */
export function metricsDocument(): string {
  const rows = Object.values(definitions).map(row);
  const labels = Object.entries(labelWords).map(([label, words]) => [
    `\`${prometheusLabel(label)}\``,
    words,
  ]);
  return `${introduction}
${table(['name', 'type', 'labels', 'what it tells'], rows)}

## Labels

${table(['label', 'what it tells'], labels)}
`;
}

function row(definition: Definition): string[] {
  const { kind, labels, description } = definition;
  const names = labels.map((label) => `\`${prometheusLabel(label)}\``).join(', ');
  return [`\`${prometheusName(definition)}\``, kind, names, description];
}

const introduction = `# Metrics

<!-- Made from src/telemetry/definitions.ts by \`npm run generate\`: change that file, not this one. -->

autoscrape offers its metrics at \`/metrics\` and, where an address is set, sends them by OTLP
([telemetry.md](telemetry.md)). A series has the same name and the same labels on both roads. A scrape adds \`job\` and
\`instance\`; OTLP adds the attributes of the resource: \`service_name\`, \`service_version\`, \`service_instance_id\`,
\`k8s_cluster_uid\`, \`k8s_namespace_name\`, \`k8s_pod_name\`, \`k8s_node_name\`. A scrape has those in \`target_info\`.

No label has the name of an object: their number does not grow with the cluster. A histogram has the series
\`_bucket\`, \`_sum\` and \`_count\`. \`workqueue_…\`, \`controller_runtime_…\`, \`rest_client_…\` and
\`leader_election_master_status\` mean what they mean for controllers written with controller-runtime, \`process_…\` what
it means in Prometheus' client libraries, \`http_…\`, \`nodejs_…\` and \`v8js_…\` what OpenTelemetry's semantic conventions say.
Metrics of what never happened may be absent.

A test compares the labels with those of a controller that runs controller-runtime 0.25. What differs: the bounds of
\`workqueue_queue_duration_seconds\` begin at a microsecond, \`controller_runtime_reconcile_time_seconds\` has a part of
the bounds that it has there, and there are no native histograms.
`;
