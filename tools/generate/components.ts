import {
  builtInCatalogue,
  type Dialect,
  type Entry,
  type Facet,
} from '../../src/catalogue/index.ts';
import { table } from './table.ts';

/** Metrics that tell most about a component, by what serves them. */
const worthWatching: ReadonlyMap<string, readonly string[]> = new Map([
  [
    'etcd',
    [
      'etcd_server_has_leader',
      'etcd_server_leader_changes_seen_total',
      'etcd_server_proposals_failed_total',
      'etcd_disk_wal_fsync_duration_seconds',
      'etcd_disk_backend_commit_duration_seconds',
      'etcd_network_peer_round_trip_time_seconds',
      'etcd_mvcc_db_total_size_in_bytes',
      'grpc_server_handled_total',
    ],
  ],
  [
    'postgres-exporter',
    [
      'pg_up',
      'pg_stat_activity_count',
      'pg_stat_database_xact_commit',
      'pg_stat_database_deadlocks',
      'pg_replication_lag_seconds',
      'pg_database_size_bytes',
    ],
  ],
]);

/** `docs/components.md`: what each component serves, as the built-in catalogue has it. */
export function componentsDocument(): string {
  const catalogue = builtInCatalogue();
  const watched = [...worthWatching].flatMap(([component, metrics]) => [
    `### ${component}`,
    '',
    ...metrics.map((metric) => `- \`${metric}\``),
    '',
  ]);
  return [
    introduction,
    ...catalogue.dialects.flatMap(dialectSection),
    '## Metrics worth watching',
    '',
    'Those that the alerts of [deploy/samples/vmrule.yaml](../deploy/samples/vmrule.yaml) ask for, and what is looked at next',
    '([runbook.md](runbook.md)). What components push is named by them, in the words of OpenTelemetry.',
    '',
    ...watched,
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

const introduction = `# What the components serve

<!-- Made from src/catalogue/multigres.yaml by \`npm run generate\`: change that file, not this one. -->

Where the metrics of each component are, in each dialect: how one version of the operator labels and exposes it
([catalogue.md](catalogue.md)). _scraped_: autoscrape makes a scrape. _pushed_: the component sends them by OTLP once
it is told to, and is \`silent\` until then; its port answers \`/metrics\` with an HTML page and is never scraped.
_nothing_: it has no metrics, and no setting would change that. The setting \`components\` overrides each
([settings.md](settings.md)).
`;

function dialectSection({ name, ownerGroups, entries }: Dialect): string[] {
  return [
    `## Dialect \`${name}\``,
    '',
    `Owners of the API group ${ownerGroups.map((group) => `\`${group}\``).join(', ')}.`,
    '',
    table(
      ['component', 'label', 'metrics', 'endpoint', 'to make it push'],
      entries.flatMap((entry) => entry.facets.map((facet) => row(entry, facet))),
    ),
    '',
  ];
}

function row({ labels }: Entry, facet: Facet): string[] {
  const { component, serves, setting, optional } = facet;
  const where = serves === 'scrape' ? endpointOf(facet) : '';
  const how = { scrape: 'scraped, Prometheus format', otlp: 'pushed by OTLP', nothing: 'nothing' };
  const only = optional ? '; where its pods have it' : '';
  return [component, `\`${labels.component}\``, `${how[serves]}${only}`, where, setting ?? ''];
}

function endpointOf({ port, path, interval, instead }: Facet): string {
  const usual = `\`${port.name}\` ${port.number}, \`${path}\`, every ${interval}`;
  if (instead === undefined) return usual;
  return `${usual}; container port \`${instead.targetPort}\` where \`${instead.env}\` starts with \`${instead.prefix}\``;
}
