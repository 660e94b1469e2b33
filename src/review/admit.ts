import {
  type AdmissionRecord,
  type Admit,
  admitFor,
  type FindingsOf,
  type Operation,
  type Pipeline,
  type ReviewedKind,
  type Route,
  reviewedResources,
  routes,
} from '../admission/index.ts';
import { hasOptedOut, isInjected, recognise, recognitionText } from '../catalogue/index.ts';
import type { Finding, ObjectRef } from '../findings/index.ts';
import {
  type Json,
  type KubernetesObject,
  type Labels,
  labelOf,
  parseObject,
} from '../kubernetes/index.ts';
import { defaultRegistration, registration, type Selector } from '../registration/index.ts';

/** What admission makes of an object that is created as it stands. */
export interface Admitted {
  /** Empty where it was not recognised as a component. */
  readonly component: string;
  /** The reason, as people read it. */
  readonly because: string;
  readonly operations: readonly Operation[];
  readonly findings: readonly Finding[];
}

/** An object as `kubectl create` would send it: with a namespace. */
export interface Submitted {
  readonly ref: ObjectRef;
  readonly value: Json;
  /** Of its Namespace, as far as that is known. */
  readonly namespaceLabels: Labels;
}

/** What the webhooks answer to the creation of an object, for every kind: also for what they are never sent. */
export type AdmitObject = (submitted: Submitted) => Admitted;

/** What decides about admission, beside the objects. */
export interface AdmissionOptions {
  readonly pipeline: Pipeline;
  /** The namespace that autoscrape runs in: nothing in it is sent to the webhooks. */
  readonly ownNamespace: string;
  /** What is said of scrapes. */
  readonly findingsOf: FindingsOf;
}

interface AdmittingWebhook {
  readonly admit: Admit;
  readonly route: Route;
  readonly namespaces: Selector;
}

/** The webhooks as they would be registered, each answered by the function that answers it in a cluster. */
export function admissionOf({ pipeline, ownNamespace, findingsOf }: AdmissionOptions): AdmitObject {
  const { mutating, validating } = registration(pipeline.catalogue, {
    ...defaultRegistration,
    namespace: ownNamespace,
    findings: pipeline.settings.scrapes.findings,
  });
  const registered = [...mutating.webhooks, ...validating.webhooks];
  const webhooks = Object.values(routes).flatMap((route): AdmittingWebhook[] => {
    const webhook = registered.find((one) => one.name === route.webhook);
    if (webhook === undefined) return [];
    const admit = admitFor(route, pipeline, findingsOf);
    return [{ admit, route, namespaces: webhook.namespaceSelector }];
  });

  return function admitObject(submitted) {
    const { ref, value, namespaceLabels } = submitted;
    const object = parseObject(value);
    if (object === undefined) return untouched('of no kind that autoscrape reads');
    const what = recognition(object, namespaceLabels, pipeline);
    const kind = reviewedKind(ref);
    if (kind === undefined) return { ...untouched(what.because), component: what.component };
    if (hasOptedOut(namespaceLabels)) {
      return untouched('its namespace is labelled autoscrape.multigres.com/scrape: "false"');
    }
    const labels = { ...namespaceLabels, 'kubernetes.io/metadata.name': ref.namespace };
    const webhook = webhooks.find(
      ({ route, namespaces }) =>
        route.resources.some((resource) => resource.kind === kind) &&
        isSelected(namespaces, labels),
    );
    if (webhook === undefined) {
      return untouched(`nothing in namespace ${ref.namespace} is sent to autoscrape`);
    }
    const outcome = webhook.admit(createReview(kind, submitted), () => false);
    if (outcome.kind === 'not-a-review') throw new Error(outcome.message);
    if (outcome.thrown !== undefined) throw outcome.thrown;
    return admitted(outcome.record, what.because);
  };
}

function untouched(because: string): Admitted {
  return { component: '', because, operations: [], findings: [] };
}

function admitted(record: AdmissionRecord, because: string): Admitted {
  const { component, operations, findings } = record;
  return { component, because: reasonWith(record, because), operations, findings };
}

function reasonWith({ outcome, because }: AdmissionRecord, reason: string): string {
  switch (outcome) {
    case 'denied':
      return 'refused, since the settings deny what is certainly wrong';
    case 'error':
      return `${reason}; nothing is added (${because})`;
    case 'ignored':
      return because === 'deleting' ? 'it is being deleted' : reason;
    default:
      return reason;
  }
}

function recognition(
  object: KubernetesObject,
  namespaceLabels: Labels,
  { catalogue }: Pipeline,
): { readonly component: string; readonly because: string } {
  switch (object.kind) {
    case 'Service':
    case 'StatefulSet':
    case 'Deployment':
    case 'Pod': {
      const found = recognise(object, catalogue, isInjected(namespaceLabels));
      return { component: found.entry?.component ?? '', because: recognitionText(found) };
    }
    case 'VMServiceScrape':
      return { component: '', because: 'a scrape: checked, never changed' };
    case 'ServiceMonitor':
      return {
        component: '',
        because: 'the VictoriaMetrics operator makes a scrape of the same name of it',
      };
    case 'VMAgent':
    case 'VMSingle':
      return { component: '', because: 'an agent: it takes scrapes' };
    case 'VMPodScrape':
    case 'VMStaticScrape':
      return { component: '', because: 'a scrape of another kind: it may read the same' };
    case 'Namespace':
      return { component: '', because: 'its labels say what admission does in it' };
  }
}

function reviewedKind({ apiVersion, kind }: ObjectRef): ReviewedKind | undefined {
  return Object.values(reviewedResources).find(
    (one) =>
      one.kind === kind && apiVersion === (one.group === '' ? '' : `${one.group}/`) + one.version,
  )?.kind;
}

function isSelected({ matchExpressions }: Selector, labels: Labels): boolean {
  return matchExpressions.every(({ key, operator, values }) => {
    const value = labelOf(labels, key);
    const isOneOf = value !== undefined && values.includes(value);
    return operator === 'In' ? isOneOf : !isOneOf;
  });
}

/** The review that the API server sends for a creation. */
function createReview(reviewed: ReviewedKind, { ref, value }: Submitted): Json {
  const { kind, group, version, resource } = reviewedResources[reviewed];
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'review',
      kind: { group, version, kind },
      resource: { group, version, resource },
      namespace: ref.namespace,
      name: ref.name,
      operation: 'CREATE',
      dryRun: true,
      options: {},
      object: value,
      oldObject: null,
    },
  };
}
