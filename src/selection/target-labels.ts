import { Pool } from '../ground/pool.ts';
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

/** The keys seen last: a cluster has few different ones, and each is asked for with every object. */
const known = new Pool<string>(1024);

/** A label's key as it appears in the name of a target's label: every character but letters, digits and `_` becomes `_`. */
export function sanitised(key: string): string {
  return known.get(key, () => key.replace(/[^a-zA-Z0-9_]/g, '_'));
}

const named = {
  [serviceLabelPrefix]: new Pool<string>(256),
  [servicePresentPrefix]: new Pool<string>(256),
  [podLabelPrefix]: new Pool<string>(256),
} as const;

/** The name of the label that discovery makes of the label of a Service or pod: the same text each time. */
export function labelNamed(prefix: keyof typeof named, key: string): string {
  return named[prefix].get(key, () => prefix + sanitised(key));
}

/** Whether a key becomes `name`, told without making it. */
function becomes(key: string, name: string): boolean {
  if (key === name) return true;
  if (key.length !== name.length) return false;
  for (let index = 0; index < key.length; index += 1) {
    const mine = key.charCodeAt(index);
    const wanted = name.charCodeAt(index);
    if (mine !== wanted && (wanted !== underscore || isOrdinary(mine))) return false;
  }
  return true;
}

const underscore = 0x5f;

/** An ASCII letter or digit. */
function isOrdinary(code: number): boolean {
  return (
    (code >= 0x30 && code <= 0x39) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x61 && code <= 0x7a)
  );
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
  for (const key of Object.keys(labels)) {
    if (!becomes(key, name)) continue;
    if (last === undefined || key > last) last = key;
  }
  return last === undefined ? undefined : labelOf(labels, last);
}
