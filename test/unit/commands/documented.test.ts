import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { command as audit } from '../../../src/commands/audit.ts';
import { command as explain } from '../../../src/commands/explain.ts';
import { command as review } from '../../../src/commands/review.ts';

const root = new URL('../../../', import.meta.url);

test('docs/review.md has the help of each command as it is, and the example as it comes out', async () => {
  const page = await readFile(new URL('docs/review.md', root), 'utf8');
  for (const { usage, help } of [review, explain, audit]) {
    expect(page).toContain(`\`\`\`text\nautoscrape ${usage}\n\n${help}\n\`\`\`\n`);
  }
  const example = await readFile(new URL('test/golden/review/shop.txt', root), 'utf8');
  expect(page).toContain(`\`\`\`text\n${example}\`\`\`\n`);
});
