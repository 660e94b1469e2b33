import {
  child,
  type Json,
  labelSelectorAt,
  member,
  metaOf,
  objects,
  type RelabelRule,
  relabelRule,
  strings,
  text,
} from '../../kubernetes/index.ts';
import { pathAndQuery } from '../../reading/index.ts';
import type { AskedAnnotation, PodEndpoint, PodReader } from './types.ts';

/** Reads a VMPodScrape or a PodMonitor, which say the same in almost the same words. */
export function podReaderOf(kind: PodReader['kind'], namespace: string, value: Json): PodReader {
  const { name, labels } = metaOf(value);
  const spec = child(value, 'spec') ?? {};
  return {
    kind,
    namespace,
    name,
    labels,
    selector: labelSelectorAt(spec, 'selector') ?? { matchLabels: {}, matchExpressions: [] },
    namespaces: namespacesOf(child(spec, 'namespaceSelector'), namespace),
    endpoints: objects(spec, 'podMetricsEndpoints').map(podEndpointOf),
  };
}

function namespacesOf(selector: Json | undefined, own: string): readonly string[] | undefined {
  if (selector !== undefined && member(selector, 'any') === true) return undefined;
  const names = strings(selector, 'matchNames');
  return names.length === 0 ? [own] : names;
}

function podEndpointOf(endpoint: Json): PodEndpoint {
  const port = [text(endpoint, 'port'), member(endpoint, 'portNumber')].find(Boolean);
  const { path, query } = pathAndQuery(text(endpoint, 'path') || '/metrics');
  const rules = [...objects(endpoint, 'relabelConfigs'), ...objects(endpoint, 'relabelings')];
  const annotations = annotationsAsked(rules.map(relabelRule));
  const hasParams = Object.keys(child(endpoint, 'params') ?? {}).length > 0;
  return {
    port: portOf(port ?? member(endpoint, 'targetPort')),
    path,
    query: hasParams ? JSON.stringify(member(endpoint, 'params')) : query,
    annotations: annotations ?? [],
    undecided: annotations === undefined,
  };
}

const annotationLabel = '__meta_kubernetes_pod_annotation_';

/** Of other annotations nothing is known. */
const knownAnnotations = `${annotationLabel}prometheus_io_`;

/** Undefined where a rule may do something else than keep pods by an annotation, or set a label of the samples. */
function annotationsAsked(rules: readonly RelabelRule[]): AskedAnnotation[] | undefined {
  const asked: AskedAnnotation[] = [];
  for (const { action, sourceLabels, regex, targetLabel, opaque } of rules) {
    const [source = '', ...more] = sourceLabels;
    if (opaque) return undefined;
    if (action === 'replace' && /^[a-z]\w*$/i.test(targetLabel)) continue;
    if (action !== 'keep' || more.length > 0 || !source.startsWith(knownAnnotations)) {
      return undefined;
    }
    asked.push({ name: source.slice(annotationLabel.length), regex });
  }
  return asked;
}

function portOf(port: unknown): string | number | undefined {
  return (typeof port === 'string' && port !== '') || (typeof port === 'number' && port !== 0)
    ? port
    : undefined;
}
