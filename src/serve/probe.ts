import type { AdmissionRecord } from '../admission/index.ts';
import { type Catalogue, type Entry, standardLabels } from '../catalogue/index.ts';
import { type Client, field, resources } from '../cluster/api/index.ts';
import type { ReadinessCheck } from '../ground/check.ts';
import type { Clock } from '../ground/clock.ts';
import type { Log } from '../ground/log.ts';
import type { Settings } from '../settings/index.ts';
import type { GaugeValue } from '../telemetry/index.ts';

/** What is known of whether the API server reaches the webhook. */
export type Reached = 'yes' | 'no' | { readonly unknown: string };

/** Tries now and then whether the API server reaches the webhook. */
export interface Probe {
  /** For `autoscrape_webhook_reached`; empty where it was not tried, or where it can't be told. */
  readonly values: () => readonly GaugeValue[];
  /** For the readiness detail: a line where the webhook is not reached, or where that can't be told. */
  readonly waiting: () => readonly ReadinessCheck[];
  /** True for the review of the probe's own Service: it is nobody's admission. */
  readonly isOwn: (record: Pick<AdmissionRecord, 'dryRun' | 'namespace' | 'name'>) => boolean;
  readonly stop: () => void;
}

export interface ProbeOptions {
  readonly settings: Settings['probe'];
  /** Which labels admission adds: at least one of them has to show that it was asked. */
  readonly labels: () => Settings['labels'];
  readonly catalogue: () => Catalogue;
  /** Undefined while there is no way to the API server. */
  readonly client: () => Pick<Client, 'tryCreate'> | undefined;
  readonly leads: () => boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/** The name of the Service that is never stored. */
const name = 'autoscrape-probe';

/** Milliseconds to the first try, and to the next where nobody leads yet. */
const first = 5_000;

/**
 * Has the API server admit a Service that stands for a component and lacks labels, as a dry run, and looks whether they
 * are there in the answer: only the webhook adds them, by whichever replica. The webhook fails open, so nothing else
 * shows that a firewall or an overlay network keeps the API server from reaching it.
 *
 * Only the API server that answers is tried, of several behind one address. What anybody else refuses, or what fails
 * otherwise, is not known.
 */
export function probeWebhook(options: ProbeOptions): Probe {
  const { settings, client, leads, clock, log } = options;
  const { namespace, every } = settings;
  let reached: Reached | undefined;
  let stopped = false;
  let cancel = (): void => {};

  const next = (ms: number): void => {
    if (!stopped) cancel = clock.after(ms, () => void look());
  };
  const look = async (): Promise<void> => {
    const api = client();
    if (api === undefined || namespace === undefined || !leads()) {
      reached = undefined;
      next(first);
      return;
    }
    const found = await tryOnce(api, namespace, options);
    if (stopped) return;
    if (textOf(found) !== textOf(reached)) tell(found);
    reached = found;
    next(every);
  };
  const tell = (found: Reached): void => {
    const fields = { namespace };
    if (found === 'yes') log.info(fields, 'the API server reaches the webhook');
    else if (found === 'no') log.warn({ ...fields, fix: howToReach }, notReached);
    else log.warn({ ...fields, because: found.unknown }, notKnown);
  };
  if (namespace !== undefined) next(first);
  return {
    values: () =>
      reached === 'yes' || reached === 'no'
        ? [{ value: reached === 'yes' ? 1 : 0, labels: {} }]
        : [],
    waiting: () => lineOf(reached),
    isOwn: (record) => record.dryRun && record.namespace === namespace && record.name === name,
    stop: () => {
      stopped = true;
      cancel();
    },
  };
}

const notReached = 'the API server does not reach the webhook: what is created is not looked at';
const notKnown = 'whether the API server reaches the webhook is not known';
const howToReach =
  "let the control plane reach the webhook's port: docs/runbook.md#autoscrapenotreached says how in each cloud";

function textOf(reached: Reached | undefined): string {
  return typeof reached === 'object' ? reached.unknown : String(reached);
}

function lineOf(reached: Reached | undefined): ReadinessCheck[] {
  if (reached === undefined || reached === 'yes') return [];
  const message = reached === 'no' ? notReached : `${notKnown}: ${reached.unknown}`;
  return [{ name: 'reached', ok: false, message: `${message} (one API server was asked)` }];
}

/** Tries it once. Never rejects. */
async function tryOnce(
  client: Pick<Client, 'tryCreate'>,
  namespace: string,
  { catalogue, labels }: Pick<ProbeOptions, 'catalogue' | 'labels'>,
): Promise<Reached> {
  const { partOf, dialects } = catalogue();
  const [entry] = dialects.flatMap(({ entries }) => entries);
  if (entry === undefined) return { unknown: 'the catalogue has no component' };
  const missing = missingLabels(entry, labels());
  if (missing.size === 0) return { unknown: 'labels.name and labels.instance are switched off' };
  const answer = await client.tryCreate(
    resources.services,
    namespace,
    probeService(namespace, partOf, entry),
  );
  if (!answer.ok) return { unknown: answer.error.message };
  const found = field(field(answer.value, 'metadata'), 'labels');
  return [...missing].some(([key, value]) => field(found, key) === value) ? 'yes' : 'no';
}

/** The labels that admission adds to the probe's Service. */
function missingLabels({ labels }: Entry, adds: Settings['labels']): ReadonlyMap<string, string> {
  return new Map([
    ...(adds.name ? ([[standardLabels.name, labels.name]] as const) : []),
    ...(adds.instance ? ([[standardLabels.instance, name]] as const) : []),
  ]);
}

/** A headless Service: an API server takes no address for it, also not for a moment. */
function probeService(namespace: string, partOf: string, { labels, facets }: Entry): object {
  const number = facets[0]?.port.number ?? 80;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      namespace,
      name,
      labels: {
        [standardLabels.partOf]: partOf,
        [standardLabels.component]: labels.component,
      },
    },
    spec: {
      clusterIP: 'None',
      selector: { 'autoscrape.multigres.com/probe': 'nothing' },
      ports: [{ name: 'probe', port: number }],
    },
  };
}
