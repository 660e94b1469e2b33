import {
  type Container,
  controllerOf,
  groupOf,
  type Labels,
  labelOf,
  type Pod,
  type Service,
  type Workload,
} from '../kubernetes/index.ts';
import {
  type Catalogue,
  type Entry,
  type Evidence,
  ownLabels,
  type Recognition,
  standardLabels,
} from './types.ts';

/** What can be recognised: a Service, a workload or a pod. */
export type Recognisable = Service | Workload | Pod;

const noEvidence: Recognition = { entry: undefined, because: { kind: 'no-evidence' } };
const optedOut: Recognition = { entry: undefined, because: { kind: 'opted-out' } };

/**
 * What `object` is in the words of the catalogue, and by which evidence; `opted-out` where its own label says so.
 *
 * @param injected whether the object's namespace is labelled `autoscrape.multigres.com/inject: enabled`, so that
 *   weak evidence counts
 */
export function recognise(
  object: Recognisable,
  catalogue: Catalogue,
  injected: boolean,
): Recognition {
  const recognition = identify(object, catalogue, injected);
  return recognition.entry !== undefined && hasOptedOut(object.labels) ? optedOut : recognition;
}

/** Like {@link recognise}, also for an object that has opted out: coverage names what is left out. */
export function identify(
  object: Recognisable,
  catalogue: Catalogue,
  injected: boolean,
): Recognition {
  const strong = byOwner(object, catalogue) ?? byStandardLabels(object.labels, catalogue);
  if (strong !== undefined) return strong;
  if (!injected) return noEvidence;
  return byWeakEvidence(object, catalogue);
}

/** True where the labels of an object or a namespace ask to be left alone. */
export function hasOptedOut(labels: Labels): boolean {
  return labelOf(labels, ownLabels.scrape) === 'false';
}

/** True where the labels of an object or a namespace ask that nothing be added to make it send its metrics. */
export function hasOptedOutOfPushing(labels: Labels): boolean {
  return labelOf(labels, ownLabels.push) === 'false';
}

/** True where a namespace's labels ask for weak evidence to count. */
export function isInjected(namespaceLabels: Labels): boolean {
  return labelOf(namespaceLabels, ownLabels.inject) === 'enabled';
}

/**
 * The controlling owner's group and kind. Where the operator's own labels name another component than the owner's
 * kind does, the labels win: two resources that write one Service in turn rewrite labels, selector and ports
 * together, and leave the owner.
 */
function byOwner(object: Recognisable, catalogue: Catalogue): Recognition | undefined {
  const owner = controllerOf(object);
  if (owner === undefined) return undefined;
  const group = groupOf(owner.apiVersion);
  const meaning = catalogue.byOwner.get(`${group} ${owner.kind}`);
  if (meaning === undefined) return undefined;
  const because: Evidence = { kind: 'owner', strength: 'strong', group, owner: owner.kind };
  const { dialect, entry } = meaning;
  const label = labelOf(object.labels, standardLabels.component);
  const labelled =
    label === undefined
      ? undefined
      : (catalogue.byComponentLabel.get(label) ?? []).filter((one) => one.dialect === dialect.name);
  if (entry === undefined) {
    const [named] = labelled ?? [];
    return named === undefined ? undefined : { entry: named, because };
  }
  if (labelled === undefined || labelled.length === 0 || labelled.includes(entry)) {
    return { entry, because };
  }
  return byStandardLabels(object.labels, catalogue) ?? { entry, because };
}

/** `part-of` with a component that the catalogue names, or a pair of `name` and `component` that nobody else uses. */
function byStandardLabels(labels: Labels, catalogue: Catalogue): Recognition | undefined {
  const component = labelOf(labels, standardLabels.component);
  if (component === undefined) return undefined;
  const entries = catalogue.byComponentLabel.get(component);
  if (entries === undefined) return undefined;
  const name = labelOf(labels, standardLabels.name);
  const pair = entries.find((entry) => isPair(entry, name, component));
  if (labelOf(labels, standardLabels.partOf) === catalogue.partOf) {
    const entry = pairOfLatest(entries, name, component) ?? latestOf(entries, component);
    if (entry === undefined) return undefined;
    return { entry, because: { kind: 'part-of', strength: 'strong', label: component } };
  }
  if (pair?.pairIsStrong !== true || name === undefined) return undefined;
  return { entry: pair, because: { kind: 'pair', strength: 'strong', name, label: component } };
}

function isPair(entry: Entry, name: string | undefined, component: string): boolean {
  return entry.labels.name === name && entry.labels.component === component;
}

/** The newest dialect's entry whose own labels these are. */
function pairOfLatest(
  entries: readonly Entry[],
  name: string | undefined,
  component: string,
): Entry | undefined {
  return entries.findLast((entry) => isPair(entry, name, component));
}

/**
 * The newest dialect's entry that is itself labelled so, before one that has the label as another name: the labels
 * that it gets then mean the same entry.
 */
function latestOf(entries: readonly Entry[], component: string): Entry | undefined {
  return entries.findLast((entry) => entry.labels.component === component) ?? entries.at(-1);
}

/** What counts in inject namespaces alone: our own label decides; else pair, image and ports have to agree. */
function byWeakEvidence(object: Recognisable, catalogue: Catalogue): Recognition {
  const numbers = portNumbers(object);
  const own = labelOf(object.labels, ownLabels.component);
  if (own !== undefined) {
    const entry = likeliest(catalogue.byComponent.get(own) ?? [], numbers);
    if (entry === undefined) return noEvidence;
    return { entry, because: { kind: 'own-label', strength: 'weak', label: own } };
  }
  const found = [
    ...weakPair(object.labels, catalogue),
    ...weakImages(object, catalogue, numbers),
    ...weakPorts(catalogue, numbers),
  ];
  const [first] = found;
  if (first === undefined) return noEvidence;
  const components = [...new Set(found.map((one) => one.entry.component))];
  if (components.length === 1) return first;
  return { entry: undefined, because: { kind: 'ambiguous', components: components.sort() } };
}

interface Recognised {
  readonly entry: Entry;
  readonly because: Evidence;
}

function weakPair(labels: Labels, catalogue: Catalogue): Recognised[] {
  const name = labelOf(labels, standardLabels.name);
  const component = labelOf(labels, standardLabels.component);
  if (name === undefined || component === undefined) return [];
  const entry = catalogue.byComponentLabel
    .get(component)
    ?.find((one) => isPair(one, name, component));
  if (entry === undefined) return [];
  return [{ entry, because: { kind: 'pair', strength: 'weak', name, label: component } }];
}

function weakImages(
  object: Recognisable,
  catalogue: Catalogue,
  numbers: ReadonlySet<number>,
): Recognised[] {
  return containersOf(object).flatMap((container): Recognised[] => {
    const image = imageName(container.image);
    const entry = likeliest(catalogue.byImage.get(image) ?? [], numbers);
    return entry === undefined
      ? []
      : [{ entry, because: { kind: 'image', strength: 'weak', image } }];
  });
}

/** A number that several components of one dialect use (8080) says nothing. */
function weakPorts(catalogue: Catalogue, numbers: ReadonlySet<number>): Recognised[] {
  return [...numbers].flatMap((port): Recognised[] => {
    const entries = catalogue.byPort.get(port) ?? [];
    if (new Set(entries.map((entry) => entry.component)).size !== 1) return [];
    const entry = likeliest(entries, numbers);
    return entry === undefined
      ? []
      : [{ entry, because: { kind: 'port', strength: 'weak', port } }];
  });
}

/** The first entry with a facet on one of the ports, else the newest dialect's. */
function likeliest(entries: readonly Entry[], numbers: ReadonlySet<number>): Entry | undefined {
  return (
    entries.find((entry) => entry.facets.some((facet) => numbers.has(facet.port.number))) ??
    entries.at(-1)
  );
}

function containersOf(object: Recognisable): readonly Container[] {
  if (object.kind === 'Service') return [];
  return object.kind === 'Pod' ? object.shape.containers : object.template.containers;
}

function portNumbers(object: Recognisable): ReadonlySet<number> {
  if (object.kind === 'Service') {
    const numbers = object.ports.flatMap((port) =>
      typeof port.targetPort === 'number' ? [port.port, port.targetPort] : [port.port],
    );
    return new Set(numbers);
  }
  return new Set(
    containersOf(object).flatMap((container) => container.ports.map((port) => port.number)),
  );
}

/** The last part of an image's name: `etcd` of `registry.example/team/etcd:v3@sha256:…`. */
export function imageName(image: string): string {
  const last = image.slice(image.lastIndexOf('/') + 1);
  const end = last.search(/[:@]/);
  return end < 0 ? last : last.slice(0, end);
}
