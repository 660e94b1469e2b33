import type { Finding } from '../findings/index.ts';
import { type Locate, locator, type Manifest } from '../manifests/index.ts';
import type { WantedScrape } from '../planning/index.ts';
import { type InputObject, keyOf } from './input.ts';

/** The Service of the input that a scrape is for. */
export function serviceOf(
  wanted: WantedScrape,
  input: readonly InputObject[],
): Manifest | undefined {
  return input.findLast(
    ({ ref }) =>
      ref.kind === 'Service' && ref.name === wanted.service && ref.namespace === wanted.namespace,
  )?.manifest;
}

/** Where an object starts. */
export function startOf(manifest: Manifest | undefined): {
  readonly file: string;
  readonly line: number;
} {
  if (manifest === undefined) return nowhere;
  const { document, path } = manifest;
  return { file: document.file, line: locator(document)(path, '') };
}

const nowhere = { file: '', line: 0 } as const;

/** A finding with its place in the input, its fix not yet tried. */
export type Placed = Finding & { readonly file: string; readonly line: number };

/** Gives a finding its place: in the given manifest, else in that of its object. */
export type PlaceFinding = (finding: Finding, manifest: Manifest | undefined) => Placed;

/** Puts findings into their place; a document is searched through for its first finding, not before. */
export function placer(input: readonly InputObject[]): PlaceFinding {
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

/** By file, line, and then by what is said. */
export function byPlace(a: Placed, b: Placed): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  if (a.line !== b.line) return a.line - b.line;
  const [one, other] = [sortKey(a), sortKey(b)];
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function sortKey({ code, object, field, message }: Placed): string {
  return [code, keyOf(object), field, message].join('\u0000');
}
