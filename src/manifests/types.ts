import type { Json } from '../kubernetes/index.ts';

/** One document of a YAML stream, or the one of a JSON file, with its own text. */
export interface SourceDocument {
  /** The file as people named it, or as it was found below a directory that they named; `-` for standard input. */
  readonly file: string;
  /** From its first line to that of the next document: the texts of a file's documents are together the file. */
  readonly text: string;
  /** The line of the file on which the text starts, from 1. */
  readonly line: number;
}

/** Where an object stands in its document: empty for the whole of it, `['items', 3]` in a List. */
export type DocumentPath = readonly (string | number)[];

/** One Kubernetes object, and where it was read. */
export interface Manifest {
  readonly document: SourceDocument;
  readonly path: DocumentPath;
  /** The object; `apiVersion` and `kind` are there, also where a typed List leaves them out. */
  readonly value: Json;
}

/** What a file holds. */
export interface SourceFile {
  readonly file: string;
  readonly documents: readonly SourceDocument[];
  readonly manifests: readonly Manifest[];
  /** Documents that are no objects to be applied, and why. */
  readonly skipped: readonly Remark[];
}

/** A sentence about a place in a file. */
export interface Remark {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly message: string;
}
