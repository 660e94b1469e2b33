import type { RelabelRule } from '../kubernetes/index.ts';
import { isPattern, type Pattern, patternOf } from './pattern.ts';

/** What relabelling does to a target: `undecided` where it depends on what is not known of it. */
export type Verdict = 'kept' | 'dropped' | 'undecided';

/** The value of a target's label: empty where the target has no such label, undefined where it is not known. */
export type LabelReader = (name: string) => string | undefined;

/** More rules than this are not evaluated: the verdict is `undecided`. */
const maxRules = 100;

/**
 * What an endpoint's relabel rules do to a target of which `labels` tells what is known.
 * `dropped` also where vmagent skips the whole endpoint because of a rule that it can't parse. A target whose address
 * is, or may be, rewritten is `undecided`: it is another target then.
 * Source: VictoriaMetrics lib/promrelabel (parseRelabelConfig, parsedRelabelConfig.apply).
 */
export function relabel(rules: readonly RelabelRule[], labels: LabelReader): Verdict {
  if (rules.length === 0) return 'kept';
  if (rules.length > maxRules) return 'undecided';
  let read: LabelReader = (name) => (name === addressLabel ? untouched : labels(name));
  let decided = true;
  for (const rule of rules) {
    if (problemOf(rule) !== undefined) return 'dropped';
    const step = apply(rule, read);
    if (step === 'dropped') return 'dropped';
    if (step === 'undecided') decided = false;
    else if (step !== 'kept') read = step;
  }
  return decided && read(addressLabel) === untouched ? 'kept' : 'undecided';
}

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

/** Whether the rules may change the path, scheme or parameters with which a target is read. */
export function mayRewriteRequest(rules: readonly RelabelRule[]): boolean {
  return rules.some(({ action, targetLabel }) => {
    if (filters.has(action)) return false;
    if (action.startsWith('label') || action === 'graphite') return true;
    return targetLabel.includes('$') || /^__(?:metrics_path|scheme|param)_/.test(targetLabel);
  });
}

const addressLabel = '__address__';

/** Stands for an address that is not known, but has not been rewritten either. */
const untouched = '\u0000';

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

/** A verdict on the target, or how its labels read from here on. */
type Step = Verdict | LabelReader;

function apply(rule: RelabelRule, read: LabelReader): Step {
  const known: LabelReader = (name) => {
    const value = read(name);
    return value === untouched ? undefined : value;
  };
  if (filters.has(rule.action)) return filter(rule, known);
  switch (rule.action) {
    case 'replace':
      return replace(rule, read, known);
    case 'uppercase':
    case 'lowercase': {
      const source = joined(rule, known);
      const cased = rule.action === 'uppercase' ? source?.toUpperCase() : source?.toLowerCase();
      return withLabel(read, rule.targetLabel, rule.opaque ? undefined : cased);
    }
    case 'replace_all':
    case 'hashmod':
      return withLabel(read, rule.targetLabel, undefined);
    case 'labelmap':
      return mapped(rule, read);
    case 'labeldrop': {
      const pattern = patternOf(rule.regex);
      if (!isPattern(pattern)) return unreadable(pattern);
      return (name) => (pattern.matches(name) ? (rule.opaque ? undefined : '') : read(name));
    }
    case 'labelkeep':
    case 'labelmap_all':
    case 'graphite':
      return unknownLabels;
    default:
      // vmagent does not know the action either, and skips the endpoint.
      return 'dropped';
  }
}

const unknownLabels: LabelReader = () => undefined;

function unreadable(pattern: 'too-large' | { readonly invalid: string }): Step {
  return pattern === 'too-large' ? unknownLabels : 'dropped';
}

function filter(rule: RelabelRule, read: LabelReader): Verdict {
  const passes = filterPasses(rule, read);
  if (passes === 'invalid') return 'dropped';
  if (!rule.opaque) return passes === undefined ? 'undecided' : passes ? 'kept' : 'dropped';
  // With an `if` that we do not evaluate the rule may not apply: then `keep` drops, and the others let pass.
  return passes === true && rule.action !== 'keep' && rule.action !== 'keep_metrics'
    ? 'kept'
    : 'undecided';
}

/** Whether a filter lets the target pass; undefined where that is not known. */
function filterPasses(rule: RelabelRule, read: LabelReader): boolean | undefined | 'invalid' {
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

function opposite<T>(answer: boolean | T): boolean | T {
  return typeof answer === 'boolean' ? !answer : answer;
}

function matches(rule: RelabelRule, value: string | undefined): boolean | undefined | 'invalid' {
  const pattern = patternOf(rule.regex);
  if (!isPattern(pattern)) return pattern === 'too-large' ? undefined : 'invalid';
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

/** `known` is `read` where the address is not known. */
function replace(rule: RelabelRule, read: LabelReader, known: LabelReader): Step {
  const { targetLabel, replacement } = rule;
  const pattern = patternOf(rule.regex);
  if (!isPattern(pattern)) {
    return pattern === 'too-large' ? withLabel(read, targetLabel, undefined) : 'dropped';
  }
  const source = joined(rule, known);
  if (source !== undefined && !pattern.matches(source)) return read;
  if (rule.opaque || source === undefined || replacement.includes('{{')) {
    const fixed = !rule.opaque && matchesAnything(pattern) && !/\$|\{\{/.test(replacement);
    return withLabel(read, targetLabel, fixed ? replacement : undefined);
  }
  const name = targetLabel.includes('$') ? pattern.expand(source, targetLabel) : targetLabel;
  return withLabel(read, name ?? targetLabel, pattern.expand(source, replacement));
}

/** `read` with another value for one label; a name with `$` in it could be any label's. */
function withLabel(read: LabelReader, name: string, value: string | undefined): LabelReader {
  if (name.includes('$')) return unknownLabels;
  return (asked) => (asked === name ? value : read(asked));
}

/** `labelmap`: copies labels to names made from their own. */
function mapped(rule: RelabelRule, read: LabelReader): Step {
  const pattern = patternOf(rule.regex);
  if (!isPattern(pattern)) return unreadable(pattern);
  // The usual form cuts the discovery's prefix off the names: what it makes does not begin with underscores.
  const cutsPrefix = rule.replacement === '$1' && rule.regex.startsWith('__meta_');
  return cutsPrefix ? (name) => (name.startsWith('__') ? read(name) : undefined) : unknownLabels;
}
