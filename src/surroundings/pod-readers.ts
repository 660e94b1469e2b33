import {
  child,
  type Json,
  labelSelectorAt,
  list,
  member,
  metaOf,
  objects,
  strings,
  text,
} from '../kubernetes/index.ts';
import { pathAndQuery } from '../scrape/index.ts';
import type { PodEndpoint, PodReader } from './types.ts';

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
  const rules = [...list(endpoint, 'relabelConfigs'), ...list(endpoint, 'relabelings')];
  const hasParams = Object.keys(child(endpoint, 'params') ?? {}).length > 0;
  return {
    port: portOf(port ?? member(endpoint, 'targetPort')),
    path,
    query: hasParams ? JSON.stringify(member(endpoint, 'params')) : query,
    undecided: rules.length > 0,
  };
}

function portOf(port: unknown): string | number | undefined {
  return (typeof port === 'string' && port !== '') || (typeof port === 'number' && port !== 0)
    ? port
    : undefined;
}
