import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { findingsDocument } from '../../../src/report/index.ts';

test('docs/findings.md is what the catalogue of codes says (npm run generate renews it)', () => {
  const file = join(import.meta.dirname, '../../../docs/findings.md');
  expect(readFileSync(file, 'utf8')).toBe(findingsDocument());
});
