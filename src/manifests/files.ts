import { parseManifests } from './parse.ts';
import type { Remark, SourceFile } from './types.ts';

/** What reading manifests needs of a file system. All of it rejects where there is no such file, or no permission. */
export interface FileSystem {
  /** What a path leads to, links followed. */
  kindOf(path: string): Promise<'file' | 'directory' | 'other'>;
  /** The names in a directory, with the kind of each; links to directories are `other`. */
  list(
    path: string,
  ): Promise<readonly { readonly name: string; readonly kind: 'file' | 'directory' | 'other' }[]>;
  /** The size of a file in bytes. */
  sizeOf(path: string): Promise<number>;
  /** All of a file; of a longer one `limit` bytes and some more. */
  read(path: string, limit: number): Promise<Uint8Array>;
  /** The same of standard input. */
  readInput(limit: number): Promise<Uint8Array>;
}

/** Bounds of what is read. */
export interface ReadLimits {
  readonly fileBytes: number;
  readonly totalBytes: number;
  readonly files: number;
  readonly depth: number;
}

/**
 * A parsed YAML document takes some fifty times its text in memory, one file at a time: 16 MiB of it fit into
 * Node's default heap. The API server takes at most 3 MiB a request, so no single object is near that.
 */
export const defaultReadLimits: ReadLimits = {
  fileBytes: 16 * 1_048_576,
  totalBytes: 128 * 1_048_576,
  files: 10_000,
  depth: 32,
};

/** Everything that was read, or everything that could not be. */
export type ReadManifests =
  | { readonly files: readonly SourceFile[] }
  | { readonly problems: readonly [Remark, ...Remark[]] };

/**
 * Reads files, directories and standard input (`-`). A directory gives its .yaml, .yml and .json files, those of its
 * directories too, in the order of their paths; hidden ones are left out. A file that is named is read whatever its
 * name, and must hold objects.
 */
export async function readManifests(
  paths: readonly string[],
  files: FileSystem,
  limits: ReadLimits = defaultReadLimits,
): Promise<ReadManifests> {
  const problems: Remark[] = [];
  const found = await filesAt(paths, files, limits, problems);
  const read: SourceFile[] = [];
  let total = 0;
  for (const { path, named } of found) {
    const bytes = await bytesOf(path, files, limits).catch(complaint);
    if (typeof bytes === 'string') {
      problems.push({ file: path, line: 1, message: bytes });
      continue;
    }
    total += bytes.length;
    if (total > limits.totalBytes) {
      const message = `more than ${mebibytes(limits.totalBytes)} in all: review fewer files at a time`;
      problems.push({ file: path, line: 1, message });
      break;
    }
    const parsed = parsedFile(path, bytes);
    if ('problems' in parsed) problems.push(...parsed.problems);
    else if (named && parsed.manifests.length === 0) {
      const nothing = { file: path, line: 1, message: 'holds no Kubernetes object' };
      problems.push(parsed.skipped[0] ?? nothing);
    } else read.push(parsed);
  }
  const [first, ...others] = problems;
  return first === undefined ? { files: read } : { problems: [first, ...others] };
}

interface FoundFile {
  readonly path: string;
  /** Whether somebody named it: then it must hold objects. */
  readonly named: boolean;
}

const readable = /\.(?:ya?ml|json)$/;

/** A path as tools name files of a repository: `./a//b/` is `a/b`. Standard input and a file called `-` stay apart. */
function tidy(path: string): string {
  if (/^https?:\/\//.test(path)) return path;
  const short = path
    .replaceAll(/\/{2,}/g, '/')
    .replace(/(?<=.)\/$/, '')
    .replace(/^(?:\.\/)+(?=.)/, '');
  return short === '-' ? path : short;
}

async function filesAt(
  paths: readonly string[],
  files: FileSystem,
  limits: ReadLimits,
  problems: Remark[],
): Promise<FoundFile[]> {
  const found = new Map<string, FoundFile>();
  const add = (path: string, named: boolean) => {
    if (!found.has(path)) found.set(path, { path, named });
  };
  const complain = (path: string, message: string) =>
    problems.push({ file: path, line: 1, message });
  const walk = async (directory: string, depth: number): Promise<void> => {
    if (depth > limits.depth) {
      complain(directory, `directories more than ${limits.depth} deep`);
      return;
    }
    const entries = (await files.list(directory)).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    for (const { name, kind } of entries) {
      if (name.startsWith('.') || found.size > limits.files) continue;
      const path = directory === '.' ? name : `${directory}/${name}`;
      if (kind === 'directory') await walk(path, depth + 1);
      else if (kind === 'file' && readable.test(name)) add(path, false);
    }
  };
  for (const path of paths.map(tidy)) {
    if (path === '-') {
      add(path, true);
      continue;
    }
    if (/^https?:\/\//.test(path)) {
      complain(path, 'an address, not a file: fetch it and pipe it into `autoscrape review -f -`');
      continue;
    }
    try {
      if ((await files.kindOf(path)) === 'directory') await walk(path, 1);
      else add(path, true);
    } catch (error) {
      complain(path, complaint(error));
    }
  }
  if (found.size > limits.files) {
    complain(
      [...found.keys()].at(-1) ?? '',
      `more than ${limits.files} files: review fewer at a time`,
    );
    return [];
  }
  return [...found.values()];
}

async function bytesOf(
  path: string,
  files: FileSystem,
  limits: ReadLimits,
): Promise<Uint8Array | string> {
  const tooLarge = `larger than ${mebibytes(limits.fileBytes)}: split it into several files`;
  if (path === '-') {
    const bytes = await files.readInput(limits.fileBytes);
    return bytes.length > limits.fileBytes ? tooLarge : bytes;
  }
  if ((await files.sizeOf(path)) > limits.fileBytes) return tooLarge;
  const bytes = await files.read(path, limits.fileBytes);
  // A pipe or a device has no size before it is read.
  return bytes.length > limits.fileBytes ? tooLarge : bytes;
}

function parsedFile(path: string, bytes: Uint8Array): ReturnType<typeof parseManifests> {
  let text: string;
  try {
    // The byte order mark stays: a file in which nothing changes is written as it was.
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { problems: [{ file: path, line: 1, message: 'no UTF-8 text' }] };
  }
  return parseManifests(text, path);
}

function complaint(error: unknown): string {
  const said = typeof error === 'object' && error !== null && 'message' in error;
  return `can't be read: ${said ? error.message : error}`;
}

function mebibytes(bytes: number): string {
  return `${bytes / 1_048_576} MiB`;
}
