import type { Operation } from '../admission/index.ts';
import type { ObjectRef, Severity, TargetVerdict } from '../findings/index.ts';
import { fieldText } from '../kubernetes/index.ts';
import type { Coverage, ScrapeManifest } from '../planning/index.ts';
import type { DifferingScrape, Review, TriedEdit } from '../review/index.ts';
import type { SampleVerdict } from '../samples/index.ts';

/** A review as `-o json` prints it. docs/review.schema.json describes the form for other programs. */
export interface ReviewReport {
  /** Sentences to read everything else with, as that the API server has no VMServiceScrapes; left out where there are none. */
  readonly gaps?: readonly string[];
  /** What the store says in one sentence; only where one was asked. */
  readonly headline?: string;
  /** By namespace, apiVersion, kind, name and file. */
  readonly objects: readonly ReportedObject[];
  /** Whole VMServiceScrapes, by namespace and name. */
  readonly scrapes: readonly ScrapeManifest[];
  /** Those of them that are stored, and differ. */
  readonly differing: readonly DifferingScrape[];
  readonly coverage: readonly Coverage[];
  /** By file and line. */
  readonly findings: readonly ReportedFinding[];
  /** What agents make of the targets that they should have; only where one was asked. */
  readonly targets?: readonly TargetVerdict[];
  /** How the samples of components are in the store; only where one was asked. */
  readonly samples?: readonly SampleVerdict[];
}

/** One object of the input. */
export interface ReportedObject extends Pick<ObjectRef, 'apiVersion' | 'kind'> {
  readonly file: string;
  readonly namespace: string;
  readonly name: string;
  readonly component: string;
  readonly because: string;
  readonly patch: readonly Operation[];
}

/** A finding with its place; an empty file and line 0 for an object that is not in the input. */
export interface ReportedFinding {
  readonly code: string;
  readonly severity: Severity;
  readonly file: string;
  readonly line: number;
  readonly object: ObjectRef;
  readonly field: string;
  readonly message: string;
  readonly fix: string;
  /** What the fix does, where it was tried; left out where it stays a text. */
  readonly edits?: readonly ReportedEdit[];
}

/** One edit of a fix: what was there, and what is. */
export interface ReportedEdit {
  readonly action: TriedEdit['action'];
  readonly object: ObjectRef;
  /** As findings write it: `spec.endpoints[0].port`. Empty for the whole object. */
  readonly field: string;
  /** Left out where nothing was there. */
  readonly was?: unknown;
  /** The new value; of `append` the item. */
  readonly value?: unknown;
  /** The new name, of `rename`. */
  readonly to?: string;
}

/** A review in the form in which it is published: sorted, and the same in every run. */
export function reportOf(review: Review): ReviewReport {
  return {
    objects: review.objects
      .map(({ manifest, ref, component, because, patch }): ReportedObject => {
        const { apiVersion, kind, namespace, name } = ref;
        const { file } = manifest.document;
        return { file, apiVersion, kind, namespace, name, component, because, patch };
      })
      .toSorted(
        byKeys(({ namespace, apiVersion, kind, name, file }) => [
          namespace,
          apiVersion,
          kind,
          name,
          file,
        ]),
      ),
    scrapes: review.scrapes
      .toSorted(byKeys(({ namespace, name }) => [namespace, name]))
      .map((wanted) => wanted.manifest),
    differing: review.differing,
    coverage: review.coverage,
    findings: review.findings.map((found): ReportedFinding => {
      const { code, severity, file, line, object, field, message, fix, edits } = found;
      const told = { code, severity, file, line, object, field, message, fix };
      return edits === undefined ? told : { ...told, edits: edits.map(reportedEdit) };
    }),
  };
}

function reportedEdit(edit: TriedEdit): ReportedEdit {
  const { action, object, path, was } = edit;
  return {
    action,
    object,
    field: fieldText(path),
    ...(was === undefined || path.length === 0 ? {} : { was }),
    ...('value' in edit ? { value: edit.value } : {}),
    ...('to' in edit ? { to: edit.to } : {}),
  };
}

/** The report as text. */
export function jsonText(report: ReviewReport): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}

function byKeys<T>(keys: (one: T) => readonly string[]): (a: T, b: T) => number {
  return (a, b) => {
    const [one, other] = [keys(a).join('\u0000'), keys(b).join('\u0000')];
    if (one === other) return 0;
    return one < other ? -1 : 1;
  };
}
