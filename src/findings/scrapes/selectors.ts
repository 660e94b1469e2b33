import { nearest } from '../../ground/nearest.ts';
import type { Inventory } from '../../inventory/index.ts';
import {
  child,
  isLabelValue,
  labelOf,
  member,
  type Requirement,
  type Service,
} from '../../kubernetes/index.ts';
import {
  isNameRule,
  isRequirement,
  type Selection,
  sanitisedValue,
} from '../../selection/index.ts';
import { type Check, knowsServices } from './check.ts';
import { clipped, type Found, listed, placed, quoted } from './found.ts';
import { nearestService } from './nearest-service.ts';
import {
  appending,
  type FoundEdit,
  oneWay,
  type Remedy,
  removing,
  setting,
  writing,
} from './remedy.ts';

const operators = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

/** What is wrong with the selectors themselves, whatever there is to select. */
export function selectorFindings(check: Check): Found[] {
  const { scrape } = check;
  const found: Found[] = [];
  for (const [index, requirement] of scrape.matchExpressions.entries()) {
    const field = `selector.matchExpressions[${index}]`;
    const wrong = isRequirement(requirement)
      ? notLiteral(`${field}.values`, requirement.key, requirement.values)
      : badRequirement(field, requirement);
    if (wrong !== undefined) found.push(wrong);
    if (found.length >= 10) return found;
  }
  const matchLabels = scrape.matchLabels ?? {};
  for (const key of Object.keys(matchLabels)) {
    const wrong = notLiteral('selector.matchLabels', key, [labelOf(matchLabels, key) ?? '']);
    if (wrong !== undefined) found.push(wrong);
    if (found.length >= 10) return found;
  }
  if (isEmptySelector(check)) found.push(emptySelector(check));
  return found;
}

function badRequirement(field: string, { key, operator, values }: Requirement): Found {
  const code = 'bad-selector';
  if (key === '') {
    return {
      code,
      field: `${field}.key`,
      message: 'the key of the label is missing: the operator rejects the scrape',
      fix: "write key: with the label's key, or remove the expression",
    };
  }
  if (!operators.includes(operator)) {
    return {
      code,
      field: `${field}.operator`,
      message: `${quoted(operator)} is none of ${operators.join(', ')}: the operator rejects the scrape`,
      ...writing(`${field}.operator`, intendedOperator(operator, values.length > 0)),
    };
  }
  const needsValues = operator === 'In' || operator === 'NotIn';
  const other = operator === 'In' ? 'Exists' : 'DoesNotExist';
  return {
    code,
    field: `${field}.values`,
    message: needsValues
      ? `${operator} needs values: the operator rejects the scrape`
      : `${operator} takes no values: the operator rejects the scrape`,
    ...(needsValues
      ? { fix: `write values, or operator: ${other}` }
      : oneWay('remove values', removing(`${field}.values`))),
  };
}

/** `!=`, `notin` and `NotExists` deny, whatever they are spelled most like. */
function intendedOperator(operator: string, hasValues: boolean): string {
  const denies = /not|!/i.test(operator);
  if (hasValues) return denies ? 'NotIn' : 'In';
  return denies ? 'DoesNotExist' : 'Exists';
}

/** A value that no label can have works in older operators as a regular expression, and is refused by newer ones. */
function notLiteral(field: string, key: string, values: readonly string[]): Found | undefined {
  const wrong = values.find((value) => !isLabelValue(value));
  if (wrong === undefined) return undefined;
  const alternatives = wrong.split('|');
  const isEither =
    alternatives.length > 1 && alternatives.every((one) => one !== '' && isLabelValue(one));
  const shown = clipped(key, 130);
  const expression = isEither
    ? `{key: ${shown}, operator: In, values: [${alternatives.join(', ')}]}`
    : `{key: ${shown}, operator: Exists}`;
  const isAnything = wrong === '.*' || wrong === '.+';
  return {
    code: 'selector-not-literal',
    field,
    message: `${quoted(wrong)} is no value of a label: newer operators reject the scrape`,
    ...(isEither || isAnything
      ? underExpressions(field, key, isEither ? alternatives : undefined, expression)
      : {
          fix: `write the value that ${shown} has, with matchExpressions if there are several`,
        }),
  };
}

/** @param values undefined for any value */
function underExpressions(
  field: string,
  key: string,
  values: readonly string[] | undefined,
  written: string,
): Remedy {
  const fix = `write it under matchExpressions: ${written}`;
  if (field !== 'selector.matchLabels') return { fix };
  const expression =
    values === undefined ? { key, operator: 'Exists' } : { key, operator: 'In', values };
  const label: FoundEdit = { action: 'remove', path: ['spec', 'selector', 'matchLabels', key] };
  return oneWay(fix, label, appending('selector.matchExpressions', expression));
}

/** True where nothing narrows what is selected: no label, no expression, and no rule that keeps certain targets. */
function isEmptySelector({ scrape, spec }: Check): boolean {
  const selector = member(spec, 'selector');
  const isEmpty =
    selector === undefined ||
    selector === null ||
    (scrape.matchExpressions.length === 0 && Object.keys(scrape.matchLabels ?? {}).length === 0);
  if (!isEmpty || scrape.endpoints.length === 0) return false;
  return !scrape.endpoints.every((endpoint) =>
    endpoint.relabelRules.some(
      ({ action, sourceLabels }) => action.startsWith('keep') && !sourceLabels.every(isPortLabel),
    ),
  );
}

function isPortLabel(name: string): boolean {
  return /port_(?:name|number|protocol)$/.test(name);
}

function emptySelector({ scrape, spec, services, selection }: Check): Found {
  const isAbsent = child(spec, 'selector') === undefined;
  const where =
    selection.namespaces === undefined
      ? 'all namespaces'
      : `namespace ${listed(selection.namespaces)}`;
  const count = services.length > 0 ? ` (${listed(names(services))})` : '';
  const ports = scrape.endpoints.map((endpoint) => endpoint.port);
  const meant = services.find((service) => service.ports.some(({ name }) => ports.includes(name)));
  const label = meant === undefined ? undefined : tellingLabel(meant);
  const shown = label === undefined ? '' : `${label.key}: ${label.value}`;
  return {
    code: 'empty-selector',
    field: isAbsent ? '' : 'selector',
    message: `${isAbsent ? 'without a selector it' : 'it'} selects every Service of ${where}${count}`,
    ...(label === undefined
      ? { fix: 'write under spec.selector.matchLabels the labels of the Services meant' }
      : {
          ...oneWay(
            `write spec.selector.matchLabels: {${shown}}`,
            setting('selector.matchLabels', { [label.key]: label.value }),
          ),
          otherwise: `where only Services with ${shown} are meant, write spec.selector.matchLabels: {${shown}}`,
        }),
  };
}

function names(services: readonly Service[]): string[] {
  return services.map((service) => service.name);
}

/** The label that most likely tells a Service from others. */
function tellingLabel(
  service: Service,
): { readonly key: string; readonly value: string } | undefined {
  const usual = ['app.kubernetes.io/instance', 'app.kubernetes.io/name', 'app', 'k8s-app', 'name'];
  const key = [...usual, ...Object.keys(service.labels)].find(
    (one) => labelOf(service.labels, one) !== undefined,
  );
  return key === undefined ? undefined : { key, value: labelOf(service.labels, key) ?? '' };
}

/** What the selectors find, or do not, among the objects that are known. */
export function selectionFindings(check: Check): Found[] {
  const { selection, inventory, scrape, services, complete } = check;
  if (!selection.valid || !knowsServices(selection, inventory)) return [];
  const missing = missingNamespaces(check);
  const elsewhere = emptyNamespaceSelector(check);
  const found = [...missing, ...elsewhere];
  const allMissing = missing.length > 0 && missing.length >= (selection.namespaces?.length ?? 0);
  const explained = allMissing || elsewhere.some(({ severity }) => severity === undefined);
  const hasTargets = scrape.endpoints.length > 0;
  const isThere = selectsServiceOfKubernetes(selection, inventory);
  if (services.length === 0 && complete && !explained && hasTargets && !isThere)
    found.push(selectsNothing(check));
  return found;
}

/** The API server makes Service `kubernetes` in `default` itself: it is in nobody's files. */
function selectsServiceOfKubernetes(
  { namespaces, rules }: Selection,
  inventory: Inventory,
): boolean {
  const labels = { component: 'apiserver', provider: 'kubernetes' };
  const isLookedFor = namespaces === undefined || namespaces.includes('default');
  return (
    isLookedFor &&
    inventory.service('default', 'kubernetes') === undefined &&
    rules.every((rule) => rule.accepts(sanitisedValue(labels, rule.label)))
  );
}

function missingNamespaces({ inventory, scrape }: Check): Found[] {
  const { namespaceSelector } = scrape;
  if (namespaceSelector === undefined || namespaceSelector.any || !inventory.knows('Namespace')) {
    return [];
  }
  const found: Found[] = [];
  for (const [index, name] of namespaceSelector.matchNames.slice(0, 20).entries()) {
    // A namespace that has Services is there, listed or not.
    const [some] = inventory.services(name);
    if (inventory.namespace(name) !== undefined || some !== undefined) continue;
    const known = [...inventory.namespaces()].slice(0, 1000).map((namespace) => namespace.name);
    const intended = nearest(name, known);
    const field = `namespaceSelector.matchNames[${index}]`;
    found.push({
      code: 'namespace-missing',
      field,
      message: `there is no namespace ${quoted(name)}`,
      ...(intended === undefined
        ? { fix: 'create it, or remove the name' }
        : oneWay(`write ${intended}`, setting(field, intended))),
    });
  }
  return found;
}

/** `namespaceSelector: {}`, which reads like "all" and means "mine". */
function emptyNamespaceSelector({ spec, scrape, selection, inventory }: Check): Found[] {
  const selector = child(spec, 'namespaceSelector');
  if (selector === undefined || scrape.namespaceSelector === undefined) return [];
  if (member(selector, 'any') !== undefined || scrape.namespaceSelector.matchNames.length > 0) {
    return [];
  }
  const everywhere: Selection = { ...selection, namespaces: undefined };
  const other = firstElsewhere(inventory.someServices(everywhere, 32).services, scrape.namespace);
  const own = `only the scrape's own namespace, ${clipped(scrape.namespace, 130)}`;
  return [
    other === undefined
      ? {
          code: 'empty-namespace-selector',
          field: 'namespaceSelector',
          message: `it means ${own}, as without it`,
          fix: 'remove it, or write any: true for all namespaces',
          severity: 'info',
        }
      : {
          code: 'empty-namespace-selector',
          field: 'namespaceSelector',
          message: `it means ${own}; Services such as ${placed(other, '')} match in others`,
          fix: 'write any: true for all namespaces, or remove it',
        },
  ];
}

function firstElsewhere(services: readonly Service[], home: string): Service | undefined {
  return services.find((service) => service.namespace !== home);
}

function selectsNothing(check: Check): Found {
  const { selection, inventory, scrape } = check;
  const code = 'selects-nothing';
  const byLabels = inventory.someServices({ ...selection, names: undefined }, 16).services;
  if (selection.names !== undefined && byLabels.length > 0) return nameNotFound(check, byLabels);
  if (scrape.namespaceSelector === undefined || !scrape.namespaceSelector.any) {
    const [other] = inventory.someServices({ ...selection, namespaces: undefined }, 1).services;
    if (other !== undefined && selection.rules.length > 0) {
      const looked = listed(selection.namespaces ?? []);
      return {
        code,
        field: 'namespaceSelector',
        message: `no Service in ${looked} is selected, but ${placed(other, '')} would be`,
        ...oneWay(
          `write namespaceSelector: {matchNames: [${other.namespace}]}`,
          setting('namespaceSelector', { matchNames: [other.namespace] }),
        ),
      };
    }
  }
  const near = nearestService(selection, inventory);
  const where = selection.namespaces === undefined ? 'any namespace' : listed(selection.namespaces);
  if (near === undefined) {
    return {
      code,
      field: 'selector',
      message: `no Service in ${where} is selected, and none comes near`,
      fix: 'check the labels, or make the Service',
    };
  }
  return {
    code,
    field: near.field,
    message: `no Service is selected; nearest is ${placed(near.service, scrape.namespace)}, ${near.difference}`,
    ...near.remedy,
  };
}

/** The labels select Services, but a rule keeps targets of another name. */
function nameNotFound({ scrape, selection }: Check, services: readonly Service[]): Found {
  const endpoint = scrape.endpoints.findIndex(({ relabelRules }) => relabelRules.some(isNameRule));
  const rule = scrape.endpoints[endpoint]?.relabelRules.findIndex(isNameRule) ?? 0;
  const candidates = names(services).sort();
  const [kept = ''] = selection.names ?? [];
  const intended = nearest(kept, candidates) ?? candidates[0] ?? '';
  const field = `endpoints[${endpoint}].relabelConfigs[${rule}].regex`;
  return {
    code: 'selects-nothing',
    field,
    message: `it keeps only Service ${listed(selection.names ?? [])}; the selected ones are ${listed(candidates)}`,
    ...writing(field, intended),
  };
}
