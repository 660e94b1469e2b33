import { execFile } from 'node:child_process';
import { chmod, copyFile, cp, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as v from 'valibot';
import { version } from '../../src/version.ts';
import { findBinaries } from '../../tools/binaries.ts';
import { request } from '../../tools/http.ts';
import {
  freePorts,
  ready,
  start,
  type TemporaryFolder,
  temporaryFolder,
} from '../../tools/processes.ts';
import { localCertificate } from '../support/certificate.ts';
import { sharedControlPlane } from '../support/control-plane.ts';

/**
 * The Dockerfile without a container engine: Docker's own parser reads it, the commands of its build stage run as they
 * stand there in a clean folder, and the program starts in a root folder that has what the last stage copies.
 */
const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);

const reportSchema = v.object({
  warnings: v.nullable(v.array(v.object({ ruleName: v.string() }))),
  error: v.nullable(v.object({ message: v.string() })),
  instructions: v.array(
    v.object({
      name: v.string(),
      flags: v.array(v.string()),
      words: v.array(v.string()),
      json: v.boolean(),
    }),
  ),
});

type Instruction = v.InferOutput<typeof reportSchema>['instructions'][number];

/** A stage: what stands from one FROM to the next. */
interface Stage {
  readonly image: string;
  readonly instructions: readonly Instruction[];
}

let folder: TemporaryFolder;
let lint: (text: string) => Promise<v.InferOutput<typeof reportSchema>>;
let build: Stage;
/** Node.js of the platform that the image is for. */
let node: Stage;
let final: Stage;

beforeAll(async () => {
  const pathOf = await findBinaries(['dockerlint']);
  folder = await temporaryFolder('dockerfile');
  const file = join(folder.path, 'Dockerfile');
  lint = async (text) => {
    await writeFile(file, text);
    const { stdout } = await run(pathOf('dockerlint'), [file]);
    return v.parse(reportSchema, JSON.parse(stdout));
  };
  const { instructions } = await lint(await dockerfile());
  const [first, second, third, ...more] = stagesOf(instructions);
  if (first === undefined || second === undefined || third === undefined || more.length > 0)
    throw new Error('three stages');
  [build, node, final] = [first, second, third];
}, 300_000);

afterAll(() => folder?.remove());

test("Docker's checks have nothing to say, and would say something", async () => {
  const text = await dockerfile();
  const { warnings, error } = await lint(text);
  expect({ warnings, error }).toEqual({ warnings: null, error: null });
  const worse = await lint(text.replace('AS build', 'as Build').replace(/^CMD .*$/m, 'CMD serve'));
  expect(worse.warnings?.map(({ ruleName }) => ruleName)).toEqual([
    'StageNameCasing',
    'FromAsCasing',
    'JSONArgsRecommended',
  ]);
});

test('all images are pinned by digest, and Node.js is the one that the tests run with', () => {
  const pinned = /^[^@]+@sha256:[0-9a-f]{64}$/;
  expect([build.image, node.image, final.image].filter((image) => !pinned.test(image))).toEqual([]);
  expect(build.image.split('-')[0]).toBe(`node:${process.versions.node}`);
  expect({ image: node.image, instructions: node.instructions }).toEqual({
    image: build.image,
    instructions: [],
  });
});

test('the image says what it is, and runs as nobody, without a shell', () => {
  expect(wordsOf(final, 'ARG')).toContain(`VERSION=${version}`);
  expect({
    labels: wordsOf(final, 'LABEL').filter((word) => word.startsWith('org.')),
    user: wordsOf(final, 'USER'),
    exec: ['ENTRYPOINT', 'CMD'].map((name) => one(final, name).json),
    run: final.instructions.filter(({ name }) => name === 'RUN'),
  }).toEqual({
    labels: ['title', 'description', 'version', 'revision', 'licenses', 'base.name'].map(
      (key) => `org.opencontainers.image.${key}`,
    ),
    user: ['65532:65532'],
    exec: [true, true],
    run: [],
  });
});

describe('built and started', () => {
  let image: string;

  beforeAll(async () => {
    const source = join(folder.path, 'build');
    const allowed = (await readFile(join(root, '.dockerignore'), 'utf8')).split('\n');
    for (const { name, words } of build.instructions) {
      if (name === 'COPY') {
        const target = join(source, words.at(-1) ?? '');
        for (const path of words.slice(0, -1)) {
          if (!allowed.includes(`!${path}`)) throw new Error(`${path} is not in the context`);
          const into = (await stat(join(root, path))).isDirectory() ? target : join(target, path);
          await cp(join(root, path), into, { recursive: true });
        }
      }
      if (name === 'RUN') {
        await run('/bin/sh', ['-c', words.join(' ')], { cwd: source, env: nodeOfTheImage() });
      }
    }
    image = join(folder.path, 'image');
    for (const { name, flags, words } of final.instructions) {
      if (name !== 'COPY') continue;
      const [from = '', to = ''] = words;
      await mkdir(dirname(join(image, to)), { recursive: true });
      const ofStage = flags.some((flag) => flag.startsWith('--from='));
      await copyFile(ofStage ? inStage(from) : join(root, from), image + to);
    }
  }, 600_000);

  /** Where what the last stage takes of the others is here. npm's Node.js comes without its licence: ours stands for it. */
  const inStage = (path: string): string => {
    if (path === '/usr/local/bin/node') return process.execPath;
    if (path === '/usr/local/LICENSE') return join(root, 'LICENSE');
    return join(folder.path, 'build', path.replace(wordsOf(build, 'WORKDIR').join(), ''));
  };

  test('is below 200 MB, with 30 MB for the base image', async () => {
    // gcr.io/distroless/cc-debian13 is Debian's base-files, ca-certificates, libc6, libgcc-s1, libgomp1, libssl3t64,
    // libstdc++6, netbase, tzdata and media-types (github.com/GoogleContainerTools/distroless, cc/ and base/):
    // 26 MB by the Installed-Size that Debian publishes for each.
    const base = 30_000_000;
    const copied = await Promise.all(
      (await filesIn(image)).map(async (path) => (await stat(path)).size),
    );
    const bytes = copied.reduce((sum, size) => sum + size, base);
    expect({ bytes, small: bytes < 200_000_000 }).toEqual({ bytes, small: true });
  });

  test('has the licences of all that is in it', async () => {
    const texts = await Promise.all(
      ['LICENSE', 'LICENSE.node', 'NOTICE'].map((name) =>
        readFile(join(image, 'app', name), 'utf8'),
      ),
    );
    expect(texts.map((text) => text.length > 10_000)).toEqual([true, true, true]);
  });

  test('runs as PID 1 in a root folder that nobody can write to, gets ready, and ends by SIGTERM', async () => {
    const plane = await sharedControlPlane();
    const [port = 0, metricsPort = 0] = await freePorts(2);
    const { certificate, key } = await localCertificate();
    const account = '/var/run/secrets/kubernetes.io/serviceaccount';
    // What Kubernetes mounts, and the libraries of the base image.
    await put(`${account}/token`, plane.token);
    await put(`${account}/ca.crt`, plane.ca);
    await put(`${account}/namespace`, 'default');
    await put('/etc/autoscrape/tls/tls.crt', certificate);
    await put('/etc/autoscrape/tls/tls.key', key);
    for (const library of await librariesOf(process.execPath)) {
      await mkdir(dirname(image + library), { recursive: true });
      await copyFile(library, image + library);
    }
    await mkdir(join(image, 'proc'));
    const before = await filesIn(image);
    for (const path of before) await chmod(path, 0o555);

    const api = new URL(plane.server);
    const log = join(folder.path, 'autoscrape.log');
    const container = await start({
      name: 'autoscrape',
      program: 'unshare',
      args: [
        ...['--map-root-user', '--mount', '--pid', '--fork', '--kill-child=KILL', 'sh', '-ec'],
        CONTAINER,
        ...['container', image, wordsOf(final, 'WORKDIR').join()],
        ...[...wordsOf(final, 'ENTRYPOINT'), ...wordsOf(final, 'CMD')],
      ],
      log,
      env: {
        KUBERNETES_SERVICE_HOST: api.hostname,
        KUBERNETES_SERVICE_PORT: api.port,
        POD_NAMESPACE: 'default',
        POD_NAME: 'autoscrape-0',
        AUTOSCRAPE_SERVER_HOST: '127.0.0.1',
        AUTOSCRAPE_SERVER_PORT: `${port}`,
        AUTOSCRAPE_SERVER_METRICS_PORT: `${metricsPort}`,
        AUTOSCRAPE_SERVER_DRAIN_PROPAGATION: '1s',
      },
    });
    try {
      const page = async (path: string) =>
        (await request(`http://127.0.0.1:${metricsPort}${path}`)).status;
      await ready(container, {
        probe: async () => (await page('/readyz')) === 200,
        timeout: 60_000,
      });
      const inside = await childOf(container.pid);
      const status = await readFile(`/proc/${inside}/status`, 'utf8');
      expect({
        health: await page('/healthz'),
        pid: /^NSpid:.*\t(\d+)$/m.exec(status)?.[1],
      }).toEqual({ health: 200, pid: '1' });
      process.kill(inside, 'SIGTERM');
      while ((await page('/readyz').catch(() => 0)) === 200) await sleep(50);
      expect(await container.wait()).toBe(0);
      expect(await filesIn(image)).toEqual(before);
    } finally {
      await container.stop();
    }
  }, 120_000);

  async function put(path: string, text: string): Promise<void> {
    await mkdir(dirname(image + path), { recursive: true });
    await writeFile(image + path, text);
  }
});

/** Of a container: a read-only root with `/proc`, nothing of the machine, an ordinary user, and PID 1. */
const CONTAINER = `
image=$1; folder=$2; shift 2
mount --bind "$image" "$image"
mount -t proc proc "$image/proc"
mount -o remount,bind,ro "$image"
exec unshare --map-user=65532 --map-group=65532 --root="$image" --wd="$folder" -- "$@"
`;

function dockerfile(): Promise<string> {
  return readFile(join(root, 'Dockerfile'), 'utf8');
}

function stagesOf(instructions: readonly Instruction[]): Stage[] {
  const starts = instructions.flatMap(({ name }, index) => (name === 'FROM' ? [index] : []));
  return starts.map((from, index) => ({
    image: instructions[from]?.words[0] ?? '',
    instructions: instructions.slice(from + 1, starts[index + 1]),
  }));
}

function one({ instructions }: Stage, name: string): Instruction {
  const [found, ...more] = instructions.filter((instruction) => instruction.name === name);
  if (found === undefined || more.length > 0) throw new Error(`one ${name}`);
  return found;
}

function wordsOf({ instructions }: Stage, wanted: string): string[] {
  return instructions.filter(({ name }) => name === wanted).flatMap(({ words }) => words);
}

/**
 * The build image has this Node.js first in its PATH. What a machine says of proxies and CAs stays; what npm and Jest say
 * of the run that we are in does not.
 */
function nodeOfTheImage(): NodeJS.ProcessEnv {
  const { PATH = '', ...others } = process.env;
  const kept = Object.entries(others).filter(
    ([name]) => !/^(?:npm_|NODE_(?:ENV|OPTIONS)$)/i.test(name),
  );
  return { ...Object.fromEntries(kept), PATH: `${dirname(process.execPath)}${delimiter}${PATH}` };
}

async function librariesOf(program: string): Promise<string[]> {
  const { stdout } = await run('ldd', [program]);
  return [...stdout.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)].map(([, path = '']) => path);
}

/** The first process in a new PID namespace. */
async function childOf(pid: number): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return Number(children.split(' ')[0]);
}

async function filesIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
