import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { command as audit } from '../../../src/commands/audit.ts';
import { command as explain } from '../../../src/commands/explain.ts';
import { command as review } from '../../../src/commands/review.ts';
import { commands } from '../../../src/commands/table.ts';
import { commandsDocument } from '../../../tools/generate/commands.ts';

const root = new URL('../../../', import.meta.url);

test('docs/review.md has the help of each command as it is, and the example as it comes out', async () => {
  const page = await readFile(new URL('docs/review.md', root), 'utf8');
  for (const { usage, help } of [review, explain, audit]) {
    expect(page).toContain(`\`\`\`text\nautoscrape ${usage}\n\n${help}\n\`\`\`\n`);
  }
  const example = await readFile(new URL('test/golden/review/shop.txt', root), 'utf8');
  expect(page).toContain(`\`\`\`text\n${example}\`\`\`\n`);
});

test('docs/commands.md is what the commands say (npm run generate renews it)', async () => {
  const page = await readFile(new URL('docs/commands.md', root), 'utf8');
  expect(page).toBe(await commandsDocument());
});

test.each([...commands])(
  'the help of %s names each of its flags, and no other',
  async (_, { load }) => {
    const { command } = await load();
    const named = [...command.help.matchAll(/^ +(?:-\w, )?--([a-z-]+)/gm)].map(([, name]) => name);
    expect(named.toSorted()).toEqual([...command.flags.keys()].toSorted());
  },
);
