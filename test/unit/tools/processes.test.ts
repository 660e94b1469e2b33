import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  freePorts,
  lastLines,
  ready,
  StartError,
  start,
  type TemporaryFolder,
  temporaryFolder,
  withFreshPorts,
} from '../../../tools/processes.ts';
import { isAlive, until } from '../../support/processes.ts';

let temporary: TemporaryFolder;
let folder: string;
beforeAll(async () => {
  temporary = await temporaryFolder('unit');
  folder = temporary.path;
});
afterAll(() => temporary.remove());

function shell(name: string, script: string) {
  return start({
    name,
    program: '/bin/sh',
    args: ['-c', script],
    log: join(folder, `${name}.log`),
  });
}

describe('a program that was started', () => {
  test('writes into its log, and its exit code is known', async () => {
    const program = await shell('exits', 'echo out; echo err >&2; exit 7');
    expect(await program.wait()).toBe(7);
    expect(await readFile(program.log, 'utf8')).toBe('out\nerr\n');
  });

  test('sees nothing of our environment but where things are', async () => {
    const program = await start({
      name: 'environment',
      program: 'env',
      args: [],
      env: { GIVEN: 'yes' },
      log: join(folder, 'environment.log'),
    });
    await program.wait();
    const names = (await readFile(program.log, 'utf8')).matchAll(/^(\w+)=/gm);
    const ours = new Set(['PATH', 'HOME', 'TMPDIR', 'GIVEN', 'PWD', 'OLDPWD', 'SHLVL', '_']);
    expect([...names].map(([, name = '']) => name).filter((name) => !ours.has(name))).toEqual([]);
    expect(await readFile(program.log, 'utf8')).toContain('GIVEN=yes');
  });

  test('gets signals by name', async () => {
    const program = await shell(
      'traps',
      'trap "echo heard; exit 3" HUP; echo set; while :; do sleep 0.01; done',
    );
    await ready(program, {
      probe: async () => (await readFile(program.log, 'utf8')) === 'set\n',
      timeout: 10_000,
    });
    program.signal('HUP');
    expect(await program.wait()).toBe(3);
    expect(await readFile(program.log, 'utf8')).toBe('set\nheard\n');
  });

  test('is gone when stop returns, also the second time', async () => {
    const program = await shell('sleeps', 'exec sleep 600');
    expect(isAlive(program.pid)).toBe(true);
    await program.stop();
    await program.stop();
    expect(isAlive(program.pid)).toBe(false);
    expect(await program.exited).toBe(137);
  });

  test('that does not exist is an error with what the shell says', async () => {
    const program = await start({
      name: 'absent',
      program: '/no/such',
      args: [],
      log: join(folder, 'absent.log'),
    });
    const waiting = ready(program, { probe: async () => false, timeout: 10_000 });
    await expect(waiting).rejects.toThrow(/^absent ended with exit code 127\. .*\/no\/such/s);
  });

  test('that does not get ready in time is stopped, and an error has the end of its log', async () => {
    const program = await shell('slow', 'echo waiting; exec sleep 600');
    const waiting = ready(program, { probe: async () => false, timeout: 300 });
    await expect(waiting).rejects.toThrow(/^slow was not ready within 0\.3 s\. .*waiting$/s);
    expect(isAlive(program.pid)).toBe(false);
  });
});

describe('nothing outlives a parent that', () => {
  test.concurrent.each([
    ['is killed', 'SIGKILL', ''],
    ['is interrupted', 'SIGINT', ''],
    ['is terminated', 'SIGTERM', ''],
    ['loses its terminal', 'SIGHUP', ''],
    ['throws', undefined, 'throw new Error("on purpose");'],
    ['exits', undefined, 'process.exit(0);'],
    ['has nothing left to do', undefined, ''],
  ] as const)('%s', async (_, signal, end) => {
    const tools = new URL('../../../tools/processes.ts', import.meta.url).href;
    const script = `
      import { start, temporaryFolder } from ${JSON.stringify(tools)};
      const folder = await temporaryFolder('orphan');
      const log = folder.path + '/log';
      // A program with a child of its own.
      const { pid } = await start({ name: 'x', program: 'sh', args: ['-c', 'sleep 600 & sleep 600'], log });
      console.log(JSON.stringify([pid, folder.path]));
      ${signal === undefined ? end : 'setInterval(() => {}, 1000);'}
    `;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [pid, path] = await firstLine(parent.stdout);
    // To its whole group, as a terminal does.
    if (signal !== undefined) process.kill(-(parent.pid ?? 0), signal);
    await until(() => !isAlive(pid) && !existsSync(path));
    expect({ alive: isAlive(pid), folder: existsSync(path) }).toEqual({
      alive: false,
      folder: false,
    });
  });
});

test('a temporary folder goes with all that is in it, also the second time', async () => {
  const { path, remove } = await temporaryFolder('unit');
  await writeFile(join(path, 'file'), 'content');
  await remove();
  await remove();
  expect(existsSync(path)).toBe(false);
});

describe('ports', () => {
  test('are different, free, and below those of outgoing connections', async () => {
    const ports = await freePorts(20);
    expect(new Set(ports).size).toBe(20);
    expect(ports.filter((port) => port < 20_000 || port >= 30_000)).toEqual([]);
  });

  test('that somebody has are not given out', async () => {
    const taken = createServer();
    const [port = 0] = await freePorts(1);
    await new Promise<void>((resolve) => taken.listen(port, '127.0.0.1', resolve));
    // Would give out `port` first, and the next one then.
    const numbers = [
      (port - 20_000) / 10_000 + 1e-6,
      ((port + 1 - 20_000) % 10_000) / 10_000 + 1e-6,
    ];
    let drawn = 0;
    const [given] = await freePorts(1, '127.0.0.1', () => numbers[drawn++] ?? Math.random());
    await new Promise((resolve) => taken.close(resolve));
    expect(given).not.toBe(port);
    expect(drawn).toBeGreaterThanOrEqual(2);
  });

  const taken = new StartError('x', 'listen tcp 127.0.0.1:1: bind: address already in use');

  test('are tried anew when somebody was faster, three times', async () => {
    let attempts = 0;
    const attempt = async () => {
      attempts += 1;
      if (attempts < 3) throw taken;
      return attempts;
    };
    expect(await withFreshPorts(attempt)).toBe(3);
    attempts = -10;
    await expect(withFreshPorts(attempt)).rejects.toBe(taken);
    expect(attempts).toBe(-7);
  });

  test('are not to blame for another failure', async () => {
    const broken = new StartError('x', 'unknown flag');
    let attempts = 0;
    const failing = withFreshPorts(async () => {
      attempts += 1;
      throw broken;
    });
    await expect(failing).rejects.toBe(broken);
    expect(attempts).toBe(1);
  });
});

test('the last lines of a file are its last lines', async () => {
  const path = join(folder, 'long');
  await writeFile(path, Array.from({ length: 5_000 }, (_, n) => `line ${n}\n`).join(''));
  expect(await lastLines(path, 2)).toBe('line 4998\nline 4999');
  expect(await lastLines(join(folder, 'nothing'), 2)).toBe('');
});

async function firstLine(stream: NodeJS.ReadableStream): Promise<[number, string]> {
  for await (const line of createInterface({ input: stream })) {
    const value: unknown = JSON.parse(line);
    if (Array.isArray(value)) return [Number(value[0]), String(value[1])];
  }
  throw new Error('the parent said nothing');
}
