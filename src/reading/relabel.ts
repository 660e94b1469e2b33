import type { RelabelRule } from '../kubernetes/index.ts';
import {
  type CompiledPattern,
  isPattern,
  longestResult,
  type Pattern,
  patternOf,
  replacedIn,
} from '../selection/index.ts';
import { labelmapAllOf, labelmapOf } from './label-renaming.ts';
import {
  Labelling,
  type LabelReader,
  type Listing,
  type Renaming,
  unlistedLabels,
} from './labelling.ts';
import { filters, problemOf } from './rule-problems.ts';
import { matchesAny } from './series-selector.ts';
import { xxhash64 } from './xxhash.ts';

export type { LabelReader } from './labelling.ts';
export { problemOf, type RuleProblem, relabelActions } from './rule-problems.ts';

/**
 * A target after relabelling. `undecided`: whether it is kept depends on what is not known of it. `labels` reads the
 * labels that the rules leave.
 */
export type Relabelled =
  | ({ readonly outcome: 'kept' } & LeftLabels)
  | ({
      readonly outcome: 'undecided';
      /** Index of the first rule that can't be decided; -1 where there are too many rules. */
      readonly rule: number;
    } & LeftLabels)
  | {
      readonly outcome: 'dropped';
      /** Index of the rule that drops it. */
      readonly rule: number;
    };

/** The labels that rules leave. */
export interface LeftLabels {
  readonly labels: LabelReader;
  /** The names with a prefix that rules wrote; undefined where there may be others. */
  readonly written: (prefix: string) => readonly string[] | undefined;
  /** The names of those that do not begin with `__`; undefined where not all are known. */
  readonly visible: () => readonly string[] | undefined;
}

/** A rule as vmagent parses it: once for all targets of its job. */
export interface ParsedRule extends RelabelRule {
  readonly pattern: CompiledPattern;
  /** Whether vmagent can't parse it, and skips the job. */
  readonly isRefused: boolean;
  /** The only label that it may write; undefined where there may be others, or where it drops targets. */
  readonly writes: string | undefined;
}

/** Parses a rule. */
export function parsedRule(rule: RelabelRule): ParsedRule {
  const { action, regex, targetLabel } = rule;
  return {
    ...rule,
    pattern: patternOf(regex),
    isRefused: problemOf(rule) !== undefined,
    writes: writing.has(action) && !capture.test(targetLabel) ? targetLabel : undefined,
  };
}

/** The actions that write their target label, and do nothing else. */
const writing: ReadonlySet<string> = new Set([
  'replace',
  'replace_all',
  'uppercase',
  'lowercase',
  'hashmod',
]);

/** More rules than this are not evaluated: the verdict is `undecided`. */
const maxRules = 200;

/**
 * Applies relabel rules to a target of which `labels` tells what is known. `dropped` also where vmagent skips the
 * whole job because of a rule that it can't parse.
 * Source: VictoriaMetrics lib/promrelabel (parseRelabelConfig, parsedRelabelConfig.apply).
 *
 * @param listing lists all labels of the target, for rules that do something to each of them
 * @param unchanged reads what no rule has written, of the labels that are left
 */
export function relabel(
  rules: readonly ParsedRule[],
  labels: LabelReader,
  listing: () => Listing = () => unlistedLabels,
  unchanged = labels,
): Relabelled {
  if (rules.length > maxRules) return { outcome: 'undecided', ...nothingKnown, rule: -1 };
  const state = new Labelling(labels, listing);
  let undecided: number | undefined;
  for (const [index, rule] of rules.entries()) {
    if (rule.isRefused) return { outcome: 'dropped', rule: index };
    if (rule.writes !== undefined) {
      state.writeLater(rule.writes, () => apply(rule, state));
      continue;
    }
    const passes = apply(rule, state);
    if (passes === false) return { outcome: 'dropped', rule: index };
    if (passes === undefined) undecided ??= index;
  }
  const left: LeftLabels = {
    labels: (name) => state.readBy(name, unchanged),
    written: (prefix) => state.written(prefix),
    visible: () => state.visible(),
  };
  if (undecided !== undefined) return { outcome: 'undecided', ...left, rule: undecided };
  return { outcome: 'kept', ...left };
}

const nothingKnown: LeftLabels = {
  labels: () => undefined,
  written: () => undefined,
  visible: () => undefined,
};

/** Applies one rule: false drops the target, undefined: whether it does can't be told. */
function apply(written: ParsedRule, state: Labelling): boolean | undefined {
  const read: LabelReader = (name) => state.read(name);
  const { conditions, action } = written;
  const holds = conditions === undefined ? 'yes' : matchesAny(conditions, read);
  if (holds === 'no') return !keeps.has(action);
  const rule = holds === 'perhaps' ? { ...written, opaque: true } : written;
  if (filters.has(action)) return filter(rule, read);
  write(rule, state);
  return true;
}

/** The actions that drop a target where their `if` does not hold. */
const keeps: ReadonlySet<string> = new Set(['keep', 'keep_metrics']);

/** Applies a rule that changes labels, and drops nothing. */
function write(rule: ParsedRule, state: Labelling): void {
  const { action, opaque, targetLabel } = rule;
  const source = (): string | undefined =>
    opaque ? undefined : joined(rule, (name) => state.read(name));
  switch (action) {
    case 'replace':
      replace(rule, state);
      break;
    case 'replace_all':
      replaceAll(rule, state);
      break;
    case 'uppercase':
      state.write(targetLabel, source()?.toUpperCase());
      break;
    case 'lowercase':
      state.write(targetLabel, source()?.toLowerCase());
      break;
    case 'hashmod':
      state.write(targetLabel, hashed(source(), rule.modulus));
      break;
    case 'labeldrop':
      retain(rule, state, false);
      break;
    case 'labelkeep':
      retain(rule, state, true);
      break;
    case 'labelmap':
      rename(opaque ? undefined : labelmapOf(rule), state);
      break;
    case 'labelmap_all':
      rename(opaque ? undefined : labelmapAllOf(rule), state);
      break;
    default:
      graphite(rule, state);
  }
}

function hashed(source: string | undefined, modulus: number): string | undefined {
  if (source === undefined || !Number.isSafeInteger(modulus)) return undefined;
  return String(xxhash64(source) % BigInt(modulus));
}

/** A target has no name that a template could match, unless a rule gave it one. */
function graphite({ match }: RelabelRule, state: Labelling): void {
  const isEmpty = /^\**$/.test(match);
  if (isEmpty || state.read('__name__') !== '') state.forget();
}

function rename(renaming: Renaming | undefined, state: Labelling): void {
  if (renaming === undefined) state.forget();
  else state.rename(renaming);
}

function filter(rule: ParsedRule, read: LabelReader): boolean | undefined {
  const passes = filterPasses(rule, read);
  if (!rule.opaque) return passes;
  // With an `if` of which it can't be told whether it holds the rule may not apply: then `keep` drops, and the others let pass.
  return passes === true && !keeps.has(rule.action) ? true : undefined;
}

/** Whether a filter lets the target pass; undefined where that is not known. */
function filterPasses(rule: ParsedRule, read: LabelReader): boolean | undefined {
  switch (rule.action) {
    case 'keep':
      return matches(rule, joined(rule, read));
    case 'drop':
      return opposite(matches(rule, joined(rule, read)));
    case 'keep_metrics':
      return matches(rule, read('__name__'));
    case 'drop_metrics':
      return opposite(matches(rule, read('__name__')));
    case 'keep_if_equal':
      return allEqual(rule.sourceLabels.map(read));
    case 'drop_if_equal':
      return opposite(allEqual(rule.sourceLabels.map(read)));
    case 'keep_if_contains':
      return containsAll(read(rule.targetLabel), rule.sourceLabels.map(read));
    case 'drop_if_contains':
      return opposite(containsAll(read(rule.targetLabel), rule.sourceLabels.map(read)));
    case 'keepequal':
      return allEqual([joined(rule, read), read(rule.targetLabel)]);
    default:
      return opposite(allEqual([joined(rule, read), read(rule.targetLabel)]));
  }
}

function opposite(answer: boolean | undefined): boolean | undefined {
  return answer === undefined ? undefined : !answer;
}

function matches({ pattern }: ParsedRule, value: string | undefined): boolean | undefined {
  if (!isPattern(pattern)) return undefined;
  if (value === undefined) return matchesAnything(pattern) ? true : undefined;
  return pattern.matches(value);
}

function matchesAnything(pattern: Pattern): boolean {
  return /^\^*(?:\.\*|\(\.\*\))\$*$/.test(pattern.source);
}

/** False as soon as two known values differ; true only where all are known. */
function allEqual(values: readonly (string | undefined)[]): boolean | undefined {
  const known = values.filter((value) => value !== undefined);
  if (known.some((value) => value !== known[0])) return false;
  return known.length === values.length ? true : undefined;
}

function containsAll(
  whole: string | undefined,
  parts: readonly (string | undefined)[],
): boolean | undefined {
  if (whole === undefined) return parts.every((part) => part === '') ? true : undefined;
  const known = parts.filter((part) => part !== undefined);
  if (known.some((part) => !whole.includes(part))) return false;
  return known.length === parts.length ? true : undefined;
}

/** The values of the source labels, joined; undefined where one of them is not known. */
function joined(rule: RelabelRule, read: LabelReader): string | undefined {
  const values: string[] = [];
  for (const name of rule.sourceLabels) {
    const value = read(name);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values.join(rule.separator);
}

/** Capture groups in the name of the label: it could be any. */
const capture = /\$/;

/** `replacement` may name labels: `{{label}}` is filled in before the expression's groups are. */
const labelReference = /\{\{([^{}]*)\}\}/g;

function replace(rule: ParsedRule, state: Labelling): void {
  const { targetLabel, opaque, pattern } = rule;
  const read: LabelReader = (name) => state.read(name);
  const source = joined(rule, read);
  if (isPattern(pattern) && source !== undefined && !pattern.matches(source)) return;
  const value = opaque ? undefined : replacementOf(rule, pattern, source, read);
  if (!capture.test(targetLabel)) state.write(targetLabel, value);
  else {
    const name = opaque ? undefined : expanded(pattern, source, targetLabel);
    if (name === undefined) state.forget();
    else state.write(name, value);
  }
}

/** The value that a rule writes; undefined where it can't be told. */
function replacementOf(
  rule: RelabelRule,
  pattern: CompiledPattern,
  source: string | undefined,
  read: LabelReader,
): string | undefined {
  const replacement = filledIn(rule.replacement, read);
  if (source !== undefined || !isPattern(pattern)) return expanded(pattern, source, replacement);
  const isFixed =
    replacement !== undefined && matchesAnything(pattern) && !capture.test(replacement);
  return isFixed ? replacement : undefined;
}

function expanded(
  pattern: CompiledPattern,
  source: string | undefined,
  replacement: string | undefined,
): string | undefined {
  if (!isPattern(pattern) || source === undefined || replacement === undefined) return undefined;
  return pattern.expand(source, replacement);
}

/** The replacement with the values of the labels that it names; undefined where one of them is not known. */
function filledIn(replacement: string, read: LabelReader): string | undefined {
  if (!replacement.includes('{{')) return replacement;
  let isKnown = true;
  let length = replacement.length;
  const filled = replacement.replaceAll(labelReference, (_, name: string) => {
    const value = isKnown ? read(name) : undefined;
    length += value?.length ?? 0;
    isKnown &&= value !== undefined && length <= longestResult;
    return value ?? '';
  });
  return isKnown ? filled : undefined;
}

/** Every occurrence is replaced; nothing is written where there is none. */
function replaceAll(rule: RelabelRule, state: Labelling): void {
  const source = rule.opaque ? undefined : joined(rule, (name) => state.read(name));
  const { regex, replacement } = rule;
  const replaced = source === undefined ? undefined : replacedIn(source, regex, replacement);
  if (replaced === undefined || replaced !== source) state.write(rule.targetLabel, replaced);
}

/** `labelkeep` and `labeldrop`. */
function retain({ pattern, opaque }: ParsedRule, state: Labelling, keeps: boolean): void {
  if (isPattern(pattern)) state.retain((name) => pattern.matches(name) === keeps, opaque);
  else state.forget();
}
