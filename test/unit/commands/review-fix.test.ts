import { chmod, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { nodeFiles } from '../../../src/cli/node-files.ts';
import { reviewCommand } from '../../../src/commands/review.ts';
import { runCommand, type World } from '../../support/command.ts';

const services = `# the shop
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: 8080}, {name: metrics, port: 9090}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - {name: web, image: web, ports: [{containerPort: 8080}, {name: metrics, containerPort: 9090}]}
`;

/** Wrong in three ways, one of which is a question for people. */
const scrapes = `apiVersion: operator.victoriametrics.com/v1beta1
kind: VMServiceScrape
metadata: {name: web, namespace: shop}
spec:
  # who is read
  selector: {matchLabels: {app: wed}} # a slip
  endpoints:
    - port: metric   # not http
      interval: 1M
---
apiVersion: operator.victoriametrics.com/v1beta1
kind: VMServiceScrape
metadata: {name: other, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  endpoints: [{port: web}]
`;

const put = scrapes
  .replace('app: wed', 'app: web')
  .replace('port: metric ', 'port: metrics ')
  .replace('1M', '1m');

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'autoscrape-fix-'));
  file = join(folder, 'scrapes.yaml');
  await writeFile(join(folder, 'services.yaml'), services);
  await writeFile(file, scrapes);
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function fix(args: readonly string[] = [], world?: World) {
  const { code, out, err } = await runCommand(
    'review',
    reviewCommand,
    ['-f', folder, '--fix', ...args],
    world,
  );
  return { code, out: out.replaceAll(folder, 'FOLDER'), err: err.replaceAll(folder, 'FOLDER') };
}

describe('autoscrape review --fix', () => {
  test('writes what was tried, keeps the rest to the letter, and says what it left and why', async () => {
    const ran = await fix();
    expect(await readFile(file, 'utf8')).toBe(put);
    expect(await readFile(join(folder, 'services.yaml'), 'utf8')).toBe(services);
    expect(ran).toMatchSnapshot();
  });

  test('writes nothing more the second time', async () => {
    await fix();
    const { mtimeMs } = await stat(file);
    const again = await fix();
    expect(again.out).not.toContain('Put right');
    expect((await stat(file)).mtimeMs).toBe(mtimeMs);
  });

  test('--dry-run prints the diff and writes nothing', async () => {
    const ran = await fix(['--dry-run']);
    expect(await readFile(file, 'utf8')).toBe(scrapes);
    expect(ran.out.split('\n').filter((line) => /^[-+] /.test(line))).toEqual([
      '-  selector: {matchLabels: {app: wed}} # a slip',
      '+  selector: {matchLabels: {app: web}} # a slip',
      '-    - port: metric   # not http',
      '-      interval: 1M',
      '+    - port: metrics   # not http',
      '+      interval: 1m',
    ]);
    expect(ran.err).toContain('Would be put right');
  });

  test('writes no file when one has changed since it was read', async () => {
    const changed = `${scrapes}# somebody was here\n`;
    let reads = 0;
    const read = async (path: string, limit: number) => {
      reads += 1;
      if (path === file && reads === 3) await writeFile(file, changed);
      return await nodeFiles.read(path, limit);
    };
    const ran = await fix([], { system: { read } });
    expect(ran).toEqual({
      code: 2,
      out: '',
      err: 'FOLDER/scrapes.yaml: has changed since it was read; nothing was written\n',
    });
    expect(await readFile(file, 'utf8')).toBe(changed);
  });

  test('keeps the mode of a file, and follows a link', async () => {
    const real = join(folder, 'real.txt');
    await writeFile(real, scrapes);
    await chmod(real, 0o640);
    await rm(file);
    await symlink(real, file);
    await fix();
    expect(await readFile(real, 'utf8')).toBe(put);
    expect((await stat(real)).mode & 0o777).toBe(0o640);
  });

  test('of standard input prints the result where it is asked for, and else refuses', async () => {
    const input = `${services}---\n${scrapes}`;
    const run = (args: readonly string[]) =>
      runCommand('review', reviewCommand, ['-f', '-', '--fix', ...args], { input });
    expect((await run(['-o', 'yaml'])).out).toBe(`${services}---\n${put}`);
    expect(await run([])).toEqual({
      code: 2,
      out: '',
      err: "--fix: standard input can't be written to; -o yaml prints what it would be\n",
    });
  });

  test.each([
    [['--dry-run'], '--dry-run: it goes with --fix'],
    [['--fix', '-o', 'json'], '--fix: found -o json, expected diff or yaml'],
  ])('%s is used wrongly', async (args, message) => {
    const { code, err } = await runCommand('review', reviewCommand, ['-f', folder, ...args]);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});
