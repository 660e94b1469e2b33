import { createReadStream } from 'node:fs';
import { readdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import process from 'node:process';
import type { WritableFiles } from './replace-files.ts';

/** The file system and the standard input of this process. */
export const nodeFiles: WritableFiles = {
  kindOf: async (path) => kindOf(await stat(path)),
  list: async (path) => {
    const entries = await readdir(path, { withFileTypes: true });
    return await Promise.all(
      entries.map(async (entry) => {
        const { name } = entry;
        if (!entry.isSymbolicLink()) return { name, kind: kindOf(entry) };
        // A mounted ConfigMap's files are links. One to a directory could lead back to where it is.
        const target = await stat(`${path}/${name}`).catch(() => undefined);
        return { name, kind: target?.isFile() === true ? 'file' : 'other' };
      }),
    );
  },
  sizeOf: async (path) => (await stat(path)).size,
  read: (path, limit) => atMost(createReadStream(path), limit),
  readInput: (limit) => atMost(process.stdin, limit),
  replace: async (path, text) => {
    const file = await realpath(path);
    const { mode } = await stat(file);
    const beside = `${file}.${process.pid}.new`;
    try {
      await writeFile(beside, text, { mode, flag: 'wx' });
      await rename(beside, file);
    } catch (error) {
      await rm(beside, { force: true });
      throw error;
    }
  },
};

/** Reads a stream to its end, or until it has given more than `limit` bytes: a device may never end. */
async function atMost(stream: AsyncIterable<Buffer | string>, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk);
    chunks.push(bytes);
    size += bytes.length;
    if (size > limit) break;
  }
  return Buffer.concat(chunks);
}

interface Kinded {
  isFile(): boolean;
  isDirectory(): boolean;
}

function kindOf(entry: Kinded): 'file' | 'directory' | 'other' {
  if (entry.isFile()) return 'file';
  return entry.isDirectory() ? 'directory' : 'other';
}
