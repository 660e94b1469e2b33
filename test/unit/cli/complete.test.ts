import { expect, test } from '@jest/globals';
import { completionText } from '../../../src/cli/complete.ts';
import { commands } from '../../../src/commands/table.ts';

/** The candidates without what they are, and the directive. */
async function complete(...words: string[]): Promise<string[]> {
  const text = await completionText(commands, words);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/\t.*/, ''));
}

test.each<[words: string[], expected: string[]]>([
  [['re'], ['review', ':4']],
  [['nonsense', ''], [':4']],
  [
    ['review', '--out'],
    ['--output', ':4'],
  ],
  [
    ['review', '-o', ''],
    ['summary', 'yaml', 'diff', 'json', 'github', 'gitlab', 'sarif', 'junit', ':4'],
  ],
  [
    ['review', '--output', 'ya'],
    ['yaml', ':4'],
  ],
  [
    ['review', '--output=ya'],
    ['--output=yaml', ':4'],
  ],
  [['review', '-f', ''], [':0']],
  [['review', '-f', 'x', '--config', ''], [':0']],
  [['review', '--help', ''], [':4']],
  [
    ['explain', 'serv'],
    ['service/', ':6'],
  ],
  [
    ['explain', 'bad-d'],
    ['bad-duration', ':4'],
  ],
  [['explain', 'service/x', ''], [':4']],
  [
    ['completion', ''],
    ['bash', 'zsh', ':4'],
  ],
  [['serve', '--metrics-tls=t'], [':4']],
  [
    ['serve', '--labels-instance=t'],
    ['--labels-instance=true', ':4'],
  ],
  [
    ['serve', '--log-level', 'wa'],
    ['warn', ':4'],
  ],
  [
    ['serve', '--server-tls-mode', ''],
    ['files', 'self-managed', ':4'],
  ],
  [['serve', '--catalogue-file', ''], [':0']],
  [
    ['certs', '--di'],
    ['--dir', ':4'],
  ],
])('after %j comes %j', async (words, expected) => {
  expect(await complete(...words)).toEqual(expected);
});

test('every command and flag is offered, with what it is', async () => {
  const all = await completionText(commands, ['']);
  for (const [name, { summary }] of commands) expect(all).toContain(`${name}\t${summary}\n`);
  const flags = await completionText(commands, ['review', '--']);
  expect(flags).toContain('--namespace\tThe namespace of objects that name none\n');
  expect(flags).toContain('--server-port\t');
});
