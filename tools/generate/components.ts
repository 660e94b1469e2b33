import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { parse } from 'yaml';
import {
  builtInCatalogue,
  type Dialect,
  type Entry,
  type Facet,
} from '../../src/catalogue/index.ts';
import { type Alert, sampleAlerts } from './alerts.ts';
import { table } from './table.ts';

/** Names of metrics, by dialect and component. */
export type KeyMetrics = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;

/** `docs/components.md`: what each component serves, as the built-in catalogue has it. */
export function componentsDocument(): string {
  const { dialects } = builtInCatalogue();
  return [
    introduction,
    ...dialects.flatMap(dialectSection),
    watching,
    ...watchedSections(dialects, keyMetrics(), componentAlerts()),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

/** The metrics worth watching that `multigres.yaml` names. The compiled catalogue has none: no look-up needs them. */
export function keyMetrics(): KeyMetrics {
  const file = new URL('../../src/catalogue/multigres.yaml', import.meta.url);
  const { dialects } = v.parse(keyMetricsSchema, parse(readFileSync(file, 'utf8')));
  return new Map(
    dialects.map(({ name, entries }) => [
      name,
      new Map(
        entries.flatMap(({ facets }) =>
          facets.map((facet): [string, string[]] => [facet.component, facet.keyMetrics]),
        ),
      ),
    ]),
  );
}

/** The alerts of the sample that ask for what components serve, not for what autoscrape does. */
export function componentAlerts(): readonly Alert[] {
  return sampleAlerts().filter(({ group }) => group === 'multigres-components');
}

/** What of the file matters here: its form as a whole is checked where it is compiled. */
const keyMetricsSchema = v.object({
  dialects: v.array(
    v.object({
      name: v.string(),
      entries: v.array(
        v.object({
          facets: v.array(
            v.object({ component: v.string(), keyMetrics: v.optional(v.array(v.string()), []) }),
          ),
        }),
      ),
    }),
  ),
});

const introduction = `# What the components serve

<!-- Made from src/catalogue/multigres.yaml by \`npm run generate\`: change that file, not this one. -->

Where the metrics of each component are, in each dialect: how one version of the operator labels and exposes it
([catalogue.md](catalogue.md)). The setting \`components\` overrides each ([settings.md](settings.md)).

- _scraped_: autoscrape makes a scrape of the endpoint.
- _pushed_: the component sends them by OTLP once it is told to, and is \`silent\` until then. Where to:
  \`OTEL_EXPORTER_OTLP_METRICS_ENDPOINT\` or \`OTEL_EXPORTER_OTLP_ENDPOINT\`. Its own port answers \`/metrics\` with an HTML
  page and is never scraped.
- _nothing_: it has no metrics, and no setting would change that.

VictoriaMetrics takes OTLP over HTTP with protobuf, which is what Multigres speaks unless it is told \`grpc\`
(\`OTEL_EXPORTER_OTLP_PROTOCOL\`); for that an OpenTelemetry Collector has to stand between.
[receivers.md](receivers.md) has the addresses.

In \`spec.observability\` of a MultigresCluster \`otlpMetricsEndpoint\` is a whole address; to \`otlpEndpoint\` the
component adds \`/v1/metrics\`. With either, \`metricsExporter\` has to be \`otlp\`: where it is not set, and the
operator's own environment has no \`OTEL_METRICS_EXPORTER\`, nothing is pushed. \`otlpMetricsEndpoint\` is there since
operator v0.11.0, the rest since v0.1.0. [push.md](push.md) has how to set them.
`;

const watching = `## Metrics worth watching

Most of what goes wrong shows in these first. _alert_: one of
[deploy/samples/vmrule.yaml](../deploy/samples/vmrule.yaml) asks for it; [runbook.md](runbook.md) says what to do.
What is scraped has \`up\` besides, the metric of the alert [MultigresTargetDown](runbook.md#multigrestargetdown).

Names are those that VictoriaMetrics shows. What is pushed has another name at its source, in the words of
OpenTelemetry: with \`-opentelemetry.usePrometheusNaming\`, as the samples have it, dots become \`_\`, the unit is added,
and a counter ends in \`_total\` (\`mg.gateway.query.duration\` is \`mg_gateway_query_duration_seconds\`). Without it the
dots stay. Histograms are named without \`_bucket\`, \`_count\` and \`_sum\`. A counter or a histogram is there from the
first event on. Of the names that several components push \`service_name\` tells whose it is.

What is pushed carries, as the programs of operator 39a7efc sent it in November 2026: \`service_name\`,
\`service_instance_id\` (a cell and a random part: neither pod nor namespace), \`cloud_availability_zone\`,
\`multigres_project\`, \`multigres_cluster\`, \`multigres_component\`. multiadmin gets no \`OTEL_RESOURCE_ATTRIBUTES\` from its
operator: its series name no cluster. With several clusters in one store, let each MultigresCluster send to a VMAgent of
its own with \`externalLabels\`. pgctld, the container \`postgres\` of
a pool's pods, pushes as well, with \`multigres_component="pgctld"\`.

The names are from the sources. Of \`operator\`: multigres 66d2310 (2026-08-18), the image of operator 39a7efc, and
postgres-exporter v0.20.1; earlier versions have fewer. Of \`operator-2025-11\`: multigres 08a6cd7 (2025-11-14); that
operator names its images without a version, so later ones may run, with other names. Of \`draft\` only those of etcd
are known.
`;

function dialectSection({ name, ownerGroups, entries }: Dialect): string[] {
  return [
    `## Dialect \`${name}\``,
    '',
    `Owners of the API group ${ownerGroups.map(code).join(', ')}.`,
    '',
    table(
      ['component', 'label', 'metrics', 'format', 'endpoint and port', 'to make it push'],
      entries.flatMap((entry) => entry.facets.map((facet) => row(entry, facet))),
    ),
    '',
  ];
}

function row({ labels }: Entry, facet: Facet): string[] {
  const { component, serves, setting = '', optional } = facet;
  const how = { scrape: 'scraped', otlp: 'pushed', nothing: 'nothing' }[serves];
  const format = { scrape: 'Prometheus text', otlp: 'OTLP over HTTP', nothing: '' }[serves];
  const only = optional ? ', where its pods have it' : '';
  return [component, code(labels.component), `${how}${only}`, format, endpointOf(facet), setting];
}

function endpointOf({ serves, port, path, interval, instead }: Facet): string {
  const own = `\`${port.name}\` ${port.number}`;
  if (serves === 'nothing') return `${own} has no metrics`;
  if (serves === 'otlp') return `the OTLP endpoint that it is told; ${own} has no metrics`;
  const usual = `${own}, \`${path}\`, every ${interval}`;
  if (instead === undefined) return usual;
  return `${usual}; container port \`${instead.targetPort}\` where \`${instead.env}\` starts with \`${instead.prefix}\``;
}

/** A section for each component, with one list for the dialects in which it has the same metrics. */
function watchedSections(
  dialects: readonly Dialect[],
  known: KeyMetrics,
  alerts: readonly Alert[],
): string[] {
  const facets = dialects.flatMap(({ name, entries }) =>
    entries.flatMap((entry) =>
      entry.facets.map(({ component, serves }) => ({
        dialect: name,
        component,
        serves,
        metrics: known.get(name)?.get(component) ?? [],
      })),
    ),
  );
  const measured = facets.filter(({ serves }) => serves !== 'nothing');
  return [...Map.groupBy(measured, ({ component }) => component)].flatMap(([component, its]) => [
    `### ${component}`,
    '',
    ...[...Map.groupBy(its, ({ metrics }) => metrics.join())].flatMap(([, [first, ...same]]) =>
      first === undefined
        ? []
        : watchedList(
            [first, ...same].map((it) => it.dialect),
            first.metrics,
            alerts,
          ),
    ),
  ]);
}

function watchedList(
  dialects: readonly string[],
  metrics: readonly string[],
  alerts: readonly Alert[],
): string[] {
  const where = `In ${dialects
    .map(code)
    .join(', ')
    .replace(/, ([^,]+)$/, ' and $1')}:`;
  if (metrics.length === 0) return [`${where} none is known.`, ''];
  return [where, '', ...metrics.map((metric) => `- ${code(metric)}${asking(metric, alerts)}`), ''];
}

function asking(metric: string, alerts: readonly Alert[]): string {
  const links = alerts
    .filter(({ expr }) => asksFor(expr, metric))
    .map(({ alert }) => `[${alert}](runbook.md#${alert.toLowerCase()})`);
  return links.length === 0 ? '' : `, alert ${links.join(', ')}`;
}

/** Whether an expression has the metric, or a series of it where it is a histogram. */
function asksFor(expr: string, metric: string): boolean {
  return new RegExp(`(?<![\\w:])${metric}(?:_bucket|_count|_sum)?(?![\\w:])`).test(expr);
}

function code(text: string): string {
  return `\`${text}\``;
}
