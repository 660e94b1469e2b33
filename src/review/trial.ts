import {
  type Edit,
  type Finding,
  type FixWay,
  findingOptions,
  missingReference,
  type ObjectRef,
  type Surroundings,
  scrapeFindings,
  surroundingFindings,
  surroundingsOf,
} from '../findings/index.ts';
import {
  editedObject,
  type Json,
  type KubernetesObject,
  type Scrape,
  valueAt,
} from '../kubernetes/index.ts';
import type { PlanContext } from '../planning/index.ts';

import { type InputObject, keyOf } from './input.ts';
import { lostReads, type Read, readsOf, readsSomething } from './reads.ts';
import type { TriedEdit } from './types.ts';

/** Everything that a trial changes and judges again. */
export interface Bench {
  readonly input: readonly InputObject[];
  /** Its inventory holds the objects as they are stored; a trial puts everything back as it was. */
  readonly context: PlanContext;
  readonly surroundings: Surroundings;
  /** An object as it would be stored. */
  readonly stored: (entry: InputObject) => KubernetesObject | undefined;
  /** See {@link surroundingFindings}. */
  readonly isConverted: boolean;
}

/** A finding whose fix was tried: edits are there where it may be done as it is said. */
export interface Tried {
  readonly fix: string;
  readonly edits?: readonly TriedEdit[];
}

/** More trials of one scrape, and more of what every scrape depends on, are not made for one input. */
const most = { narrow: 200, wide: 20 } as const;

/** Rounds in which what an edit brings to light is put right with it. */
const mostRounds = 3;

/**
 * Tries what findings say should be done: each way is applied to the objects at hand, and these are judged again. A way
 * stands where the finding is gone, what was meant is read, and everything that was read still is. A finding with a way
 * that stands keeps its fix, with the edits; of others the fix becomes what is to be found out.
 */
export function trialOf(bench: Bench): (finding: Finding) => Tried {
  const entries = new Map(bench.input.map((entry) => [keyOf(entry.ref), entry]));
  const left: Record<keyof typeof most, number> = { ...most };
  const isOverdrawn = (way: FixWay): boolean => {
    const kind = way.edits.every(({ object }) => object.kind === 'VMServiceScrape')
      ? 'narrow'
      : 'wide';
    left[kind] -= 1;
    return left[kind] < 0;
  };
  return (finding) => {
    const { ways, fix, otherwise } = finding;
    if (ways === undefined) return { fix };
    const [first] = ways;
    if (first === undefined || ways.some(isOverdrawn)) {
      return { fix: `review it alone to have this tried: ${fix}` };
    }
    const tried = ways.map((way) => tryWay(bench, entries, finding, way));
    const stands = tried.filter((one) => one.why === undefined);
    const [best] = stands;
    if (best === undefined) {
      return { fix: otherwise ?? whatToFindOut(first, tried[0]?.why ?? { kind: 'stays' }) };
    }
    const isAsSaid =
      stands.length === ways.length && stands.every((one, at) => one.way === ways[at]);
    return {
      fix: isAsSaid ? fix : stands.map(({ way }) => way.text).join(', or '),
      edits: best.edits,
    };
  };
}

/** The reason for which a way does not stand. */
type TrialFailure =
  | { readonly kind: 'stays' | 'no-place' | 'reads-nothing' }
  | { readonly kind: 'loses'; readonly read: Read }
  | { readonly kind: 'leads-to'; readonly finding: Finding };

function whatToFindOut({ text }: FixWay, why: TrialFailure): string {
  switch (why.kind) {
    case 'stays':
      return `find out what is meant: "${text}" was tried and does not help`;
    case 'no-place':
      return `find out what is meant: "${text}" does not fit the object`;
    case 'reads-nothing':
      return `find out what is meant: with "${text}" nothing would be read`;
    case 'loses':
      return `find out what else helps: with "${text}" nothing would read ${why.read.shown} any more`;
    case 'leads-to':
      return `find out what is meant: "${text}" leads to ${why.finding.code}`;
  }
}

interface TrialOutcome {
  readonly way: FixWay;
  readonly edits: readonly TriedEdit[];
  /** Undefined where it stands. */
  readonly why: TrialFailure | undefined;
}

type Entries = ReadonlyMap<string, InputObject>;

/** Tries a way, and with it what puts right what it brings to light. */
function tryWay(bench: Bench, entries: Entries, finding: Finding, given: FixWay): TrialOutcome {
  let way = given;
  let first: TrialOutcome | undefined;
  for (let round = 0; round < mostRounds; round += 1) {
    const { outcome, fresh } = judge(bench, entries, finding, way);
    first ??= outcome;
    if (outcome.why === undefined) return outcome;
    const next = fresh.flatMap(({ ways }) => ways ?? []).find(keepsObjects);
    if (next === undefined || !isAboutReading(outcome.why)) break;
    way = { text: `${way.text}; ${next.text}`, edits: [...way.edits, ...next.edits] };
  }
  return first ?? { way, edits: [], why: { kind: 'stays' } };
}

function keepsObjects({ edits }: FixWay): boolean {
  return edits.every(({ path }) => path.length > 0);
}

function isAboutReading({ kind }: TrialFailure): boolean {
  return kind === 'reads-nothing' || kind === 'leads-to';
}

/** An object with a way's edits; undefined for one that it removes. */
interface Changed {
  readonly entry: InputObject;
  readonly value: Json | undefined;
}

function judge(
  bench: Bench,
  entries: Entries,
  finding: Finding,
  way: FixWay,
): { readonly outcome: TrialOutcome; readonly fresh: readonly Finding[] } {
  const changes = changesOf(entries, way.edits);
  if (changes === undefined) {
    return { outcome: { way, edits: [], why: { kind: 'no-place' } }, fresh: [] };
  }
  const { inventory } = bench.context;
  const isNarrow = changes.every(({ entry }) => entry.ref.kind === 'VMServiceScrape');
  const named = [...changes.map(({ entry }) => entry.ref), ...objectsOf(finding)];
  const affected = (): Scrape[] =>
    isNarrow ? scrapesOf(named, bench.context) : [...inventory.scrapes()];
  const before = standing(affected(), bench.context, bench);
  return changed(bench, changes, (context, surroundings) => {
    const scrapes = affected();
    const after = standing(scrapes, context, { ...bench, surroundings });
    const fresh = after.findings.filter((one) => !isAmong(one, before.findings));
    const why =
      stays(finding, before.findings, after.findings) ??
      lost(before.reads, after.reads, finding, scrapes, context) ??
      readsNothing(finding, context) ??
      harm(fresh);
    const edits = way.edits.map(
      (edit, at): TriedEdit => ({
        ...edit,
        was: valueBefore(entries, way.edits.slice(0, at), edit),
      }),
    );
    return { outcome: { way, edits, why }, fresh };
  });
}

function scrapesOf(refs: readonly ObjectRef[], { inventory }: PlanContext): Scrape[] {
  const scrapes = refs
    .filter(({ kind }) => kind === 'VMServiceScrape')
    .flatMap(({ namespace, name }) => inventory.scrape(namespace, name) ?? []);
  return [...new Set(scrapes)];
}

interface JudgedState {
  readonly findings: readonly Finding[];
  readonly reads: ReturnType<typeof readsOf>;
}

/** The codes of what the API server refuses: of a scrape that has one nothing is read. */
const refused: ReadonlySet<string> = new Set(['endpoints-missing', 'unknown-value', 'wrong-type']);

function standing(
  scrapes: readonly Scrape[],
  context: PlanContext,
  { surroundings, isConverted }: Pick<Bench, 'surroundings' | 'isConverted'>,
): JudgedState {
  const told = findingOptions(context);
  const own = scrapes.map((scrape) => scrapeFindings(scrape, context.inventory, told));
  const stored = scrapes.filter((_, at) => !own[at]?.some(({ code }) => refused.has(code)));
  return {
    findings: [...own.flat(), ...surroundingFindings(scrapes, surroundings, context, isConverted)],
    reads: readsOf(stored, context),
  };
}

/** The objects that edits change; undefined where an edit has no place. */
function changesOf(entries: Entries, edits: readonly Edit[]): Changed[] | undefined {
  const changes: Changed[] = [];
  for (const [key, members] of Map.groupBy(edits, ({ object }) => keyOf(object))) {
    const entry = entries.get(key);
    if (entry === undefined) return undefined;
    if (members.some(({ path }) => path.length === 0)) {
      changes.push({ entry, value: undefined });
      continue;
    }
    const value = editedObject(entry.manifest.value, members);
    if (value === undefined) return undefined;
    changes.push({ entry, value });
  }
  return changes;
}

/** What stands at an edit's place when those before it are done; undefined where nothing does. */
function valueBefore(entries: Entries, earlier: readonly Edit[], edit: Edit): unknown {
  const key = keyOf(edit.object);
  const value = entries.get(key)?.manifest.value;
  if (value === undefined) return undefined;
  const same = earlier.filter(({ object }) => keyOf(object) === key);
  const there = valueAt(editedObject(value, same), edit.path);
  return edit.action === 'append' ? undefined : there;
}

/** Does something while objects are changed, and puts everything back. */
function changed<T>(
  bench: Bench,
  changes: readonly Changed[],
  look: (context: PlanContext, surroundings: Surroundings) => T,
): T {
  const { inventory } = bench.context;
  const places = changes.flatMap(({ entry, value }) => {
    const before = bench.stored(entry);
    if (before === undefined) return [];
    const manifest = { ...entry.manifest, value: value ?? {} };
    const after = value === undefined ? undefined : bench.stored({ ...entry, manifest });
    return [{ before, after }];
  });
  const put = (object: KubernetesObject | undefined, old: KubernetesObject): void => {
    const namespace = old.kind === 'Namespace' ? '' : old.namespace;
    if (object === undefined) inventory.remove(old.kind, namespace, old.name);
    else inventory.put(object);
  };
  const surroundings = surroundingsWith(bench, changes);
  const evidence = {
    watched: surroundings.watched,
    missingReference: (scrape: Scrape) => missingReference(scrape, surroundings),
  };
  try {
    for (const { before, after } of places) put(after, before);
    return look({ ...bench.context, evidence }, surroundings);
  } finally {
    for (const { before } of places) inventory.put(before);
  }
}

/** Kinds that the inventory holds, and nothing of which is among the surroundings. */
const inventoryAlone: ReadonlySet<string> = new Set(['Namespace', 'Service', 'VMServiceScrape']);

function surroundingsWith(
  { input, surroundings }: Bench,
  changes: readonly Changed[],
): Surroundings {
  if (changes.every(({ entry }) => inventoryAlone.has(entry.ref.kind))) return surroundings;
  const values = new Map(changes.map(({ entry, value }) => [entry, value]));
  return surroundingsOf(
    input.flatMap((entry) => {
      const value = values.has(entry) ? values.get(entry) : entry.manifest.value;
      return value === undefined ? [] : [{ namespace: entry.ref.namespace, value }];
    }),
  );
}

function objectsOf({ object, alike = [] }: Finding): readonly ObjectRef[] {
  return [object, ...alike];
}

function countOf(code: string, objects: ReadonlySet<string>, findings: readonly Finding[]): number {
  return findings
    .filter((one) => one.code === code)
    .flatMap(objectsOf)
    .filter((ref) => objects.has(keyOf(ref))).length;
}

/** By count: where an endpoint is removed, the places of others change. */
function stays(
  finding: Finding,
  before: readonly Finding[],
  after: readonly Finding[],
): TrialFailure | undefined {
  const objects = new Set(objectsOf(finding).map(keyOf));
  const [was, is] = [before, after].map((all) => countOf(finding.code, objects, all));
  const isGone = was !== undefined && is !== undefined && is < was;
  return isGone && !(objects.size > 1 && is > 0) ? undefined : { kind: 'stays' };
}

/** The codes that say that what is asked for is not what the port has: to ask for another thing loses nothing. */
const wrongRequests: ReadonlySet<string> = new Set(['path-missing', 'wrong-scheme']);

function lost(
  before: JudgedState['reads'],
  after: JudgedState['reads'],
  { code }: Finding,
  changed: readonly Scrape[],
  context: PlanContext,
): TrialFailure | undefined {
  if (wrongRequests.has(code)) return undefined;
  const missing = lostReads(before, after);
  if (missing.length === 0) return undefined;
  const others = readsOf(othersReading(missing, changed, context), context);
  const [gone] = lostReads(new Map(missing), others);
  return gone === undefined ? undefined : { kind: 'loses', read: gone[1] };
}

/** The scrapes that may read the pods as well. */
function othersReading(
  missing: readonly (readonly [string, Read])[],
  changed: readonly Scrape[],
  { inventory }: PlanContext,
): Set<Scrape> {
  const names = new Set(changed.map(({ namespace, name }) => `${namespace}/${name}`));
  const services = new Set(
    missing.flatMap(([, { namespace, labels, service }]) =>
      labels === undefined ? [service] : inventory.servicesSelecting(namespace, labels),
    ),
  );
  return new Set(
    [...services]
      .flatMap((service) => inventory.scrapesSelecting(service))
      .filter(({ namespace, name }) => !names.has(`${namespace}/${name}`)),
  );
}

/** The codes that say that nothing is read: where they are put right, something is. */
const aims: ReadonlySet<string> = new Set([
  'endpoints-missing',
  'external-name',
  'no-endpoints',
  'port-is-number',
  'port-not-found',
  'port-unnamed',
  'selects-no-pods',
  'selects-nothing',
  'target-port-quoted',
  'target-port-undeclared',
]);

function readsNothing(finding: Finding, context: PlanContext): TrialFailure | undefined {
  const { code, object, field } = finding;
  const isAim = aims.has(code) || (code === 'wrong-type' && /\.(?:port|targetPort)$/.test(field));
  const scrape = context.inventory.scrape(object.namespace, object.name);
  if (!isAim || scrape === undefined) return undefined;
  const [, index] = /^spec\.endpoints\[(\d+)\]/.exec(field) ?? [];
  const endpoint = index === undefined ? undefined : Number(index);
  return readsSomething(scrape, endpoint, context) ? undefined : { kind: 'reads-nothing' };
}

/** The codes that say that what is read is read in a wrong way. */
const harmful: ReadonlySet<string> = new Set([
  'already-scraped',
  'no-metrics-there',
  'not-deduplicated',
  'path-missing',
  'read-at-two-addresses',
  'read-by-other-kind',
  'relabelling-drops-all',
  'scraped-twice',
  'wrong-scheme',
]);

function harm(fresh: readonly Finding[]): TrialFailure | undefined {
  const finding = fresh.find(
    ({ code, severity }) => severity === 'error' || (severity === 'warning' && harmful.has(code)),
  );
  return finding === undefined ? undefined : { kind: 'leads-to', finding };
}

function isAmong(one: Finding, all: readonly Finding[]): boolean {
  return all.some(
    (other) =>
      other.code === one.code &&
      keyOf(other.object) === keyOf(one.object) &&
      (other.field === one.field || other.message === one.message),
  );
}
