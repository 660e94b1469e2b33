import type { Change } from '../cluster/watch/index.ts';
import type { Inventory } from '../inventory/index.ts';
import type { NamespacedName } from '../kubernetes/index.ts';
import {
  type Agent,
  hasEnded,
  type Labels,
  labelOf,
  namespacedName,
  type Pod,
  type PodScrape,
  type Scrape,
  type Service,
  type StaticScrape,
  type Workload,
} from '../kubernetes/index.ts';
import { isOurs } from '../planning/index.ts';
import type { PipelineSettings } from '../settings/index.ts';
import { madeFor } from './decide.ts';
import type { Wishes } from './wishes.ts';

export interface AffectedContext {
  readonly inventory: Inventory;
  readonly settings: PipelineSettings;
  readonly wishes: Wishes;
}

/** Every name that a scrape of ours can have ends so (see the planner): others can't stand in a Service's way. */
const ourNames = /-(?:metrics|autoscrape)$/;

/**
 * The Services whose plan a change may alter, those first that may take something over. None for changes of what no
 * plan looks at, as a status.
 */
export function affected(change: Change, context: AffectedContext): Iterable<NamespacedName> {
  switch (change.kind) {
    case 'Service':
      return byService(change.before, change.after, context);
    case 'VMServiceScrape':
      return byScrape(change.before, change.after, context);
    case 'Workload':
      return byWorkload(change.before, change.after, context);
    case 'Pod':
      return byPod(change.before, change.after, context);
    case 'ServiceMonitor':
      return byName(change.before, change.after, context);
    case 'Agent':
      return sameAgent(change.before, change.after) ? [] : readByOthers(context);
    case 'PodScrape':
    case 'StaticScrape':
      return sameOtherScrape(change.before, change.after) ? [] : everyService(context);
    case 'Namespace': {
      const name = change.after?.name ?? change.before?.name ?? '';
      if (sameLabels(change.before?.labels ?? {}, change.after?.labels ?? {})) return [];
      return byNamespace(name, context);
    }
  }
}

function byService(
  before: Service | undefined,
  after: Service | undefined,
  { inventory, wishes }: AffectedContext,
): Set<NamespacedName> {
  const keys = new Set<NamespacedName>();
  if (before !== undefined && after !== undefined && sameService(before, after)) return keys;
  const versions = [before, after].filter((version) => version !== undefined);
  for (const version of versions) {
    for (const other of competitors(version, inventory)) {
      keys.add(namespacedName(other.namespace, other.name));
    }
    for (const key of wishes.selecting(version.namespace, version.labels)) keys.add(key);
  }
  for (const { namespace, name } of versions) {
    // Last: whoever takes its scrape over has claimed it by then.
    keys.delete(namespacedName(namespace, name));
    keys.add(namespacedName(namespace, name));
  }
  return keys;
}

function byScrape(
  before: Scrape | undefined,
  after: Scrape | undefined,
  context: AffectedContext,
): Set<NamespacedName> {
  const keys = new Set<NamespacedName>();
  if (before !== undefined && after !== undefined && sameScrape(before, after)) return keys;
  const { inventory, settings, wishes } = context;
  for (const version of [before, after]) {
    if (version === undefined) continue;
    const { namespace, name } = version;
    const claimant = wishes.claimant(namespace, name);
    if (claimant !== undefined) keys.add(claimant);
    if (isOurs(version, settings)) {
      keys.add(namespacedName(namespace, madeFor(version)));
      continue;
    }
    for (const selected of inventory.servicesSelectedBy(version)) {
      keys.add(namespacedName(selected.namespace, selected.name));
      for (const other of competitors(selected, inventory)) {
        keys.add(namespacedName(other.namespace, other.name));
      }
    }
  }
  const foreign = [before, after].some(
    (version) => version !== undefined && !isOurs(version, settings),
  );
  if (foreign) for (const key of byName(before, after, context)) keys.add(key);
  return keys;
}

/** The other Services in front of some of the same pods: the plan of each may follow from that of this one. */
function competitors(service: Service, inventory: Inventory): Service[] {
  return [...inventory.comparableServices(service), ...inventory.overlappingServices(service)];
}

/** Somebody else's name has come or gone: a Service may have to leave it, or may have it now. */
function byName(
  before: { readonly namespace: string; readonly name: string } | undefined,
  after: { readonly namespace: string; readonly name: string } | undefined,
  { inventory, wishes }: AffectedContext,
): Iterable<NamespacedName> {
  const { namespace, name } = after ?? before ?? { namespace: '', name: '' };
  if (!ourNames.test(name)) return [];
  if (after !== undefined) {
    const claimant = wishes.claimant(namespace, name);
    return claimant === undefined ? [] : [claimant];
  }
  // Rare: who may have it now is found by planning all.
  return [...inventory.services(namespace)].map((service) =>
    namespacedName(namespace, service.name),
  );
}

function byWorkload(
  before: Workload | undefined,
  after: Workload | undefined,
  context: AffectedContext,
): Iterable<NamespacedName> {
  if (
    before !== undefined &&
    after !== undefined &&
    sameContent(before.template, after.template) &&
    sameLabels(before.labels, after.labels)
  ) {
    return [];
  }
  return inFrontOf(
    [before, after].flatMap((one) =>
      one === undefined ? [] : [{ namespace: one.namespace, labels: one.template.labels }],
    ),
    context,
  );
}

function byPod(
  before: Pod | undefined,
  after: Pod | undefined,
  context: AffectedContext,
): Iterable<NamespacedName> {
  if (
    before !== undefined &&
    after !== undefined &&
    hasEnded(before) === hasEnded(after) &&
    sameContent(before.shape, after.shape) &&
    sameLabels(before.labels, after.labels)
  ) {
    return [];
  }
  return inFrontOf(
    [before, after].filter((one) => one !== undefined),
    context,
  );
}

/** The Services that select pods, and those that compete with them. */
function inFrontOf(
  pods: readonly { readonly namespace: string; readonly labels: Labels }[],
  { inventory }: AffectedContext,
): Set<NamespacedName> {
  const keys = new Set<NamespacedName>();
  for (const { namespace, labels } of pods) {
    for (const service of inventory.servicesSelecting(namespace, labels)) {
      keys.add(namespacedName(namespace, service.name));
      for (const other of competitors(service, inventory)) {
        keys.add(namespacedName(namespace, other.name));
      }
    }
  }
  return keys;
}

function* servicesOf(namespace: string, { inventory }: AffectedContext): Iterable<NamespacedName> {
  for (const service of inventory.services(namespace))
    yield namespacedName(namespace, service.name);
}

function sameService(before: Service, after: Service): boolean {
  return (
    before.uid === after.uid &&
    before.deleting === after.deleting &&
    before.type === after.type &&
    before.headless === after.headless &&
    sameLabels(before.labels, after.labels) &&
    sameContent(before.selector, after.selector) &&
    sameContent(before.ports, after.ports) &&
    sameContent(before.owners, after.owners)
  );
}

/** Its Services, and those that its scrapes may read: agents choose scrapes by the labels of their namespace, too. */
function* byNamespace(name: string, context: AffectedContext): Iterable<NamespacedName> {
  const { inventory } = context;
  if ([...inventory.podScrapes(name), ...inventory.staticScrapes(name)].length > 0) {
    yield* everyService(context);
    return;
  }
  yield* servicesOf(name, context);
  yield* selectedByForeign(inventory.scrapes(name), context);
}

/** The Services that a foreign scrape selects, and those in front of the same pods: what agents take decides on them. */
function* readByOthers(context: AffectedContext): Iterable<NamespacedName> {
  const { inventory } = context;
  if (inventory.size('VMPodScrape') + inventory.size('VMStaticScrape') > 0) {
    yield* everyService(context);
    return;
  }
  yield* selectedByForeign(inventory.scrapes(), context);
}

function* selectedByForeign(
  scrapes: Iterable<Scrape>,
  { inventory, settings }: AffectedContext,
): Iterable<NamespacedName> {
  const keys = new Set<NamespacedName>();
  for (const scrape of scrapes) {
    if (isOurs(scrape, settings)) continue;
    for (const selected of inventory.servicesSelectedBy(scrape)) {
      for (const one of [selected, ...competitors(selected, inventory)]) {
        const key = namespacedName(one.namespace, one.name);
        if (!keys.has(key)) yield key;
        keys.add(key);
      }
    }
  }
}

/** Scrapes of pods and of addresses are few, and may concern any Service. */
function* everyService({
  inventory,
}: Pick<AffectedContext, 'inventory'>): Iterable<NamespacedName> {
  for (const { namespace, name } of inventory.services()) yield namespacedName(namespace, name);
}

/** Without either it is said that all agents are known from now on, or not any more. */
function sameAgent(before: Agent | undefined, after: Agent | undefined): boolean {
  if (before === undefined && after === undefined) return false;
  return sameBut(before, after, ['resourceVersion']);
}

/** The operator renews the status of every scrape all the time: what it says there counts, and no more. */
function sameOtherScrape(
  before: PodScrape | StaticScrape | undefined,
  after: PodScrape | StaticScrape | undefined,
): boolean {
  return sameBut(before, after, ['resourceVersion']);
}

function sameBut(before: object | undefined, after: object | undefined, keys: string[]): boolean {
  if (before === undefined || after === undefined) return before === after;
  const left = (object: object) => Object.entries(object).filter(([key]) => !keys.includes(key));
  return sameContent(left(before), left(after));
}

/**
 * True where nothing differs that matching, planning or healing looks at. Of the status the operator's word counts;
 * the timestamps that it renews all the time were left out when it was read.
 */
function sameScrape(before: Scrape, after: Scrape): boolean {
  return (
    before.uid === after.uid &&
    before.deleting === after.deleting &&
    sameLabels(before.labels, after.labels) &&
    sameLabels(before.annotations, after.annotations) &&
    sameContent(before.managers, after.managers) &&
    sameContent(before.owners, after.owners) &&
    before.generation === after.generation &&
    sameContent(before.status, after.status) &&
    sameContent(before.spec, after.spec)
  );
}

function sameLabels(one: Labels, other: Labels): boolean {
  if (one === other) return true;
  const keys = Object.keys(one);
  if (keys.length !== Object.keys(other).length) return false;
  return keys.every((key) => labelOf(one, key) === labelOf(other, key));
}

function sameContent(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
