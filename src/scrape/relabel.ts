import type { RelabelRule } from '../kubernetes/index.ts';
import { Labelling, type LabelReader } from './labelling.ts';
import { type CompiledPattern, isPattern, type Pattern, patternOf } from './pattern.ts';

export type { LabelReader } from './labelling.ts';

/**
 * A target after relabelling. `undecided`: whether it is kept depends on what is not known of it. `labels` reads the
 * labels that the rules leave.
 */
export type Relabelled =
  | { readonly outcome: 'kept'; readonly labels: LabelReader }
  | {
      readonly outcome: 'undecided';
      readonly labels: LabelReader;
      /** Index of the first rule that can't be decided; -1 where there are too many rules. */
      readonly rule: number;
    }
  | {
      readonly outcome: 'dropped';
      /** Index of the rule that drops it. */
      readonly rule: number;
    };

/** More rules than this are not evaluated: the verdict is `undecided`. */
const maxRules = 200;

/**
 * Applies relabel rules to a target of which `labels` tells what is known. `dropped` also where vmagent skips the
 * whole job because of a rule that it can't parse.
 * Source: VictoriaMetrics lib/promrelabel (parseRelabelConfig, parsedRelabelConfig.apply).
 */
export function relabel(rules: readonly RelabelRule[], labels: LabelReader): Relabelled {
  if (rules.length > maxRules) {
    return { outcome: 'undecided', labels: nothingKnown, rule: -1 };
  }
  const state = new Labelling(labels);
  let undecided: number | undefined;
  for (const [index, rule] of rules.entries()) {
    if (problemOf(rule) !== undefined) return { outcome: 'dropped', rule: index };
    const passes = apply(rule, state);
    if (passes === false) return { outcome: 'dropped', rule: index };
    if (passes === undefined) undecided ??= index;
  }
  const read: LabelReader = (name) => state.read(name);
  if (undecided !== undefined) return { outcome: 'undecided', labels: read, rule: undecided };
  return { outcome: 'kept', labels: read };
}

const nothingKnown: LabelReader = () => undefined;

/** What is wrong with a rule, so that vmagent skips the endpoint that has it. */
export type RuleProblem =
  | { readonly kind: 'unknown-action'; readonly action: string }
  | { readonly kind: 'bad-regex'; readonly regex: string; readonly reason: string }
  | { readonly kind: 'missing'; readonly action: string; readonly what: string }
  | { readonly kind: 'not-allowed'; readonly action: string; readonly what: string };

/** What each action needs and refuses, of a rule's fields. `if` in place of source labels counts as opaque. */
interface Demands {
  readonly sources?: number | 'none';
  readonly target?: 'needed' | 'none';
  readonly regex?: 'needed' | 'none';
}

const demands: ReadonlyMap<string, Demands> = new Map([
  ['replace', { target: 'needed' }],
  ['replace_all', { sources: 1, target: 'needed' }],
  ['keep', { sources: 1 }],
  ['drop', { sources: 1 }],
  ['keep_if_equal', { sources: 2, target: 'none', regex: 'none' }],
  ['drop_if_equal', { sources: 2, target: 'none', regex: 'none' }],
  ['keep_if_contains', { sources: 1, target: 'needed', regex: 'none' }],
  ['drop_if_contains', { sources: 1, target: 'needed', regex: 'none' }],
  ['keepequal', { target: 'needed', regex: 'none' }],
  ['dropequal', { target: 'needed', regex: 'none' }],
  ['keep_metrics', { sources: 'none', regex: 'needed' }],
  ['drop_metrics', { sources: 'none', regex: 'needed' }],
  ['hashmod', { sources: 1, target: 'needed' }],
  ['uppercase', { sources: 1, target: 'needed' }],
  ['lowercase', { sources: 1, target: 'needed' }],
  ['labelmap', {}],
  ['labelmap_all', {}],
  ['labeldrop', {}],
  ['labelkeep', {}],
  ['graphite', {}],
]);

/** The actions that vmagent knows. */
export const relabelActions: readonly string[] = [...demands.keys()];

/** What parsing makes of an absent regex. */
const defaultRegex = '(.*)';

/** Why vmagent can't parse a rule, as far as it is certain; undefined where nothing is wrong. */
export function problemOf(rule: RelabelRule): RuleProblem | undefined {
  const { action, sourceLabels, targetLabel, regex, opaque } = rule;
  const wanted = demands.get(action);
  if (wanted === undefined) return { kind: 'unknown-action', action };
  const pattern = patternOf(regex);
  if (pattern !== 'too-large' && 'invalid' in pattern) {
    return { kind: 'bad-regex', regex, reason: pattern.invalid };
  }
  const missing = (what: string): RuleProblem => ({ kind: 'missing', action, what });
  const notAllowed = (what: string): RuleProblem => ({ kind: 'not-allowed', action, what });
  if (action === 'graphite' && !opaque) return missing('match');
  if (wanted.target === 'needed' && targetLabel === '') return missing('targetLabel');
  if (wanted.target === 'none' && targetLabel !== '') return notAllowed('targetLabel');
  const { sources = 0 } = wanted;
  if (sources === 'none') {
    if (sourceLabels.length > 0) return notAllowed('sourceLabels');
  } else if (sourceLabels.length < sources && !(opaque && filters.has(action))) {
    return missing(sources === 2 ? 'two sourceLabels' : 'sourceLabels');
  }
  if (wanted.regex === 'needed' && regex === '' && !opaque) return missing('regex');
  if (wanted.regex === 'none' && regex !== defaultRegex) return notAllowed('regex');
  return undefined;
}

const filters = new Set([
  'keep',
  'drop',
  'keep_if_equal',
  'drop_if_equal',
  'keep_if_contains',
  'drop_if_contains',
  'keepequal',
  'dropequal',
  'keep_metrics',
  'drop_metrics',
]);

/** Applies one rule: false drops the target, undefined: whether it does can't be told. */
function apply(rule: RelabelRule, state: Labelling): boolean | undefined {
  if (filters.has(rule.action)) return filter(rule, (name) => state.read(name));
  write(rule, state);
  return true;
}

/** Applies a rule that changes labels, and drops nothing. */
function write(rule: RelabelRule, state: Labelling): void {
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
      state.write(targetLabel, undefined);
      break;
    case 'labeldrop':
      retain(rule, state, false);
      break;
    case 'labelkeep':
      retain(rule, state, true);
      break;
    case 'labelmap':
      map(rule, state);
      break;
    default:
      // `labelmap_all` and `graphite` may write any label.
      state.forget();
  }
}

function filter(rule: RelabelRule, read: LabelReader): boolean | undefined {
  const passes = filterPasses(rule, read);
  if (!rule.opaque) return passes;
  // With an `if` that we do not evaluate the rule may not apply: then `keep` drops, and the others let pass.
  return passes === true && rule.action !== 'keep' && rule.action !== 'keep_metrics'
    ? true
    : undefined;
}

/** Whether a filter lets the target pass; undefined where that is not known. */
function filterPasses(rule: RelabelRule, read: LabelReader): boolean | undefined {
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

function matches(rule: RelabelRule, value: string | undefined): boolean | undefined {
  const pattern = patternOf(rule.regex);
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

function replace(rule: RelabelRule, state: Labelling): void {
  const { targetLabel, opaque } = rule;
  const pattern = patternOf(rule.regex);
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
  const filled = replacement.replaceAll(labelReference, (_, name: string) => {
    const value = read(name);
    isKnown &&= value !== undefined;
    return value ?? '';
  });
  return isKnown ? filled : undefined;
}

/** Every occurrence is replaced; nothing is written where there is none. */
function replaceAll(rule: RelabelRule, state: Labelling): void {
  const source = rule.opaque ? undefined : joined(rule, (name) => state.read(name));
  const plain = /^[\w\-/:; ]+$/.test(rule.regex) && !capture.test(rule.replacement);
  const known = source !== undefined && plain;
  const replaced = known ? source.replaceAll(rule.regex, () => rule.replacement) : undefined;
  if (replaced === undefined || replaced !== source) state.write(rule.targetLabel, replaced);
}

/** `labelkeep` and `labeldrop`. */
function retain({ regex, opaque }: RelabelRule, state: Labelling, keeps: boolean): void {
  const pattern = patternOf(regex);
  if (isPattern(pattern)) state.retain((name) => pattern.matches(name) === keeps, opaque);
  else state.forget();
}

/** `labelmap`: copies labels to names made from their own. */
function map({ regex, replacement, opaque }: RelabelRule, state: Labelling): void {
  const pattern = patternOf(regex);
  // The usual form cuts the discovery's prefix off the names: what it makes does not begin with underscores.
  const cutsPrefix = replacement === '$1' && regex.startsWith('__meta_');
  if (!isPattern(pattern) || opaque || !cutsPrefix) state.forget();
  else state.map((name) => pattern.expand(name, replacement));
}
