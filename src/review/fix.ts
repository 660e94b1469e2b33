import { reasonOf } from '../ground/reason.ts';
import {
  correctedText,
  type Manifest,
  parseManifests,
  type SourceFile,
} from '../manifests/index.ts';
import type { AdmittedFile } from './admitted.ts';
import { entriesOf, keyOf } from './input.ts';
import { type ReviewOptions, reviewManifests } from './review.ts';
import type { PlacedFinding, TriedEdit } from './types.ts';

/** What became of the findings of an input when their fixes were written into its files. */
export interface Fixed {
  /** All files of the input, changed or not. */
  readonly files: readonly AdmittedFile[];
  /** What was put right, in the order in which it was. */
  readonly done: readonly PlacedFinding[];
  /** Errors and warnings that are left, as the files are then, each with the reason. */
  readonly left: readonly { readonly finding: PlacedFinding; readonly why: string }[];
  /** The findings of the files as they are then. */
  readonly findings: readonly PlacedFinding[];
}

/** An input with more to be put right has something else wrong with it. */
const mostRounds = 200;

/**
 * Writes what findings say should be done into the files of an input: only fixes that stood their trial, of errors and
 * warnings. Each round takes one fix of each object and reviews the result, so that what two fixes have in common is
 * done once, and one that another has made needless is not done. Where the fixes of a round bring something to light
 * together, as two that make two scrapes read one target, the first is done alone. Nothing is removed whole: that is left to people.
 */
export function fixedFiles(files: readonly SourceFile[], options: ReviewOptions): Fixed {
  const done: PlacedFinding[] = [];
  const unwritable = new Map<string, string>();
  let input = files;
  let { findings } = reviewManifests(input, options);
  for (let round = 0; round < mostRounds; round += 1) {
    const step = checkedRound(input, findings, options, unwritable);
    if (step.done.length === 0) break;
    input = step.files;
    done.push(...step.done);
    findings = step.findings;
  }
  const left = findings
    .filter(({ severity }) => severity !== 'info')
    .map((finding) => ({ finding, why: unwritable.get(idOf(finding)) ?? whyLeft(finding) }));
  return { files: bothTexts(files, input), done, left, findings };
}

function whyLeft({ edits }: PlacedFinding): string {
  if (edits === undefined) return 'no edit puts it right for certain';
  return edits.some(removesObject)
    ? 'which object goes is for you to decide'
    : 'it would take more rounds';
}

function removesObject({ path }: TriedEdit): boolean {
  return path.length === 0;
}

function idOf({ code, object, field }: PlacedFinding): string {
  return JSON.stringify([code, keyOf(object), field]);
}

interface CheckedRound extends Round {
  /** Of the files as they are then. */
  readonly findings: readonly PlacedFinding[];
}

function checkedRound(
  files: readonly SourceFile[],
  findings: readonly PlacedFinding[],
  options: ReviewOptions,
  unwritable: Map<string, string>,
): CheckedRound {
  const all = oneRound(files, findings, options, unwritable, Number.POSITIVE_INFINITY);
  if (all.done.length === 0) return { ...all, findings };
  const after = reviewManifests(all.files, options).findings;
  const known = new Set(findings.map(idOf));
  const isWell = after.every((one) => one.severity === 'info' || known.has(idOf(one)));
  if (isWell || all.done.length === 1) return { ...all, findings: after };
  const first = oneRound(files, findings, options, unwritable, 1);
  return { ...first, findings: reviewManifests(first.files, options).findings };
}

interface Round {
  readonly files: readonly SourceFile[];
  readonly done: readonly PlacedFinding[];
}

/** @param unwritable gets the findings whose fix can't be written, with the reason */
function oneRound(
  files: readonly SourceFile[],
  findings: readonly PlacedFinding[],
  options: ReviewOptions,
  unwritable: Map<string, string>,
  most: number,
): Round {
  const manifests = new Map(
    entriesOf(files, options.defaultNamespace).map(({ ref, manifest }) => [keyOf(ref), manifest]),
  );
  const touched = new Set<string>();
  const texts = new Map<Manifest['document'], string>();
  const done: PlacedFinding[] = [];
  for (const finding of findings) {
    const { severity, edits = [] } = finding;
    if (done.length >= most) break;
    if (severity === 'info' || edits.length === 0 || edits.some(removesObject)) continue;
    const keys = [...new Set(edits.map(({ object }) => keyOf(object)))];
    if (unwritable.has(idOf(finding)) || keys.some((key) => touched.has(key))) continue;
    try {
      const written = writtenEdits(edits, manifests, texts);
      for (const [document, text] of written) texts.set(document, text);
      for (const key of keys) touched.add(key);
      done.push(finding);
    } catch (error) {
      unwritable.set(idOf(finding), reasonOf(error));
    }
  }
  return { files: texts.size === 0 ? files : files.map((file) => withTexts(file, texts)), done };
}

/** The texts of documents after edits. Throws where one can't be written. */
function writtenEdits(
  edits: readonly TriedEdit[],
  manifests: ReadonlyMap<string, Manifest>,
  earlier: ReadonlyMap<Manifest['document'], string>,
): Map<Manifest['document'], string> {
  const texts = new Map<Manifest['document'], string>();
  for (const [key, own] of Map.groupBy(edits, ({ object }) => keyOf(object))) {
    const manifest = manifests.get(key);
    if (manifest === undefined) throw new Error('the object is in none of the files');
    const { document, path } = manifest;
    const text = texts.get(document) ?? earlier.get(document) ?? document.text;
    texts.set(document, correctedText({ ...document, text }, path, own));
  }
  return texts;
}

function withTexts(
  source: SourceFile,
  texts: ReadonlyMap<Manifest['document'], string>,
): SourceFile {
  if (!source.documents.some((document) => texts.has(document))) return source;
  const text = source.documents.map((document) => texts.get(document) ?? document.text).join('');
  const parsed = parseManifests(text, source.file);
  if ('problems' in parsed) {
    const [{ line, message }] = parsed.problems;
    throw new Error(`${source.file}:${line}: ${message}`);
  }
  return parsed;
}

function bothTexts(
  before: readonly SourceFile[],
  after: readonly SourceFile[],
): readonly AdmittedFile[] {
  return before.map((file, at) => ({
    file: file.file,
    before: textOf(file),
    after: textOf(after[at] ?? file),
  }));
}

function textOf({ documents }: SourceFile): string {
  return documents.map(({ text }) => text).join('');
}
