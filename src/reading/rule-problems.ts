import type { RelabelRule } from '../kubernetes/index.ts';
import { patternOf } from '../selection/index.ts';

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
  const { action, sourceLabels, targetLabel, regex, modulus, match } = rule;
  const opaque = rule.opaque || rule.conditions !== undefined;
  const wanted = demands.get(action);
  if (wanted === undefined) return { kind: 'unknown-action', action };
  const pattern = patternOf(regex);
  if (pattern !== 'too-large' && 'invalid' in pattern) {
    return { kind: 'bad-regex', regex, reason: pattern.invalid };
  }
  const missing = (what: string): RuleProblem => ({ kind: 'missing', action, what });
  const notAllowed = (what: string): RuleProblem => ({ kind: 'not-allowed', action, what });
  if (action === 'graphite' && match === '') return missing('match');
  if (action === 'hashmod' && modulus < 1) return missing('modulus');
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

/** The actions that keep or drop targets. */
export const filters: ReadonlySet<string> = new Set([
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
