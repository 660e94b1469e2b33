import {
  type Admit,
  type Answered,
  admitFor,
  type FindingsOf,
  type Operation,
  type Pipeline,
  type Route,
  routes,
} from '../../../src/admission/index.ts';
import { builtInCatalogue } from '../../../src/catalogue/index.ts';
import type { PipelineSettings } from '../../../src/settings/index.ts';
import { defaultPipelineSettings } from '../../../src/settings/types.ts';

/** Reviews as the API server sends them, around objects that a test writes. */

export type Plain = Readonly<Record<string, unknown>>;

export const catalogue = builtInCatalogue();

/** The default pipeline, with some settings changed. */
export function pipelineWith(settings: Partial<PipelineSettings> = {}): Pipeline {
  return { catalogue, settings: { ...defaultPipelineSettings, ...settings } };
}

export const inTime = (): boolean => false;

export interface Sent {
  readonly object: unknown;
  readonly before?: unknown;
  readonly operation?: string;
  readonly dryRun?: boolean;
  readonly subResource?: string;
  readonly fieldManager?: string;
}

const groups: Readonly<Record<string, { group: string; version: string }>> = {
  Service: { group: '', version: 'v1' },
  StatefulSet: { group: 'apps', version: 'v1' },
  Deployment: { group: 'apps', version: 'v1' },
  VMServiceScrape: { group: 'operator.victoriametrics.com', version: 'v1beta1' },
};

/** An AdmissionReview of an object's creation, or of its update where there is one before. */
export function reviewOf(kind: string, sent: Sent): Plain {
  const { object, before, dryRun = false, subResource, fieldManager = 'kubectl' } = sent;
  const operation = sent.operation ?? (before === undefined ? 'CREATE' : 'UPDATE');
  const review = {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'e9a5f9a2-0d1a-4a93-8f06-3f8f1d3f0c11',
      kind: { ...groups[kind], kind },
      ...(subResource === undefined ? {} : { subResource }),
      name: nameOf(object),
      namespace: 'shop',
      operation,
      object,
      oldObject: before ?? null,
      dryRun,
      options: { kind: `${operation}Options`, apiVersion: 'meta.k8s.io/v1', fieldManager },
    },
  };
  return overTheWire(review);
}

/** A value as it arrives: plain objects that share nothing. */
export function overTheWire<T>(value: T): T {
  return JSON.parse(JSON.stringify(value));
}

function nameOf(object: unknown): unknown {
  if (typeof object !== 'object' || object === null || !('metadata' in object)) return undefined;
  const { metadata } = object;
  if (typeof metadata !== 'object' || metadata === null || !('name' in metadata)) return undefined;
  return metadata.name;
}

/** What a webhook answers, with the defaults where a test does not say otherwise. */
export function admitting(
  options: { route?: Route; settings?: Partial<PipelineSettings>; findingsOf?: FindingsOf } = {},
): Admit {
  const { route = routes.strong, settings = {}, findingsOf = () => [] } = options;
  return admitFor(route, pipelineWith(settings), findingsOf);
}

/** The answer to a review; fails where the review was none. */
export function answerTo(admit: Admit, review: unknown): Answered {
  const outcome = admit(review, inTime);
  if (outcome.kind !== 'answered') throw new Error(outcome.message);
  return outcome;
}

/** The patch of an answer, decoded; empty where there is none. */
export function patchOf({ answer }: Answered): Operation[] {
  const { patch } = answer.response;
  return patch === undefined ? [] : JSON.parse(Buffer.from(patch, 'base64').toString());
}

/** The patch for an object that is created, by the strong webhook. */
export function patchFor(
  kind: string,
  object: unknown,
  settings: Partial<PipelineSettings> = {},
): Operation[] {
  return patchOf(answerTo(admitting({ settings }), reviewOf(kind, { object })));
}

/** One `add` of a patch. */
export function add(path: string, value: unknown): Operation {
  return { op: 'add', path, value };
}

/** A reference to a controlling owner. */
export function ownedBy(apiVersion: string, kind: string, name: string): Plain {
  return {
    apiVersion,
    kind,
    name,
    uid: `uid-of-${name}`,
    controller: true,
    blockOwnerDeletion: true,
  };
}

export const draftGatewayLabels = {
  'app.kubernetes.io/name': 'multigateway',
  'app.kubernetes.io/component': 'gateway',
};

export const draftPoolerLabels = {
  'app.kubernetes.io/name': 'multipooler',
  'app.kubernetes.io/component': 'pooler',
};

/** All four standard labels of a draft's object in Kubernetes' terms. */
export function complete(labels: Readonly<Record<string, string>>, instance: string): Plain {
  return {
    ...labels,
    'app.kubernetes.io/instance': instance,
    'app.kubernetes.io/part-of': 'multigres',
  };
}
