import {
  labelOf,
  type RelabelRule,
  type Requirement,
  type Scrape,
  type Service,
} from '../kubernetes/index.ts';
import { isPattern, patternOf } from './pattern.ts';
import { sanitised, sanitisedValue, serviceNameLabel } from './target-labels.ts';

/**
 * What a scrape's selectors become in vmagent's configuration: rules over the sanitised names of the Services'
 * labels, in which a value is an anchored regular expression
 * (VictoriaMetrics operator, internal/controller/operator/factory/vmagent/servicescrape.go).
 */
export interface Selection {
  /** False where the selector can't be parsed: such a scrape selects nothing. */
  readonly valid: boolean;
  /** The namespaces it looks into; undefined for all of them. */
  readonly namespaces: readonly string[] | undefined;
  readonly rules: readonly SelectionRule[];
  /** The only Services whose targets its relabelling lets pass, by name; undefined where it does not say. */
  readonly names: readonly string[] | undefined;
}

/** One requirement on the Services' labels. */
export interface SelectionRule {
  readonly key: string;
  /** The sanitised key. */
  readonly label: string;
  /** Where it stands in the scrape's spec: `selector.matchLabels` or `selector.matchExpressions[2]`. */
  readonly field: string;
  /** The values that fulfil it, where there are only a few: what an index can find. Never with the empty string among them. */
  readonly values: readonly string[] | undefined;
  /** Whether only Services that have the label can fulfil it. */
  readonly needsLabel: boolean;
  /** `value` is undefined where the Service lacks the label. */
  accepts(value: string | undefined): boolean;
}

const operators = new Set(['In', 'NotIn', 'Exists', 'DoesNotExist']);

/** True for a requirement that the Kubernetes library parses (apimachinery labels.NewRequirement), its values aside. */
export function isRequirement({ key, operator, values }: Requirement): boolean {
  if (key === '' || !operators.has(operator)) return false;
  return (operator === 'In' || operator === 'NotIn') === values.length > 0;
}

/** The namespaces that a scrape looks into; undefined for all. `any` goes before `matchNames`, and neither means its own. */
export function namespacesOf(scrape: Scrape): readonly string[] | undefined {
  const { namespaceSelector, namespace } = scrape;
  if (namespaceSelector === undefined) return [namespace];
  if (namespaceSelector.any) return undefined;
  return namespaceSelector.matchNames.length === 0 ? [namespace] : namespaceSelector.matchNames;
}

/** What a scrape selects. */
export function selectionOf(scrape: Scrape): Selection {
  const matchLabels = scrape.matchLabels ?? {};
  const rules = Object.keys(matchLabels)
    .sort()
    .map((key) => matchRule(key, labelOf(matchLabels, key) ?? ''));
  let valid = true;
  for (const [index, requirement] of scrape.matchExpressions.entries()) {
    const field = `selector.matchExpressions[${index}]`;
    if (isRequirement(requirement)) rules.push(expressionRule(requirement, field));
    else valid = false;
  }
  return { valid, namespaces: namespacesOf(scrape), rules, names: keptNames(scrape) };
}

/** Whether the namespaces and labels of a Service, and its name, are those selected. */
export function selectsService(selection: Selection, service: Service): boolean {
  if (selection.namespaces !== undefined && !selection.namespaces.includes(service.namespace)) {
    return false;
  }
  if (selection.names !== undefined && !selection.names.includes(service.name)) return false;
  return selectsLabels(selection, service);
}

/** As {@link selectsService}, in whatever namespace and by whatever name. */
export function selectsLabels(selection: Selection, service: Service): boolean {
  if (!selection.valid) return false;
  for (const rule of selection.rules) {
    if (!rule.accepts(sanitisedValue(service.labels, rule.label))) return false;
  }
  return true;
}

function matchRule(key: string, value: string): SelectionRule {
  const { values, needsLabel, accepts } = matching(value);
  const label = sanitised(key);
  return { key, label, field: 'selector.matchLabels', values, needsLabel, accepts };
}

function expressionRule({ key, operator, values }: Requirement, field: string): SelectionRule {
  const label = sanitised(key);
  switch (operator) {
    case 'In':
      return { key, label, field, ...matching(values.join('|')) };
    case 'NotIn': {
      const { accepts } = matching(values.join('|'));
      return {
        key,
        label,
        field,
        values: undefined,
        needsLabel: accepts(undefined),
        accepts: (value) => !accepts(value),
      };
    }
    case 'Exists':
      return {
        key,
        label,
        field,
        values: undefined,
        needsLabel: true,
        accepts: (value) => value !== undefined,
      };
    default:
      return {
        key,
        label,
        field,
        values: undefined,
        needsLabel: false,
        accepts: (value) => value === undefined,
      };
  }
}

/** The rule that keeps values which match an expression; a missing label is an empty value. */
function matching(source: string): Pick<SelectionRule, 'values' | 'needsLabel' | 'accepts'> {
  const pattern = patternOf(source);
  // What can't be compiled makes vmagent skip the scrape; what is too large to compile is taken to match nothing.
  if (!isPattern(pattern)) return { values: [], needsLabel: true, accepts: () => false };
  const needsLabel = !pattern.matches('');
  return {
    values: needsLabel ? pattern.values : undefined,
    needsLabel,
    accepts: (value) => pattern.matches(value ?? ''),
  };
}

/** The names that every endpoint's relabelling is content with; undefined where one of them does not name any. */
function keptNames(scrape: Scrape): readonly string[] | undefined {
  const names = new Set<string>();
  for (const endpoint of scrape.endpoints) {
    const kept = namesKeptBy(endpoint.relabelRules);
    if (kept === undefined) return undefined;
    for (const name of kept) names.add(name);
  }
  return scrape.endpoints.length === 0 ? undefined : [...names];
}

/**
 * The Service names that the rules keep. Only rules up to the first that might change the name are looked at: those
 * after it see another one.
 */
function namesKeptBy(rules: readonly RelabelRule[]): readonly string[] | undefined {
  for (const rule of rules) {
    if (isNameRule(rule)) {
      const pattern = patternOf(rule.regex);
      if (isPattern(pattern) && pattern.values !== undefined) return pattern.values;
    } else if (!leavesNameAlone(rule)) {
      return undefined;
    }
  }
  return undefined;
}

/** True for a rule that keeps the targets of certain Services only, by their name. */
export function isNameRule(rule: RelabelRule): boolean {
  const [source, ...more] = rule.sourceLabels;
  return (
    rule.action === 'keep' &&
    !rule.opaque &&
    more.length === 0 &&
    (source === serviceNameLabel || source === 'service')
  );
}

function leavesNameAlone(rule: RelabelRule): boolean {
  if (rule.action === 'keep' || rule.action === 'drop') return true;
  return (
    rule.action === 'replace' &&
    !rule.targetLabel.includes('$') &&
    rule.targetLabel !== serviceNameLabel &&
    rule.targetLabel !== 'service'
  );
}
