import { type Catalogue, type Dialect, ownLabels, standardLabels } from '../catalogue/index.ts';
import { all, any, group, isOneOf, quoted } from './cel.ts';

/**
 * What the API server asks itself, in CEL, before it calls us, at every write of the resources that the rules name
 * (https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#matching-requests-matchconditions).
 *
 * - A condition that fails to evaluate under `failurePolicy: Ignore` leaves us out without a word. What may be absent
 *   is therefore read with `.?field` and `[?key]`, which do not fail. They came with Kubernetes 1.29, conditions
 *   themselves are stable since 1.30.
 * - The API server evaluates all conditions of a webhook, also after one that is false. So a webhook has one that ends
 *   early rather than two with a name each: half the cost for what is nobody's component.
 */
export interface MatchCondition {
  readonly name: string;
  readonly expression: string;
}

/** An object with strong evidence (as `recognise` sees it) that is new, or changed in what we read. */
export function componentThatChanges(catalogue: Catalogue): MatchCondition {
  return {
    name: 'component-that-changes',
    expression: all([group(strongEvidence(catalogue)), group(changes)]),
  };
}

const name = labelValue(standardLabels.name);
const component = labelValue(standardLabels.component);
const partOf = labelValue(standardLabels.partOf);

/**
 * Most updates change nothing, or only status, annotations and managed fields: an operator writes its objects again
 * and again. What we read of any object is its spec, labels and owners.
 */
const changes = any([
  'request.operation != "UPDATE"',
  'object.?spec != oldObject.?spec',
  'object.metadata.?labels != oldObject.metadata.?labels',
  'object.metadata.?ownerReferences != oldObject.metadata.?ownerReferences',
]);

/** An object that is new, or changed in what we read. */
export const thatChanges: MatchCondition = { name: 'that-changes', expression: changes };

/** A MultigresCluster that is made, or one of which a write changes what was added to it. */
export const clusterToComplete: MatchCondition = {
  name: 'cluster-to-complete',
  expression: any([
    'request.operation != "UPDATE"',
    all([
      `oldObject.metadata.?annotations[?${quoted(ownLabels.pushed)}].hasValue()`,
      'object.?spec.?observability != oldObject.?spec.?observability',
    ]),
  ]),
};

/** Writes of everybody but one user. */
export function writtenByOthers(username: string): MatchCondition {
  return {
    name: 'written-by-others',
    expression: `request.userInfo.username != ${quoted(username)}`,
  };
}

function strongEvidence(catalogue: Catalogue): string {
  const owners = owningKinds(catalogue);
  const pairs = strongPairs(catalogue);
  return any([
    ...(owners.length === 0 ? [] : [controlledBy(owners)]),
    all([
      `${partOf} == ${quoted(catalogue.partOf)}`,
      isOneOf(component, sorted(catalogue.byComponentLabel.keys())),
    ]),
    ...(pairs.length === 0 ? [] : [isOneOf(`${name} + "/" + ${component}`, pairs)]),
  ]);
}

/** A label's value; the empty string, which is no evidence, where it is absent. */
function labelValue(key: string): string {
  return `object.metadata.?labels[?${quoted(key)}].orValue("")`;
}

/** Kinds of one API group, and the component labels that their objects need to be told apart. */
interface OwningKinds {
  readonly apiGroup: string;
  readonly kinds: readonly string[];
  /** Undefined where the kind alone says what its objects are. */
  readonly components: readonly string[] | undefined;
}

function controlledBy(owners: readonly OwningKinds[]): string {
  const meant = owners.map(({ apiGroup, kinds, components }) =>
    all([
      `o.apiVersion.startsWith(${quoted(`${apiGroup}/`)})`,
      isOneOf('o.kind', kinds),
      ...(components === undefined ? [] : [isOneOf(component, components)]),
    ]),
  );
  const controls = all(['o.?controller.orValue(false)', group(any(meant))]);
  return `object.metadata.?ownerReferences.orValue([]).exists(o, ${controls})`;
}

function owningKinds(catalogue: Catalogue): OwningKinds[] {
  const found = new Map<string, { apiGroup: string; kinds: string[]; shared?: Dialect }>();
  for (const [owner, { dialect, entry }] of catalogue.byOwner) {
    const [apiGroup = '', kind = ''] = owner.split(' ');
    const key = entry === undefined ? `${apiGroup} ${dialect.name}` : apiGroup;
    const same = found.get(key) ?? {
      apiGroup,
      kinds: [],
      ...(entry === undefined ? { shared: dialect } : {}),
    };
    same.kinds.push(kind);
    found.set(key, same);
  }
  return [...found.values()].map(({ apiGroup, kinds, shared }) => ({
    apiGroup,
    kinds: sorted(kinds),
    components: shared === undefined ? undefined : componentLabels(shared),
  }));
}

function componentLabels(dialect: Dialect): string[] {
  return sorted(dialect.entries.flatMap(({ labels, aliases }) => [labels.component, ...aliases]));
}

/** `name/component` of the pairs that are strong alone. A slash is in no label value. */
function strongPairs(catalogue: Catalogue): string[] {
  const entries = catalogue.dialects.flatMap((dialect) => dialect.entries);
  return sorted(
    entries
      .filter((entry) => entry.pairIsStrong)
      .map(({ labels }) => `${labels.name}/${labels.component}`),
  );
}

function sorted(texts: Iterable<string>): string[] {
  return [...new Set(texts)].sort();
}
