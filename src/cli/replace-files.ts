import { reasonOf } from '../ground/reason.ts';
import type { FileSystem } from '../manifests/index.ts';

/** A file system in which files can be replaced. */
export interface WritableFiles extends FileSystem {
  /** Puts a text in the place of a file's: wholly or not at all. Links are followed; the mode stays. */
  replace(path: string, text: string): Promise<void>;
}

/** A file as it was read, and as it should be. */
export interface Replacement {
  readonly file: string;
  readonly before: string;
  readonly after: string;
}

/**
 * Writes files that are as they were read. Where one of them is not, none is written.
 *
 * @returns what keeps it from being done, a line for each file; empty where all is written
 */
export async function replaceFiles(
  replacements: readonly Replacement[],
  files: WritableFiles,
): Promise<readonly string[]> {
  const wanted = replacements.filter(({ before, after }) => before !== after);
  const problems: string[] = [];
  for (const { file, before } of wanted) {
    if (!(await says(file, before, files))) {
      problems.push(`${file}: has changed since it was read; nothing was written`);
    }
  }
  if (problems.length > 0) return problems;
  for (const { file, after } of wanted) {
    try {
      await files.replace(file, after);
    } catch (error) {
      const reason = reasonOf(error);
      problems.push(`${file}: can't be written: ${reason}`);
    }
  }
  return problems;
}

async function says(file: string, text: string, files: WritableFiles): Promise<boolean> {
  try {
    return Buffer.from(await files.read(file, Buffer.byteLength(text))).equals(Buffer.from(text));
  } catch {
    // It is gone, which is a change as well.
    return false;
  }
}
