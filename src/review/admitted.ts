import { editedText, type SourceFile } from '../manifests/index.ts';
import { admittedValue } from './stored.ts';
import type { ReviewedObject } from './types.ts';

/** A file of the input, and what would be in it if its objects had been written as admission stores them. */
export interface AdmittedFile {
  readonly file: string;
  readonly before: string;
  readonly after: string;
}

/** The files of the input with what admission adds to their objects. */
export function admittedFiles(
  files: readonly SourceFile[],
  objects: readonly ReviewedObject[],
): AdmittedFile[] {
  const patched = Map.groupBy(
    objects.filter((object) => object.patch.length > 0),
    (object) => object.manifest.document,
  );
  return files.map(({ file, documents }) => ({
    file,
    before: documents.map((document) => document.text).join(''),
    after: documents
      .map((document) =>
        editedText(
          document,
          (patched.get(document) ?? []).map((object) => ({
            path: object.manifest.path,
            value: admittedValue(object),
          })),
        ),
      )
      .join(''),
  }));
}
