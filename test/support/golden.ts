import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import process from 'node:process';
import { expect } from '@jest/globals';

/**
 * Compares a text with the file under test/golden that holds it. `RENEW_GOLDEN=1 npm run test:unit` writes these files
 * anew: read the difference before you commit it.
 */
export async function expectGolden(path: string, text: string): Promise<void> {
  const file = new URL(`../golden/${path}`, import.meta.url).pathname;
  if (process.env.RENEW_GOLDEN === '1') {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  expect(text).toBe(await readFile(file, 'utf8'));
}
