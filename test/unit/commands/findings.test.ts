import { expect, test } from '@jest/globals';
import { findingsCommand } from '../../../src/commands/findings.ts';
import { command as version } from '../../../src/commands/version.ts';
import { findingCodes, findingSections } from '../../../src/report/index.ts';
import { version as number } from '../../../src/version.ts';
import { runCommand } from '../../support/command.ts';

const findings = (...args: string[]) =>
  runCommand('findings', (_files, stream) => findingsCommand(stream), args);

test('findings lists each code with its severity and its title, by section', async () => {
  const { code, out, err } = await findings();
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toContain(
    '  bad-duration              error    A duration that vmagent cannot read\n',
  );
  const listed = [...out.matchAll(/^ {2}(\S+) /gm)].map(([, one]) => one);
  expect(listed).toEqual([...findingCodes.keys()]);
  expect(out.split('\n')).toEqual(
    expect.arrayContaining(findingSections.map(({ title }) => title)),
  );
});

test('findings CODE says what it means', async () => {
  const { code, out } = await findings('bad-duration');
  expect(code).toBe(0);
  expect(out).toMatch(
    /^bad-duration \(error, certain whatever comes later\)\n\nA duration that vmagent cannot read\.\n/,
  );
});

test('findings -o json is for programs, of all or of some', async () => {
  const one = JSON.parse((await findings('bad-duration', '-o', 'json')).out);
  expect(one).toEqual([{ code: 'bad-duration', ...findingCodes.get('bad-duration') }]);
  const all = JSON.parse((await findings('-o', 'json')).out);
  expect(all).toHaveLength(findingCodes.size);
});

test('a code that there is not gets the nearest one', async () => {
  expect(await findings('bad-duratoin')).toEqual({
    code: 2,
    out: '',
    err: '"bad-duratoin" is no code of a finding; did you mean bad-duration?\n',
  });
});

test('version prints the version, also for programs', async () => {
  const run = (...args: string[]) => runCommand('version', () => version, args);
  const node = process.versions.node;
  expect((await run()).out).toBe(`autoscrape ${number} (Node.js ${node})\n`);
  expect(JSON.parse((await run('-o', 'json')).out)).toEqual({
    version: number,
    node,
    platform: `${process.platform}/${process.arch}`,
  });
  expect(await run('-o', 'yaml')).toEqual({
    code: 2,
    out: '',
    err: '--output: found "yaml", expected text, json\n',
  });
});

test('a flag that is none gets the nearest one', async () => {
  expect(await findings('--outptu=json')).toEqual({
    code: 2,
    out: '',
    err: '--outptu: found --outptu, which is no flag; did you mean --output?\n',
  });
});
