import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { nodeFiles } from '../../../src/cli/node-files.ts';
import { defaultReadLimits, readManifests } from '../../../src/manifests/index.ts';

const service = (name: string) => `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\n`;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'autoscrape-manifests-'));
  await mkdir(join(folder, 'b/deeper'), { recursive: true });
  await mkdir(join(folder, '.git'));
  await writeFile(join(folder, 'c.yml'), service('c'));
  await writeFile(
    join(folder, 'a.json'),
    JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: {} }),
  );
  await writeFile(join(folder, 'b/deeper/x.yaml'), service('x'));
  await writeFile(join(folder, 'b/values.yaml'), 'replicas: 3\n');
  await writeFile(join(folder, 'notes.txt'), service('text'));
  await writeFile(join(folder, '.git/hidden.yaml'), service('hidden'));
  await symlink(join(folder, 'c.yml'), join(folder, 'linked.yaml'));
  await symlink(folder, join(folder, 'around'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

function input(text: string) {
  return { ...nodeFiles, readInput: async () => new TextEncoder().encode(text) };
}

async function read(paths: string[], files = nodeFiles, limits = defaultReadLimits) {
  const result = await readManifests(paths, files, limits);
  const short = (path: string) => path.replace(`${folder}/`, '').replace(folder, '.');
  if ('problems' in result) {
    return result.problems.map(({ file, line, message }) => `${short(file)}:${line}: ${message}`);
  }
  return result.files.map(({ file, manifests }) => `${short(file)}: ${manifests.length}`);
}

describe('reading manifests', () => {
  test.each(['.', './', './/', 'b/..'])('paths are as git names them, of %j', async (path) => {
    // What a shell in that folder would see.
    const inFolder = {
      ...nodeFiles,
      kindOf: (one: string) => nodeFiles.kindOf(join(folder, one)),
      list: (one: string) => nodeFiles.list(join(folder, one)),
      sizeOf: (one: string) => nodeFiles.sizeOf(join(folder, one)),
      read: (one: string, limit: number) => nodeFiles.read(join(folder, one), limit),
    };
    const start = path === 'b/..' ? 'b/../' : '';
    expect(await read([path], inFolder)).toEqual(
      ['a.json: 1', 'b/deeper/x.yaml: 1', 'b/values.yaml: 0', 'c.yml: 1', 'linked.yaml: 1'].map(
        (one) => start + one,
      ),
    );
  });

  test('a directory named with a slash too many gives the same paths', async () => {
    expect(await read([`${folder}//b/`])).toEqual(['b/deeper/x.yaml: 1', 'b/values.yaml: 0']);
  });

  test('a directory gives its manifests, sorted, links to files followed, the hidden left out', async () => {
    expect(await read([folder])).toEqual([
      'a.json: 1',
      'b/deeper/x.yaml: 1',
      'b/values.yaml: 0',
      'c.yml: 1',
      'linked.yaml: 1',
    ]);
  });

  test('a file is read once, whatever its name, in the order of the arguments', async () => {
    expect(await read([join(folder, 'notes.txt'), join(folder, 'c.yml'), `${folder}/`])).toEqual([
      'notes.txt: 1',
      'c.yml: 1',
      'a.json: 1',
      'b/deeper/x.yaml: 1',
      'b/values.yaml: 0',
      'linked.yaml: 1',
    ]);
  });

  test('standard input is read', async () => {
    expect(await read(['-'], input(`${service('a')}---\n${service('b')}`))).toEqual(['-: 2']);
  });

  test('everything that can not be read is said at once', async () => {
    await writeFile(join(folder, 'latin1.bin'), Buffer.from([0x61, 0xe9]));
    expect(
      await read(
        [
          join(folder, 'missing.yaml'),
          join(folder, 'b/values.yaml'),
          join(folder, 'latin1.bin'),
          'https://example.com/x.yaml',
          '-',
        ],
        input(''),
      ),
    ).toEqual([
      expect.stringMatching(/^missing.yaml:1: can't be read: ENOENT/),
      'https://example.com/x.yaml:1: an address, not a file: fetch it and pipe it into `autoscrape review -f -`',
      'b/values.yaml:1: no Kubernetes object: it has no apiVersion, no kind or no metadata',
      'latin1.bin:1: no UTF-8 text',
      '-:1: holds no Kubernetes object',
    ]);
  });

  test('an empty directory holds nothing, which is no mistake', async () => {
    expect(await read([join(folder, '.git')])).toEqual(['.git/hidden.yaml: 1']);
    await mkdir(join(folder, 'empty'));
    expect(await read([join(folder, 'empty')])).toEqual([]);
  });

  test('what is too large is refused, in each of its dimensions', async () => {
    const limits = { ...defaultReadLimits, fileBytes: 40 };
    expect(await read([join(folder, 'c.yml')], nodeFiles, limits)).toEqual([
      `c.yml:1: larger than ${40 / 1_048_576} MiB: split it into several files`,
    ]);
    // A pipe tells no size.
    const pipe = { ...nodeFiles, sizeOf: async () => 0 };
    expect(await read([join(folder, 'c.yml')], pipe, limits)).toEqual([
      `c.yml:1: larger than ${40 / 1_048_576} MiB: split it into several files`,
    ]);
    // A device may never end.
    expect(await read(['/dev/zero'], nodeFiles, limits)).toEqual([
      `/dev/zero:1: larger than ${40 / 1_048_576} MiB: split it into several files`,
    ]);
    expect(await read(['-'], input(service('a')), limits)).toEqual([
      `-:1: larger than ${40 / 1_048_576} MiB: split it into several files`,
    ]);
    expect(await read([folder], nodeFiles, { ...defaultReadLimits, totalBytes: 64 })).toEqual([
      `b/deeper/x.yaml:1: more than ${64 / 1_048_576} MiB in all: review fewer files at a time`,
    ]);
    expect(await read([folder], nodeFiles, { ...defaultReadLimits, files: 2 })).toEqual([
      'b/values.yaml:1: more than 2 files: review fewer at a time',
    ]);
    expect(await read([folder], nodeFiles, { ...defaultReadLimits, depth: 2 })).toEqual([
      'b/deeper:1: directories more than 2 deep',
    ]);
  });
});
