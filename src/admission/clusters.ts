import { hasOptedOut, hasOptedOutOfPushing, ownLabels } from '../catalogue/index.ts';
import {
  child,
  isJson,
  type Json,
  type Labels,
  labelOf,
  labelsAt,
  text,
} from '../kubernetes/index.ts';
import { type ClusterFields, completionOf, decidingFields, keeps } from '../pushing/index.ts';
import type { PipelineSettings } from '../settings/index.ts';
import { applied } from './patch.ts';
import type { Because, Operation } from './types.ts';

/** Which fields of `spec.observability` the API server keeps; undefined where that is not known. */
export type FieldsOf = () => ClusterFields | undefined;

/** A write of a MultigresCluster. */
export interface ClusterWrite {
  readonly operation: 'CREATE' | 'UPDATE';
  readonly object: Json;
  readonly before: Json | undefined;
}

/** What is added to a MultigresCluster, and what its author is told. */
export interface ClusterAdditions {
  readonly because: Extract<
    Because,
    | 'push-off'
    | 'opted-out'
    | 'said'
    | 'completed'
    | 'restored'
    | 'not-dropped'
    | 'fields-unknown'
    | 'fields-missing'
    | 'patch-does-not-apply'
  >;
  readonly operations: readonly Operation[];
  /** Sentences without a full stop. */
  readonly told: readonly string[];
}

/**
 * Says what is added to a MultigresCluster so that it sends its metrics: when it is made, the fields that it lacks, with
 * a record of them in an annotation; later only what a write of the whole object has dropped, as it was. An existing
 * resource that lacks them is left alone: what is added would roll its pods.
 */
export function clusterAdditions(
  write: ClusterWrite,
  { push }: PipelineSettings,
  fields: ClusterFields | undefined,
): ClusterAdditions {
  if (push.endpoint === undefined) return nothing('push-off');
  const labels = labelsAt(child(write.object, 'metadata'), 'labels') ?? {};
  if (hasOptedOut(labels) || hasOptedOutOfPushing(labels)) return nothing('opted-out');
  const additions =
    write.operation === 'CREATE'
      ? completed(write.object, push.endpoint, fields)
      : restored(write.object, write.before, fields);
  return applies(write.object, additions.operations) ? additions : nothing('patch-does-not-apply');
}

function nothing(
  because: ClusterAdditions['because'],
  ...told: readonly string[]
): ClusterAdditions {
  return { because, operations: [], told };
}

function completed(
  object: Json,
  endpoint: string,
  fields: ClusterFields | undefined,
): ClusterAdditions {
  const found = completionOf(observed(object), endpoint, fields);
  if (found.is === 'left') {
    return nothing(found.because, ...(found.advice === '' ? [] : [found.advice]));
  }
  return {
    because: 'completed',
    operations: operationsFor(object, found.fields),
    told: [
      `spec.observability was completed: metrics are sent to ${endpoint}; metricsExporter: none, or the label ${ownLabels.push}: "false", prevents that`,
    ],
  };
}

/** Restores what the annotation of the old object says is ours, where the new one has lost both. */
function restored(
  object: Json,
  before: Json | undefined,
  fields: ClusterFields | undefined,
): ClusterAdditions {
  const record = recordOf(annotationsOf(before));
  const isKept = labelOf(annotationsOf(object), ownLabels.pushed) !== undefined;
  if (record === undefined || isKept || decidingFields(observed(object)).length > 0) {
    return nothing('not-dropped');
  }
  const had = observed(before);
  const lost = Object.entries(record).filter(
    ([name, value]) => text(had, name) === value && text(observed(object), name) === undefined,
  );
  // Where somebody has changed the address or the exporter since, these are theirs.
  const isOurs = Object.keys(record).every(
    (name) => !deciding.has(name) || lost.some(([one]) => one === name),
  );
  if (!isOurs || lost.length === 0) return nothing('not-dropped');
  if (fields === undefined) {
    return nothing(
      'fields-unknown',
      'this write drops the fields of spec.observability that autoscrape added, and rolls the pods: which fields there are is not known',
    );
  }
  if (!lost.every(([name, value]) => keeps(fields, name, value))) return nothing('fields-missing');
  return {
    because: 'restored',
    operations: operationsFor(object, Object.fromEntries(lost)),
    told: [
      'spec.observability was restored, which this write dropped and which would have rolled the pods; to end it write metricsExporter: none',
    ],
  };
}

/** The fields without which a record is not ours any more. */
const deciding: ReadonlySet<string> = new Set([
  'otlpEndpoint',
  'otlpMetricsEndpoint',
  'otlpProtocol',
  'metricsExporter',
]);

function observed(object: Json | undefined): Json | undefined {
  return child(child(object, 'spec'), 'observability');
}

function annotationsOf(object: Json | undefined): Labels {
  return labelsAt(child(object, 'metadata'), 'annotations') ?? {};
}

/** What an earlier admission has added; undefined where the annotation is absent, or no such record. */
function recordOf(annotations: Labels): Readonly<Record<string, string>> | undefined {
  const written = labelOf(annotations, ownLabels.pushed);
  if (written === undefined) return undefined;
  const record = parsed(written);
  if (!isJson(record)) return undefined;
  const entries = Object.entries(record).filter(
    (one): one is [string, string] => typeof one[1] === 'string',
  );
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function parsed(written: string): unknown {
  try {
    return JSON.parse(written);
  } catch {
    return undefined;
  }
}

function operationsFor(object: Json, fields: Readonly<Record<string, string>>): Operation[] {
  const record = JSON.stringify(fields);
  const key = ownLabels.pushed;
  const metadata = child(object, 'metadata');
  return [
    ...(observed(object) === undefined
      ? [add('/spec/observability', fields)]
      : Object.entries(fields).map(([name, value]) => add(`/spec/observability/${name}`, value))),
    child(metadata, 'annotations') === undefined
      ? add('/metadata/annotations', { [key]: record })
      : add(`/metadata/annotations/${key.replace('/', '~1')}`, record),
  ];
}

function add(path: string, value: unknown): Operation {
  return { op: 'add', path, value };
}

/** The API server refuses a write whose patch does not apply: it is tried first. */
function applies(object: Json, operations: readonly Operation[]): boolean {
  try {
    applied(object, operations);
    return true;
  } catch {
    return false;
  }
}
