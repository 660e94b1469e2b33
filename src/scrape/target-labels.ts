import { type Labels, labelOf } from '../kubernetes/index.ts';

/**
 * Names and values of the labels that vmagent's discovery gives a target.
 * Source: VictoriaMetrics lib/promscrape/discovery/kubernetes (registerLabelsAndAnnotations, RemoveDuplicates).
 */

export const serviceLabelPrefix = '__meta_kubernetes_service_label_';
export const servicePresentPrefix = '__meta_kubernetes_service_labelpresent_';
export const podLabelPrefix = '__meta_kubernetes_pod_label_';
export const podPresentPrefix = '__meta_kubernetes_pod_labelpresent_';
export const serviceNameLabel = '__meta_kubernetes_service_name';

const ordinary = /^[a-zA-Z0-9_]*$/;

/** A label's key as it appears in the name of a target's label: every other character becomes `_`. */
export function sanitised(key: string): string {
  return ordinary.test(key) ? key : key.replace(/[^a-zA-Z0-9_]/g, '_');
}

/**
 * Labels by their sanitised keys. Where two keys become one, discovery takes the value of the later key in
 * alphabetical order.
 */
export function sanitisedLabels(labels: Labels): [name: string, value: string][] {
  const keys = Object.keys(labels);
  const pairs = keys.map((key): [string, string] => [sanitised(key), labelOf(labels, key) ?? '']);
  const names = new Set(pairs.map(([name]) => name));
  if (names.size === pairs.length) return pairs;
  return [...names].map((name) => [name, sanitisedValue(labels, name) ?? '']);
}

/** The value under a sanitised key; undefined where no key becomes that one. */
export function sanitisedValue(labels: Labels, name: string): string | undefined {
  let last: string | undefined;
  for (const key in labels) {
    if (!Object.hasOwn(labels, key)) continue;
    if (key !== name && (key.length !== name.length || sanitised(key) !== name)) continue;
    if (last === undefined || key > last) last = key;
  }
  return last === undefined ? undefined : labelOf(labels, last);
}
