import { nearest } from '../../ground/nearest.ts';
import { take } from '../../ground/take.ts';
import type { Inventory } from '../../inventory/index.ts';
import { type Labels, labelOf, type Service, stepsOf } from '../../kubernetes/index.ts';
import type { Selection, SelectionRule } from '../../selection/index.ts';
import { sanitised, sanitisedValue } from '../../selection/index.ts';
import type { ObjectRef } from '../finding.ts';
import { clipped, placed, quoted } from './found.ts';
import { type FoundEdit, oneWay, type Remedy } from './remedy.ts';

/** The Service that a scrape comes nearest to, why it is not selected, and what would select it. */
export interface Near {
  readonly service: Service;
  /** Where in the spec it has to be corrected. */
  readonly field: string;
  /** A clause about the Service: `whose app is "db"`. */
  readonly difference: string;
  readonly remedy: Remedy;
}

/** More Services than this are not compared in a namespace, and more namespaces not looked into. */
const maxCandidates = 32;
const maxNamespaces = 4;

/** More labels than this may not differ. */
const maxDifferences = 2;

/**
 * The Service that fails the fewest of a selection's rules; of those alike the one whose values are spelled most like
 * those wanted, then the first by name. Undefined where none has anything in common with what is selected.
 */
export function nearestService(selection: Selection, inventory: Inventory): Near | undefined {
  if (selection.rules.length === 0 || selection.rules.length > 32) return undefined;
  const namespaces = selection.namespaces?.slice(0, maxNamespaces) ?? [undefined];
  let best: NearMatch | undefined;
  let compared = 0;
  for (const namespace of namespaces) {
    const candidates = new Set([
      ...inventory.servicesNear(selection, namespace, maxCandidates),
      ...servicesOfPods(selection, namespace, inventory),
    ]);
    compared += candidates.size;
    for (const service of candidates) {
      const failed = failures(selection.rules, service, inventory);
      if (failed === undefined) continue;
      const hasSomething =
        failed.length < selection.rules.length || failed.some((one) => one.isAlike);
      if (!hasSomething) continue;
      const score = failed.reduce((sum, one) => sum + weightOf(one), 0);
      if (
        best === undefined ||
        score < best.score ||
        (score === best.score && isBefore(service, best.service))
      ) {
        best = { service, failed, score };
      }
    }
  }
  if (best === undefined || best.failed.length === 0) return undefined;
  const near = described(best.service, best.failed);
  // One of several that differs by more than a slip is not likelier meant than the others.
  const isGuess = compared > 1 && best.failed.every(isOtherValue);
  return isGuess ? { ...near, remedy: { fix: 'check the labels, or make the Service' } } : near;
}

interface NearMatch {
  readonly service: Service;
  readonly failed: readonly Failure[];
  readonly score: number;
}

/** More workloads than this are not looked at. */
const maxWorkloads = 200;

/** Services of a namespace in front of pods that have the labels wanted, which the Services may lack. */
function servicesOfPods(
  { rules }: Selection,
  namespace: string | undefined,
  inventory: Inventory,
): Service[] {
  const isWanted = (labels: Labels) =>
    rules.every((rule) => rule.accepts(sanitisedValue(labels, rule.label)));
  if (namespace === undefined || !rules.some((rule) => rule.needsLabel)) return [];
  const shapes = take(inventory.workloads(namespace), maxWorkloads).map(
    ({ template }) => template.labels,
  );
  const pods = take(inventory.pods(namespace), maxWorkloads).map(({ labels }) => labels);
  return [...shapes, ...pods]
    .filter(isWanted)
    .slice(0, maxCandidates)
    .flatMap((labels) => inventory.servicesSelecting(namespace, labels));
}

/** The value that pods behind a Service have of a label, where a rule accepts it. */
function valueOfPods(
  service: Service,
  { key, accepts }: SelectionRule,
  inventory: Inventory,
): string | undefined {
  const shapes = inventory.podShapesBehind(service).map(({ labels }) => labels);
  return [service.selector ?? {}, ...shapes]
    .map((labels) => labelOf(labels, key))
    .find((value) => value !== undefined && accepts(value));
}

function isBefore(one: Service, other: Service): boolean {
  return `${one.namespace}/${one.name}` < `${other.namespace}/${other.name}`;
}

/** A rule that a Service fails. */
interface Failure {
  readonly rule: SelectionRule;
  /** The Service's own value; undefined where it lacks the label. */
  readonly value: string | undefined;
  /** Another label of the Service that has the value wanted. */
  readonly otherKey: string | undefined;
  /** The value wanted is the Service's name. */
  readonly isName: boolean;
  /** The value wanted, of a label that the Service lacks and its pods have. */
  readonly podValue: string | undefined;
  /** Whether a slip of the pen is the likely reason: a value spelled alike, or the right one under another key. */
  readonly isAlike: boolean;
}

/** The rules that a Service fails; undefined where they are too many. */
function failures(
  rules: readonly SelectionRule[],
  service: Service,
  inventory: Inventory,
): Failure[] | undefined {
  const failed: Failure[] = [];
  const keys = new Set(rules.map((rule) => rule.label));
  for (const rule of rules) {
    const value = sanitisedValue(service.labels, rule.label);
    if (rule.accepts(value)) continue;
    const otherKey = Object.keys(service.labels).find(
      (key) =>
        !keys.has(sanitised(key)) && rule.values?.includes(labelOf(service.labels, key) ?? ''),
    );
    if (failed.length >= maxDifferences) return undefined;
    const isName = rule.values?.includes(service.name) === true;
    const podValue = value === undefined ? valueOfPods(service, rule, inventory) : undefined;
    const isAlike =
      otherKey !== undefined ||
      isName ||
      podValue !== undefined ||
      isSpelledAlike(rule.values, value);
    failed.push({ rule, value, otherKey, isName, podValue, isAlike });
  }
  return failed;
}

/** How far off it is: a slip of the pen, then a Service that is kept out on purpose, then another value. */
function weightOf(failure: Failure): number {
  if (failure.isAlike) return 1;
  return failure.rule.needsLabel ? 3 : 2;
}

/** Whether a Service has another value altogether of a label that is wanted. */
function isOtherValue({ rule, value, isAlike }: Failure): boolean {
  return rule.field === 'selector.matchLabels' && value !== undefined && !isAlike;
}

function isSpelledAlike(wanted: readonly string[] | undefined, value: string | undefined): boolean {
  if (value === undefined || wanted === undefined) return false;
  return wanted.some((one) => isSlip(one, value));
}

/** `shop-agent` is no slip for `shop-auth`: of names in several words each word has to be near. */
function isSlip(wanted: string, value: string): boolean {
  const [mine, theirs] = [wanted.split(/[-_.]/), value.split(/[-_.]/)];
  if (mine.length !== theirs.length) return nearest(wanted, [value]) === value;
  return mine.every((word, index) => {
    const other = theirs[index] ?? '';
    return word === other || nearest(word, [other]) === other;
  });
}

function described(service: Service, failed: readonly Failure[]): Near {
  const [first] = failed;
  return {
    service,
    field: first?.rule.field ?? 'selector',
    difference: `${failed.map(differenceOf).join(' and ')}`,
    remedy: joined(failed.map((one) => correctionOf(one, service))),
  };
}

function differenceOf({ rule, value, otherKey, isName, podValue }: Failure): string {
  const key = clipped(rule.key, 130);
  if (podValue !== undefined) return `whose pods have ${key}, and which itself has not`;
  if (isName && value !== undefined) return `of that name, whose ${key} is ${quoted(value)}`;
  if (value !== undefined) return `whose ${key} is ${quoted(value)}`;
  return otherKey === undefined
    ? `which has no ${key}`
    : `which has ${clipped(otherKey, 130)}, not ${key}`;
}

/** All corrections together; a text where one of them is. */
function joined(remedies: readonly Remedy[]): Remedy {
  const fix = remedies.map((one) => one.fix).join(', and ');
  const edits = remedies.flatMap(({ ways }) => ways?.[0]?.edits ?? []);
  return remedies.every(({ ways }) => ways !== undefined) ? oneWay(fix, ...edits) : { fix };
}

function correctionOf(failure: Failure, service: Service): Remedy {
  const { rule, value, otherKey, podValue } = failure;
  const key = clipped(rule.key, 130);
  if (podValue !== undefined) {
    const fix = `write metadata.labels: {${key}: ${clipped(podValue, 130)}} in Service ${placed(service, '')}`;
    return oneWay(fix, {
      action: 'set',
      path: ['metadata', 'labels', rule.key],
      value: podValue,
      object: refOfService(service),
    });
  }
  if (rule.field !== 'selector.matchLabels') return correctedExpression(failure);
  const path = ['spec', 'selector', 'matchLabels', rule.key];
  if (value) {
    return oneWay(`write ${key}: ${clipped(value, 130)}`, { action: 'set', path, value });
  }
  // Fewer labels may select more than was meant.
  if (otherKey === undefined) return { fix: `remove ${key}` };
  const fix = `write ${clipped(otherKey, 130)} instead of ${key}`;
  return oneWay(fix, { action: 'rename', path, to: otherKey });
}

function correctedExpression({ rule, value }: Failure): Remedy {
  const place = rule.field.slice(rule.field.lastIndexOf('.') + 1);
  if (rule.values === undefined || !value) return { fix: `remove ${place}` };
  const path = ['spec', ...stepsOf(rule.field), 'values'];
  const edit: FoundEdit = { action: 'append', path, value };
  return oneWay(`add ${clipped(value, 130)} to the values of ${place}`, edit);
}

function refOfService({ namespace, name }: Service): ObjectRef {
  return { apiVersion: 'v1', kind: 'Service', namespace, name };
}
