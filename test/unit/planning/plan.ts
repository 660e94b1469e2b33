import { builtInCatalogue } from '../../../src/catalogue/index.ts';
import { type KubernetesObject, parseObject } from '../../../src/kubernetes/index.ts';
import {
  asStored,
  noEvidence,
  type PlanContext,
  planAll,
  wantedScrapes,
} from '../../../src/planning/index.ts';
import type { PipelineSettings } from '../../../src/settings/index.ts';
import { defaultPipelineSettings } from '../../../src/settings/types.ts';
import { inventoryOf } from '../inventory/build.ts';

/** Components as a planner sees them: each object with no more than what matters to a test. */

type Plain = Readonly<Record<string, unknown>>;

/** A context that knows these objects and no others. */
export function contextOf(
  objects: readonly KubernetesObject[],
  settings: PipelineSettings = defaultPipelineSettings,
  ownerIsGone: (uid: string) => boolean = () => false,
): PlanContext {
  const inventory = inventoryOf(...objects);
  // Whoever shows one agent shows all.
  if (objects.some(({ kind }) => kind === 'VMAgent' || kind === 'VMSingle')) {
    inventory.markKnown('VMAgent');
    inventory.markKnown('VMSingle');
  }
  return {
    catalogue: builtInCatalogue(),
    settings,
    inventory,
    ownerIsGone,
    evidence: noEvidence,
  };
}

/** The same context with the scrapes that are wanted in it, as after a reconciliation. */
export function reconciled(context: PlanContext): PlanContext {
  for (const wanted of wantedScrapes(planAll(context))) {
    const stored = asStored(wanted);
    if (stored !== undefined) context.inventory.put(stored);
  }
  return context;
}

export function made(value: Plain): KubernetesObject {
  const object = parseObject(value);
  if (object === undefined) throw new Error('the object of a test does not parse');
  return object;
}

export const etcdLabels = {
  'app.kubernetes.io/name': 'etcd',
  'app.kubernetes.io/component': 'etcd',
  'app.kubernetes.io/part-of': 'multigres',
};

export const poolerLabels = {
  'app.kubernetes.io/name': 'multipooler',
  'app.kubernetes.io/component': 'pooler',
};

export const orchLabels = {
  'app.kubernetes.io/name': 'multigres',
  'app.kubernetes.io/component': 'multiorch',
  'app.kubernetes.io/part-of': 'multigres',
};

export const poolLabels = {
  'app.kubernetes.io/name': 'multigres',
  'app.kubernetes.io/component': 'shard-pool',
  'app.kubernetes.io/part-of': 'multigres',
};

export interface ServiceParts {
  readonly namespace?: string;
  readonly uid?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly owner?: Plain;
  readonly spec?: Plain;
  readonly deleting?: boolean;
}

/** A Service; `app: <name>` selects its pods. */
export function service(name: string, parts: ServiceParts = {}): KubernetesObject {
  const {
    namespace = 'shop',
    uid = `uid-${name}`,
    labels = {},
    owner,
    spec = {},
    deleting,
  } = parts;
  return made({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      namespace,
      name,
      uid,
      labels,
      ownerReferences: owner === undefined ? [] : [{ controller: true, ...owner }],
      ...(deleting === true ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: { selector: { app: name }, ...spec },
  });
}

export interface WorkloadParts {
  readonly kind?: 'StatefulSet' | 'Deployment';
  readonly labels?: Readonly<Record<string, string>>;
  readonly podLabels?: Readonly<Record<string, string>>;
  readonly container?: Plain;
}

/** A workload; its pods are labelled `app: <name>`. */
export function workload(name: string, parts: WorkloadParts = {}): KubernetesObject {
  const { kind = 'StatefulSet', labels = {}, podLabels = {}, container = {} } = parts;
  return made({
    apiVersion: 'apps/v1',
    kind,
    metadata: { namespace: 'shop', name, labels },
    spec: {
      template: {
        metadata: { labels: { app: name, ...podLabels } },
        spec: { containers: [{ name: 'main', image: 'x', ...container }] },
      },
    },
  });
}

export function scrape(name: string, spec: Plain, metadata: Plain = {}): KubernetesObject {
  return made({
    apiVersion: 'operator.victoriametrics.com/v1beta1',
    kind: 'VMServiceScrape',
    metadata: { namespace: 'shop', name, ...metadata },
    spec,
  });
}

/** A VMAgent in namespace `monitoring`, or another one. */
export function agent(name: string, spec: Plain = {}, metadata: Plain = {}): KubernetesObject {
  return made({
    apiVersion: 'operator.victoriametrics.com/v1beta1',
    kind: 'VMAgent',
    metadata: { namespace: 'monitoring', name, ...metadata },
    spec: { remoteWrite: [{ url: `http://store-of-${name}:8428/api/v1/write` }], ...spec },
  });
}

/** What our own scrapes carry, for one that another Service's scrape is stored under. */
export function ours(madeFor: string): Plain {
  return {
    labels: { 'app.kubernetes.io/managed-by': 'autoscrape' },
    annotations: { 'autoscrape.multigres.com/service': madeFor },
    managedFields: [{ manager: 'autoscrape' }],
  };
}
