import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { helpOf, ownHelp } from '../../../src/cli/help.ts';
import { command as audit } from '../../../src/commands/audit.ts';
import { command as explain } from '../../../src/commands/explain.ts';
import { command as review } from '../../../src/commands/review.ts';
import { commands } from '../../../src/commands/table.ts';
import { commandsDocument } from '../../../tools/generate/commands.ts';

const root = new URL('../../../', import.meta.url);

test('docs/review.md has the help of each command as it is, and the example as it comes out', async () => {
  const page = await readFile(new URL('docs/review.md', root), 'utf8');
  for (const command of [review, explain, audit]) {
    expect(page).toContain(`\`\`\`text\n${ownHelp(command)}\`\`\`\n`);
  }
  const example = await readFile(new URL('test/golden/review/shop.txt', root), 'utf8');
  expect(page).toContain(`\`\`\`text\n${example}\`\`\`\n`);
});

test('docs/commands.md is what the commands say (npm run generate renews it)', async () => {
  const page = await readFile(new URL('docs/commands.md', root), 'utf8');
  expect(page).toBe(await commandsDocument());
});

test('help says of each flag how it is written, its value, what is usual and what it does', () => {
  const lines = ownHelp(review).split('\n');
  const first = '  -o, --output summary|yaml|diff|json|github|gitlab|sarif|junit (summary)';
  const at = lines.indexOf(first);
  expect(lines.slice(at, at + 3)).toEqual([
    first,
    '      yaml: the objects as admitted, otherwise as they were written. diff: what is added. json:',
    '      everything, in the form of docs/review.schema.json. github: findings as annotations of a',
  ]);
});

test.each([...commands])(
  'the help of %s has at most 100 columns, and settings with serve alone',
  async (name, { load }) => {
    const { command } = await load();
    const text = helpOf(command);
    expect(text.split('\n').filter((line) => line.length > 100)).toEqual([]);
    expect(text.includes('--server-port')).toBe(name === 'serve');
    if (name === 'serve') return;
    // Those that ask servers have a flag for each way to be let in there.
    const most = name === 'audit' || name === 'wait' ? 75 : 50;
    expect(text.split('\n').length).toBeLessThanOrEqual(most);
  },
);

test.each([...commands])('each flag of %s says in a sentence what it does', async (_, { load }) => {
  const { command } = await load();
  for (const [name, { about }] of command.flags) {
    expect([name, about]).toEqual([name, expect.stringMatching(/^\S.*\.$/)]);
  }
});
