import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

test('a server that vanishes without a word is noticed within 30 s, by the kernel alone too', async () => {
  const program = join(import.meta.dirname, '../support/half-open.ts');
  // The namespace has a loopback of its own, whose addresses its root may take away.
  const namespace = ['--map-root-user', '--net', process.execPath, program];
  const { stdout } = await promisify(execFile)('unshare', namespace);
  expect(JSON.parse(stdout)).toEqual({
    byKernel: ['ended', 'the other side of a watch is gone without a word: it begins anew'],
    byAll: ['ended', 'the API server answers nothing: the watches begin anew'],
  });
}, 60_000);
