import { labelOf, type Service } from '../../kubernetes/index.ts';
import { nearest } from '../../settings/index.ts';
import type { Inventory } from '../inventory.ts';
import type { Selection, SelectionRule } from '../selection.ts';
import { sanitised, sanitisedValue } from '../target-labels.ts';
import { clipped, placed, quoted } from './found.ts';

/** The Service that a scrape comes nearest to, why it is not selected, and what would select it. */
export interface Near {
  readonly service: Service;
  /** Where in the spec it has to be corrected. */
  readonly field: string;
  /** A clause about the Service: `whose app is "db"`. */
  readonly difference: string;
  readonly fix: string;
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
  let best:
    | { readonly service: Service; readonly failed: Failure[]; readonly score: number }
    | undefined;
  for (const namespace of namespaces) {
    for (const service of inventory.servicesNear(selection, namespace, maxCandidates)) {
      const failed = failures(selection.rules, service);
      if (failed === undefined) continue;
      const hasSomething =
        failed.length < selection.rules.length || failed.some((one) => one.isAlike);
      if (!hasSomething) continue;
      const score = failed.reduce((sum, one) => sum + weightOf(one), 0);
      if (
        best !== undefined &&
        (score > best.score || (score === best.score && !isBefore(service, best.service)))
      ) {
        continue;
      }
      best = { service, failed, score };
    }
  }
  if (best === undefined || best.failed.length === 0) return undefined;
  return described(best.service, best.failed);
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
  /** The Service lacks a label that its pods have. */
  readonly isOfPods: boolean;
  /** Whether a slip of the pen is the likely reason: a value spelled alike, or the right one under another key. */
  readonly isAlike: boolean;
}

/** The rules that a Service fails; undefined where they are too many. */
function failures(rules: readonly SelectionRule[], service: Service): Failure[] | undefined {
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
    const podValue = labelOf(service.selector ?? {}, rule.key);
    const isOfPods = value === undefined && podValue !== undefined && rule.accepts(podValue);
    const isAlike =
      otherKey !== undefined || isName || isOfPods || isSpelledAlike(rule.values, value);
    failed.push({ rule, value, otherKey, isName, isOfPods, isAlike });
  }
  return failed;
}

/** How far off it is: a slip of the pen, then a Service that is kept out on purpose, then another value. */
function weightOf(failure: Failure): number {
  if (failure.isAlike) return 1;
  return failure.rule.needsLabel ? 3 : 2;
}

function isSpelledAlike(wanted: readonly string[] | undefined, value: string | undefined): boolean {
  if (value === undefined || wanted === undefined) return false;
  return wanted.some((one) => nearest(one, [value]) === value);
}

function described(service: Service, failed: readonly Failure[]): Near {
  const [first] = failed;
  return {
    service,
    field: first?.rule.field ?? 'selector',
    difference: `${failed.map(differenceOf).join(' and ')}`,
    fix: failed.map((one) => correctionOf(one, service)).join(', and '),
  };
}

function differenceOf({ rule, value, otherKey, isName, isOfPods }: Failure): string {
  const key = clipped(rule.key, 130);
  if (isOfPods) return `whose pods have ${key}, and which itself has not`;
  if (isName && value !== undefined) return `of that name, whose ${key} is ${quoted(value)}`;
  if (value !== undefined) return `whose ${key} is ${quoted(value)}`;
  return otherKey === undefined
    ? `which has no ${key}`
    : `which has ${clipped(otherKey, 130)}, not ${key}`;
}

function correctionOf({ rule, value, otherKey, isOfPods }: Failure, service: Service): string {
  const key = clipped(rule.key, 130);
  if (isOfPods) {
    const wanted = clipped(labelOf(service.selector ?? {}, rule.key) ?? '', 130);
    return `write metadata.labels: {${key}: ${wanted}} in Service ${placed(service, '')}`;
  }
  if (rule.field !== 'selector.matchLabels') {
    const place = rule.field.slice(rule.field.lastIndexOf('.') + 1);
    return rule.values !== undefined && value
      ? `add ${clipped(value, 130)} to the values of ${place}`
      : `remove ${place}`;
  }
  if (value) return `write ${key}: ${clipped(value, 130)}`;
  if (otherKey === undefined) return `remove ${key}`;
  const other = clipped(otherKey, 130);
  return `write ${other} instead of ${key}`;
}
