import { isDeepStrictEqual } from 'node:util';
import { applied, type Pipeline } from '../admission/index.ts';
import {
  child,
  groupOf,
  type Json,
  type KubernetesObject,
  type Labels,
  member,
  parseNamespace,
  parseObject,
  type Scrape,
  text,
} from '../kubernetes/index.ts';
import { type Locate, locator, type Manifest, type SourceFile } from '../manifests/index.ts';
import {
  asStored,
  coverage,
  type Finding,
  findingOptions,
  Inventory,
  isOurs,
  type ObjectRef,
  type PlanContext,
  planAll,
  scrapeFindings,
  type WantedScrape,
  wantedScrapes,
} from '../scrape/index.ts';
import { fieldManager } from '../settings/index.ts';
import { type Admitted, admissionOf } from './admit.ts';
import { reviewFinding, uncoveredFinding } from './findings.ts';
import { incompleteInput } from './incomplete.ts';
import type { PlacedFinding, Review, ReviewedObject } from './types.ts';

/** What decides about a review, beside the input. */
export interface ReviewOptions {
  readonly pipeline: Pipeline;
  /** The namespace that autoscrape runs in. */
  readonly ownNamespace: string;
  /** The namespace of objects that name none, as kubectl's context would give it. */
  readonly defaultNamespace: string;
}

/**
 * What would become of the objects of an input, if all of them were created in an empty cluster: what admission
 * answers to each, the scrapes that would be made, the coverage then, and everything that is wrong or unclear.
 */
export function reviewManifests(files: readonly SourceFile[], options: ReviewOptions): Review {
  return examined(files, options).review;
}

/** A review, and what it was made from: all objects as they would be stored, our scrapes among them. */
export interface Examined {
  readonly review: Review;
  readonly context: PlanContext;
}

/** As {@link reviewManifests}, with what it looked at. */
export function examined(files: readonly SourceFile[], options: ReviewOptions): Examined {
  const { pipeline, defaultNamespace } = options;
  const input = files
    .flatMap((file) => file.manifests)
    .map((manifest): Entry => ({ manifest, ref: refOf(manifest.value, defaultNamespace) }));
  const inventory = new Inventory();
  const context: PlanContext = { ...pipeline, inventory, ownerIsGone: () => false };
  const told = findingOptions(context);
  const admit = admissionOf({
    ...options,
    findingsOf: (scrape) => scrapeFindings(scrape, inventory, told),
  });
  const namespaces = namespaceLabels(input);
  const admitted = (entry: Entry): Admission => ({
    ...entry,
    ...admit({
      ref: entry.ref,
      value: entry.manifest.value,
      namespaceLabels: namespaces.get(entry.ref.namespace) ?? {},
    }),
  });

  // Scrapes are checked against everything else: it has to be there first.
  const others = new Map(
    input.filter((entry) => !isScrape(entry)).map((one) => [one, admitted(one)]),
  );
  for (const entry of input) {
    const object = storedObject(entry, others.get(entry), pipeline);
    if (object !== undefined) inventory.put(object);
  }
  for (const kind of knownKinds(input)) inventory.markKnown(kind);
  const scrapes = missingScrapes(context);
  const all = input.map((entry) => others.get(entry) ?? admitted(entry));
  const covered = coverage(context);

  const place = placer(input);
  const findings = [
    ...all.flatMap((one) => one.findings.map((finding) => place(finding, one.manifest))),
    ...duplicates(input).map(({ finding, manifest }) => place(finding, manifest)),
    ...scrapes.flatMap(({ wanted, stored }) =>
      scrapeFindings(stored, inventory, told).map((finding) => ({
        ...finding,
        // The scrape is in no file yet: it stands where its Service does.
        ...startOf(serviceOf(wanted, input)),
      })),
    ),
    ...covered
      .filter((one) => one.state === 'uncovered')
      .map((one) => place(uncoveredFinding(one), undefined)),
    ...incompleteInput(
      input.map((one) => one.ref),
      context,
    ).map((finding) => place(finding, undefined)),
  ];
  const review: Review = {
    objects: all.map(
      ({ manifest, ref, component, because, operations }): ReviewedObject => ({
        manifest,
        ref,
        component,
        because,
        patch: operations,
      }),
    ),
    scrapes: scrapes.map(({ wanted }) => wanted),
    coverage: covered,
    findings: findings.toSorted(byPlace),
  };
  return { review, context };
}

/** The object as admission stores it: with the patch applied, and with the namespace that it gets. */
export function admittedValue({
  manifest,
  patch,
}: Pick<ReviewedObject, 'manifest' | 'patch'>): Json {
  return patch.length === 0 ? manifest.value : applied(manifest.value, patch);
}

interface Entry {
  readonly manifest: Manifest;
  readonly ref: ObjectRef;
}

type Admission = Entry & Admitted;

function isScrape({ ref }: Entry): boolean {
  return ref.kind === 'VMServiceScrape';
}

function refOf(value: Json, defaultNamespace: string): ObjectRef {
  const metadata = child(value, 'metadata');
  const namespace = text(metadata, 'namespace') ?? '';
  const object = parseObject(value);
  const isNamespaced = object !== undefined && object.kind !== 'Namespace';
  return {
    apiVersion: text(value, 'apiVersion') ?? '',
    kind: text(value, 'kind') ?? '',
    namespace: namespace === '' && isNamespaced ? defaultNamespace : namespace,
    name: text(metadata, 'name') ?? '',
  };
}

function namespaceLabels(input: readonly Entry[]): ReadonlyMap<string, Labels> {
  return new Map(
    input
      .filter(({ ref }) => ref.apiVersion === 'v1' && ref.kind === 'Namespace')
      .map(({ ref, manifest }) => [ref.name, parseNamespace(manifest.value)?.labels ?? {}]),
  );
}

/** As the cluster would store it; undefined for what autoscrape does not read. */
function storedObject(
  { manifest, ref }: Entry,
  admission: Admission | undefined,
  { settings }: Pipeline,
): KubernetesObject | undefined {
  const patch = admission?.operations ?? [];
  const object = parseObject(admittedValue({ manifest, patch }));
  if (object === undefined || object.kind === 'Namespace') return object;
  const placed = { ...object, namespace: ref.namespace };
  return placed.kind === 'VMServiceScrape'
    ? dumpedScrape(placed, manifest.value, settings)
    : placed;
}

/**
 * A scrape of ours as kubectl prints it is still ours: `managedFields`, which would tell, are hidden unless they are
 * asked for.
 */
function dumpedScrape(scrape: Scrape, value: Json, settings: Pipeline['settings']): Scrape {
  const metadata = child(value, 'metadata');
  if (metadata !== undefined && member(metadata, 'managedFields') !== undefined) return scrape;
  const asOurs = { ...scrape, managers: [fieldManager] };
  return isOurs(asOurs, settings) ? asOurs : scrape;
}

/** The kinds that the input has. Of a kind that it lacks nobody knows whether the cluster has it. */
function knownKinds(input: readonly Entry[]): Set<KubernetesObject['kind']> {
  const kinds = input.flatMap(({ manifest }) => parseObject(manifest.value)?.kind ?? []);
  return new Set(kinds);
}

interface Missing {
  readonly wanted: WantedScrape;
  readonly stored: Scrape;
}

/** The scrapes that are not there, or are ours and say something else; they are put into the inventory. */
function missingScrapes(context: PlanContext): Missing[] {
  const { inventory } = context;
  return wantedScrapes(planAll(context)).flatMap((wanted): Missing[] => {
    const stored = asStored(wanted);
    if (stored === undefined) return [];
    const there = inventory.scrape(wanted.namespace, wanted.name);
    if (there !== undefined && isDeepStrictEqual(there.spec, stored.spec)) return [];
    inventory.put(stored);
    return [{ wanted, stored }];
  });
}

/** Documents of one object after the first. An object that gets its name from the API server is never the same. */
function duplicates(input: readonly Entry[]): { finding: Finding; manifest: Manifest }[] {
  const seen = new Map<string, Manifest>();
  return input.flatMap(({ manifest, ref }) => {
    const key = keyOf(ref);
    const earlier = seen.get(key);
    seen.set(key, manifest);
    if (earlier === undefined || ref.name === '') return [];
    const { file, line } = startOf(earlier);
    const finding = reviewFinding(
      'duplicate-object',
      ref,
      `the same object is in ${file}:${line}; this one counts, being the later`,
      'remove one of them',
    );
    return [{ finding, manifest }];
  });
}

function keyOf({ apiVersion, kind, namespace, name }: ObjectRef): string {
  return JSON.stringify([groupOf(apiVersion), kind, namespace, name]);
}

function serviceOf(wanted: WantedScrape, input: readonly Entry[]): Manifest | undefined {
  return input.findLast(
    ({ ref }) =>
      ref.kind === 'Service' && ref.name === wanted.service && ref.namespace === wanted.namespace,
  )?.manifest;
}

/** Where an object starts. */
function startOf(manifest: Manifest | undefined): { readonly file: string; readonly line: number } {
  if (manifest === undefined) return nowhere;
  const { document, path } = manifest;
  return { file: document.file, line: locator(document)(path, '') };
}

const nowhere = { file: '', line: 0 } as const;

/** Puts findings into their place; a document is searched through for its first finding, not before. */
function placer(
  input: readonly Entry[],
): (finding: Finding, manifest: Manifest | undefined) => PlacedFinding {
  const manifests = new Map(input.map(({ ref, manifest }) => [keyOf(ref), manifest]));
  const locators = new Map<Manifest['document'], Locate>();
  return (finding, given) => {
    const manifest = given ?? manifests.get(keyOf(finding.object));
    if (manifest === undefined) return { ...finding, ...nowhere };
    const { document, path } = manifest;
    const locate = locators.get(document) ?? locator(document);
    locators.set(document, locate);
    return { ...finding, file: document.file, line: locate(path, finding.field) };
  };
}

function byPlace(a: PlacedFinding, b: PlacedFinding): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  if (a.line !== b.line) return a.line - b.line;
  const [one, other] = [sortKey(a), sortKey(b)];
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function sortKey({ code, object, field, message }: PlacedFinding): string {
  return [code, keyOf(object), field, message].join('\u0000');
}
