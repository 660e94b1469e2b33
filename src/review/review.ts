import type { FindingsOf, Operation, Pipeline } from '../admission/index.ts';
import { isComponentLabelled, isInjected } from '../catalogue/index.ts';
import {
  type Finding,
  findingOptions,
  missingReference,
  type Surroundings,
  scrapeFindings,
  surroundingFindings,
  surroundingsOf,
} from '../findings/index.ts';
import { Inventory } from '../inventory/index.ts';
import type { SourceFile } from '../manifests/index.ts';
import { type Coverage, coverage, coverageByScrapes, type PlanContext } from '../planning/index.ts';
import { type Admitted, admissionOf } from './admit.ts';
import { duplicates } from './duplicates.ts';
import { explainedScrapes, stateFindings } from './findings.ts';
import { incompleteInput } from './incomplete.ts';
import { incompleteSurroundings } from './incomplete-surroundings.ts';
import {
  entriesOf,
  type InputObject,
  isScrape,
  type KnownKind,
  knownKinds,
  namespaceLabels,
} from './input.ts';
import { byPlace, type Placed, type PlaceFinding, placer, serviceOf, startOf } from './place.ts';
import { type Missing, missingScrapes, storedObject } from './stored.ts';
import { type Bench, trialOf } from './trial.ts';
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
  readonly surroundings: Surroundings;
}

/** As {@link reviewManifests}, with what it looked at. */
export function examined(files: readonly SourceFile[], options: ReviewOptions): Examined {
  const examination = examine(files, options);
  const { input, context, findingsOf } = examination;
  // Scrapes are checked against everything else: it has to be there first.
  const others = new Map(
    input.filter((entry) => !isScrape(entry)).map((one) => [one, examination.admit(one)]),
  );
  // The cluster is imagined to be empty: there are no scrapes but those of the input.
  const known: KnownKind[] = [...knownKinds(input), { kind: 'VMServiceScrape' }];
  fill(examination, known, (entry) => others.get(entry)?.operations ?? []);
  const scrapes = missingScrapes(context);
  const before = coverageByScrapes(context);
  for (const { stored } of scrapes) context.inventory.put(stored);
  const objects = input.map((entry) => others.get(entry) ?? examination.admit(entry));
  const place = placer(input);
  const ours = scrapes.flatMap(({ wanted, stored }) =>
    findingsOf(stored).map((finding) => ({
      ...finding,
      // The scrape is in no file yet: it stands where its Service does.
      ...startOf(serviceOf(wanted, input)),
    })),
  );
  const made = new Map(scrapes.map(({ wanted }) => [`${wanted.namespace}/${wanted.name}`, wanted]));
  const around = surroundingFindings(
    context.inventory.scrapes(),
    examination.surroundings,
    context,
  ).map((finding) => {
    const wanted = made.get(`${finding.object.namespace}/${finding.object.name}`);
    return wanted === undefined
      ? place(finding, undefined)
      : { ...finding, ...startOf(serviceOf(wanted, input)) };
  });
  const covered = withUnread(coverage(context), before, scrapes);
  const told = [
    ...objectFindings(objects, place),
    ...duplicates(input).map(({ finding, manifest }) => place(finding, manifest)),
    ...ours,
    ...around,
  ];
  const states = stateFindings(covered, [], explainedScrapes(told));
  const bench = benchOf(examination, (entry) => examination.admit(entry).operations, false);
  const findings = [
    ...told,
    ...[...states, ...incomplete(examination)].map((finding) => place(finding, undefined)),
  ];
  return {
    review: reviewOf(objects, scrapes, covered, settled(findings, bench)),
    context,
    surroundings: examination.surroundings,
  };
}

/** Findings in the order in which they are told, each with what stands of its fix when that is tried. */
function settled(findings: readonly Placed[], bench: Bench): PlacedFinding[] {
  const tried = trialOf(bench);
  return findings.toSorted(byPlace).map((finding): PlacedFinding => {
    const { ways, otherwise, ...told } = finding;
    return { ...told, ...tried(finding) };
  });
}

/**
 * Keeps what the input's own scrapes fail to read: autoscrape would make a scrape beside them, which hides from whoever
 * wrote them that they are wrong.
 */
function withUnread(
  covered: readonly Coverage[],
  before: readonly Coverage[],
  scrapes: readonly Missing[],
): Coverage[] {
  const unread = new Map(
    before.flatMap((one) => (one.state === 'unread' ? [[placeOf(one), one] as const] : [])),
  );
  const made = new Map(
    scrapes.map(({ wanted }) => [`${wanted.namespace}/${wanted.service}`, wanted]),
  );
  return covered.map((one) => {
    const was = unread.get(placeOf(one));
    if (was === undefined || one.state !== 'covered') return one;
    const [ours] = one.services.flatMap((name) => made.get(`${one.namespace}/${name}`) ?? []);
    if (ours === undefined) return one;
    return { ...was, because: `${was.because}; autoscrape would make ${ours.name} beside it` };
  });
}

function placeOf({ namespace, workload, component, services }: Coverage): string {
  return JSON.stringify([namespace, workload, component, services]);
}

/** What decides about an audit, beside the objects. */
export interface AuditOptions extends ReviewOptions {
  /** The kinds of which all objects are there; undefined: those of which there are any. */
  readonly known: readonly KnownKind[] | undefined;
  /** Only what is in these namespaces is told; absent or empty for all. */
  readonly namespaces?: readonly string[];
  /** Whether the API server has VMServiceScrapes; absent where it was not asked. */
  readonly servesScrapes?: boolean;
}

/**
 * The objects of a cluster as they are, live or dumped: what they are recognised as, what admission would add to each
 * if it were made today, the scrapes that are missing, the coverage now, and everything that is wrong or unclear.
 */
export function audited(files: readonly SourceFile[], options: AuditOptions): Examined {
  const examination = examine(files, options);
  const { input, context } = examination;
  fill(examination, options.known ?? knownKinds(input), () => []);
  const objects = input.map((entry) => examination.admit(entry));
  // A dump without scrapes does not show that there are none.
  const isWhole = context.inventory.knowsSome('VMServiceScrape');
  const covered = coverage(context).filter((one) => isWhole || one.state !== 'uncovered');
  const missing = isWhole ? missingScrapes(context) : [];
  const place = placer(input);
  const { surroundings } = examination;
  const { namespaces = [] } = options;
  const isIn = isWithin(namespaces);
  const scrapes = [...context.inventory.scrapes()].filter(isIn);
  const ofObjects = objectFindings(objects, place);
  const around = surroundingFindings(scrapes, surroundings, context, true);
  const findings = [
    ...ofObjects,
    ...duplicates(input).map(({ finding, manifest }) => place(finding, manifest)),
    ...[
      ...stateFindings(
        covered,
        missing.map(({ wanted }) => wanted),
        explainedScrapes([...ofObjects, ...around]),
        options.servesScrapes,
      ),
      ...around,
      ...incomplete(examination),
      ...incompleteSurroundings(scrapes, surroundings, context),
    ].map((finding) => place(finding, undefined)),
  ];
  const told = findings.filter(({ object }) => object.namespace === '' || isIn(object));
  const review = reviewOf(
    objects,
    missing,
    covered,
    settled(
      told,
      benchOf(examination, () => [], true),
    ),
  );
  return { review: within(review, namespaces), context, surroundings };
}

function isWithin(namespaces: readonly string[]) {
  return ({ namespace }: { readonly namespace: string }): boolean =>
    namespaces.length === 0 || namespaces.includes(namespace);
}

/** What a review says of some namespaces, and of objects that are in none. */
function within(review: Review, namespaces: readonly string[]): Review {
  if (namespaces.length === 0) return review;
  const isIn = isWithin(namespaces);
  return {
    objects: review.objects.filter(({ ref }) => isIn(ref)),
    scrapes: review.scrapes.filter(isIn),
    differing: review.differing.filter(isIn),
    coverage: review.coverage.filter(isIn),
    findings: review.findings.filter(({ object }) => object.namespace === '' || isIn(object)),
  };
}

interface Examination {
  readonly input: readonly InputObject[];
  readonly context: PlanContext;
  readonly surroundings: Surroundings;
  readonly findingsOf: FindingsOf;
  readonly admit: (entry: InputObject) => Admission;
}

type Admission = InputObject & Admitted;

/** What both begin with: an input, an empty inventory, and the functions that look at it. */
function examine(files: readonly SourceFile[], options: ReviewOptions): Examination {
  const { pipeline, defaultNamespace } = options;
  const input = entriesOf(files, defaultNamespace);
  const inventory = new Inventory();
  const namespaces = namespaceLabels(input);
  const surroundings = surroundingsOf(
    input.map(({ ref, manifest }) => ({ namespace: ref.namespace, value: manifest.value })),
  );
  const context: PlanContext = {
    ...pipeline,
    inventory,
    ownerIsGone: () => false,
    watches: (namespace, labels) =>
      isInjected(namespaces.get(namespace) ?? {}) ||
      isComponentLabelled(labels, pipeline.catalogue),
    evidence: {
      watched: surroundings.watched,
      missingReference: (scrape) => missingReference(scrape, surroundings),
    },
  };
  const told = findingOptions(context);
  const findingsOf: FindingsOf = (scrape) => scrapeFindings(scrape, inventory, told);
  const admitObject = admissionOf({ ...options, findingsOf });
  const admit = (entry: InputObject): Admission => ({
    ...entry,
    ...admitObject({
      ref: entry.ref,
      value: entry.manifest.value,
      namespaceLabels: namespaces.get(entry.ref.namespace) ?? {},
    }),
  });
  return { input, context, surroundings, findingsOf, admit };
}

/** Puts every object into the inventory, with a patch applied, and says of which kinds these are all. */
function fill(
  { input, context }: Examination,
  known: Iterable<KnownKind>,
  patchOf: (entry: InputObject) => readonly Operation[],
): void {
  for (const entry of input) {
    const object = storedObject(entry, patchOf(entry), context.settings);
    if (object !== undefined) context.inventory.put(object);
  }
  for (const { kind, namespaces } of known) context.inventory.markKnown(kind, namespaces);
}

function objectFindings(objects: readonly Admission[], place: PlaceFinding): Placed[] {
  return objects.flatMap((one) => one.findings.map((finding) => place(finding, one.manifest)));
}

/** @param patchOf what admission adds to an object before it is stored */
function benchOf(
  { input, context, surroundings }: Examination,
  patchOf: (entry: InputObject) => readonly Operation[],
  isConverted: boolean,
): Bench {
  const stored = (entry: InputObject) => storedObject(entry, patchOf(entry), context.settings);
  return { input, context, surroundings, stored, isConverted };
}

function incomplete({ input, context }: Examination): Finding[] {
  return incompleteInput(
    input.map((one) => one.ref),
    context,
  );
}

function reviewOf(
  objects: readonly Admission[],
  scrapes: readonly Missing[],
  covered: readonly Coverage[],
  findings: readonly PlacedFinding[],
): Review {
  return {
    objects: objects.map(
      ({ manifest, ref, component, because, operations }): ReviewedObject => ({
        manifest,
        ref,
        component,
        because,
        patch: operations,
      }),
    ),
    scrapes: scrapes.map(({ wanted }) => wanted),
    differing: scrapes.flatMap(({ wanted: { namespace, name }, difference }) =>
      difference === '' ? [] : [{ namespace, name, at: difference }],
    ),
    coverage: covered,
    findings,
  };
}
