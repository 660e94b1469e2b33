import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { componentsDocument } from '../../../tools/generate/components.ts';

test('docs/components.md is what the catalogue says (npm run generate renews it)', () => {
  const file = join(import.meta.dirname, '../../../docs/components.md');
  expect(readFileSync(file, 'utf8')).toBe(componentsDocument());
});
