import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const told = join(import.meta.dirname, '../../../src/serve/stop-signal.ts');

/** What a process says that is told to end, or has to: after `begin`, for each signal once it said `ready`. */
async function life(begin: string, ...signals: readonly NodeJS.Signals[]) {
  const script = `
    import { writeSync } from 'node:fs';
    import { untilTold } from ${JSON.stringify(told)};
    const say = (text) => writeSync(1, text + '\\n');
    const unexpected = (kind, thrown) => say(kind + ' ' + thrown.message);
    untilTold(process, unexpected, () => say('last words')).then((end) => say(JSON.stringify(end)));
    setInterval(() => {}, 1_000);
    ${begin}
    setTimeout(() => say('ready'), 10);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
  const said: string[] = [];
  child.stdout
    .setEncoding('utf8')
    .on('data', (text: string) => said.push(...text.trim().split('\n')));
  const exited = once(child, 'exit');
  while (!said.includes('ready')) await once(child.stdout, 'data');
  for (const signal of signals) {
    const before = said.length;
    child.kill(signal);
    while (said.length === before) await once(child.stdout, 'data');
  }
  if (child.exitCode === null && signals.length < 2) child.kill('SIGKILL');
  const [code] = await exited;
  return { said: said.filter((line) => line !== 'ready'), code };
}

test.each(['SIGTERM', 'SIGINT'] as const)('%s ends a process well', async (signal) => {
  expect((await life('', signal)).said).toEqual([`{"because":"${signal}","code":0}`]);
});

test('a second signal ends it at once, by the exit code of that signal, after its last words', async () => {
  expect(await life('', 'SIGTERM', 'SIGINT')).toEqual({
    said: ['{"because":"SIGTERM","code":0}', 'last words'],
    code: 130,
  });
});

test('an exception that nobody caught is told, and the process ends as if it was told to', async () => {
  const begin = "setTimeout(() => { throw new Error('a bug') }, 0);";
  expect(await life(begin)).toMatchObject({
    said: ['exception a bug', '{"because":"exception","code":1}'],
  });
});

test('a promise that nobody waited for is told, and life goes on', async () => {
  const begin = "Promise.reject(new Error('a bug'));";
  expect(await life(begin, 'SIGTERM')).toMatchObject({
    said: ['rejection a bug', '{"because":"SIGTERM","code":0}'],
  });
});
