import { isDeepStrictEqual } from 'node:util';
import { standardLabels } from '../catalogue/index.ts';
import { child, isJson, type Json, labelOf, type Workload } from '../kubernetes/index.ts';
import type { Component } from './component.ts';
import { containerPorts } from './container-ports.ts';
import { type LabelChoice, type LabelName, type LabelValues, missingLabels } from './labels.ts';
import { applied } from './patch.ts';
import type { Operation } from './types.ts';

/**
 * What autoscrape adds to the pod template of a workload that is made now: the standard labels, and the metrics
 * port of the containers or its name.
 *
 * @param raw the same workload as it came
 * @param values the labels that the workload itself is given
 */
export function templateAdditions(
  workload: Workload,
  raw: Json,
  values: LabelValues,
  component: Component,
): Operation[] {
  const template = child(child(raw, 'spec'), 'template');
  const metadata = child(template, 'metadata');
  // A template without labels is none that the API server accepts: the selector has to match it.
  if (template === undefined || child(metadata, 'labels') === undefined) return [];
  const own: LabelValues = {
    name: labelOf(workload.labels, standardLabels.name) ?? values.name,
    instance: labelOf(workload.labels, standardLabels.instance) ?? values.instance,
    component: values.component,
    partOf: labelOf(workload.labels, standardLabels.partOf) ?? values.partOf,
  };
  const choice = besideSelector(component.labels, child(child(raw, 'spec'), 'selector'));
  return [
    ...missingLabels(metadata, '/spec/template/metadata', own, choice),
    ...containerPorts(template, component),
  ];
}

/**
 * The additions to the template of a workload that is updated: those that stand in the stored template, where they
 * are all that differs from it. So a writer that drops them starts no rollout, and neither do we: any other template
 * is left as it was written.
 *
 * @param before the stored workload
 */
export function restoredTemplate(
  workload: Workload,
  raw: Json,
  before: Json | undefined,
  values: LabelValues,
  component: Component,
): Operation[] {
  const stored = child(child(before, 'spec'), 'template');
  if (before === undefined || stored === undefined) return [];
  const dropped = templateAdditions(workload, raw, values, component).filter((operation) =>
    isStored(operation, raw, before),
  );
  if (dropped.length === 0) return [];
  const restored = child(child(applied(raw, dropped), 'spec'), 'template');
  return isDeepStrictEqual(restored, stored) ? dropped : [];
}

/** True where the stored object has what an operation adds to the new one. */
function isStored(operation: Operation, raw: Json, before: Json): boolean {
  let now: unknown = raw;
  let then: unknown = before;
  for (const step of operation.path.slice(1).split('/')) {
    const key = step === '-' && Array.isArray(now) ? String(now.length) : step.replace('~1', '/');
    now = memberOf(now, key);
    then = memberOf(then, key);
  }
  return isDeepStrictEqual(then, operation.value);
}

function memberOf(container: unknown, key: string): unknown {
  if (Array.isArray(container)) return container[Number(key)];
  return isJson(container) && Object.hasOwn(container, key) ? container[key] : undefined;
}

/**
 * The labels that a workload's selector says nothing about. A template that the selector asks a label of and that
 * lacks it is refused, or matches because it lacks it: neither is ours to change.
 */
function besideSelector(choice: LabelChoice, selector: Json | undefined): LabelChoice {
  const expressions = selector?.matchExpressions ?? [];
  if (selector === undefined || !Array.isArray(expressions)) return noLabels;
  const asked = new Set([
    ...Object.keys(child(selector, 'matchLabels') ?? {}),
    ...expressions.map((one: unknown) => (isJson(one) ? one.key : undefined)),
  ]);
  const isFree = (name: LabelName): boolean => choice[name] && !asked.has(standardLabels[name]);
  return {
    name: isFree('name'),
    instance: isFree('instance'),
    component: isFree('component'),
    partOf: isFree('partOf'),
  };
}

const noLabels: LabelChoice = { name: false, instance: false, component: false, partOf: false };
