import { stringify } from 'yaml';
import { editedObject, isJson } from '../../src/kubernetes/index.ts';
import { audited, type PlacedFinding, type TriedEdit } from '../../src/review/index.ts';
import { readsOf } from '../../src/review/reads.ts';
import { kinds } from '../unit/inventory/build.ts';
import type { AnyObject } from './objects.ts';
import { mistaken } from './random/mistakes.ts';
import { type RandomSetUp, randomSetUp } from './random-set-ups.ts';
import { fileOf, reviewOptions } from './review.ts';

/** A fix that an audit of a set-up offers. */
export interface Offer {
  readonly setUp: RandomSetUp;
  readonly finding: PlacedFinding;
  readonly edits: readonly TriedEdit[];
}

/** Every fix that an audit of a set-up with mistakes offers. */
export function offersOf(seed: number, index: number): Offer[] {
  const setUp = mistaken(randomSetUp(seed, index), seed);
  return audit(setUp).review.findings.flatMap((finding) =>
    finding.edits === undefined ? [] : [{ setUp, finding, edits: finding.edits }],
  );
}

/** The set-up after the edits of an offer, and nothing else. */
export function edited({ setUp, edits }: Offer): RandomSetUp {
  const own = (all: readonly AnyObject[]): AnyObject[] =>
    all.flatMap((object) => {
      const mine = edits.filter(({ object: ref }) => isNamed(object, ref));
      if (mine.some(({ path }) => path.length === 0)) return [];
      const value = isJson(object) ? editedObject(object, mine) : undefined;
      if (value === undefined) throw new Error('an edit has no place');
      return [{ ...object, ...value }].map((whole) => withoutGone(whole, value));
    });
  const { namespaces, services, scrapes, agents } = setUp;
  return {
    ...setUp,
    namespaces: own(namespaces),
    services: own(services),
    scrapes: own(scrapes),
    agents: own(agents),
  };
}

/** A field of the object's root is never taken out by a fix; what is below is the edited one's. */
function withoutGone(whole: AnyObject, value: object): AnyObject {
  return Object.keys(whole).every((key) => Object.hasOwn(value, key)) ? whole : { ...whole };
}

function isNamed(
  { kind, metadata }: AnyObject,
  ref: { readonly kind: string; readonly namespace: string; readonly name: string },
): boolean {
  return (
    kind === ref.kind && metadata.name === ref.name && (metadata.namespace ?? '') === ref.namespace
  );
}

/** An audit of a set-up as of a live cluster: everything is known. */
export function audit({ namespaces, pods, services, scrapes, agents, secrets }: RandomSetUp) {
  const objects = [namespaces, pods, services, scrapes, agents, secrets].flat();
  const text = objects.map((one) => `---\n${stringify(one)}`).join('');
  return audited([fileOf(text)], {
    ...reviewOptions(),
    known: kinds.map((kind) => ({ kind })),
  });
}

/** What the API server refuses is read by nobody. */
const refused: ReadonlySet<string> = new Set(['endpoints-missing', 'unknown-value', 'wrong-type']);

/** Findings of one code and object, and everything that is read, by a whole look at the set-up. */
export function judged(setUp: RandomSetUp, { code, object }: PlacedFinding) {
  const { review, context } = audit(setUp);
  const bad = new Set(
    review.findings
      .filter((one) => refused.has(one.code))
      .map((one) => `${one.object.namespace}/${one.object.name}`),
  );
  const scrapes = [...context.inventory.scrapes()].filter(
    ({ namespace, name }) => !bad.has(`${namespace}/${name}`),
  );
  const same = review.findings
    .filter((one) => one.code === code)
    .flatMap((one) => [one.object, ...(one.alike ?? [])])
    .filter(({ namespace, name }) => namespace === object.namespace && name === object.name);
  return { count: same.length, reads: readsOf(scrapes, context), scrapes, review };
}

/** The codes of fixes that ask for another thing: what was asked for before is no loss. */
export const asksOtherwise: ReadonlySet<string> = new Set(['path-missing', 'wrong-scheme']);
