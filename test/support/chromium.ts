import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import { type Browser, chromium } from 'playwright-core';
import { cacheFolder } from '../../tools/folders.ts';
import { locked } from '../../tools/lock.ts';
import { ready, start, temporaryFolder } from '../../tools/processes.ts';

/** A Chromium that runs until it is stopped, or until this process ends. */
export interface RunningBrowser {
  readonly browser: Browser;
  stop(): Promise<void>;
}

interface Program {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Starts a headless Chromium: the one that comes inside a development dependency, with the few libraries that a bare
 * Linux lacks, or where that does not run (it is built for x86-64 Linux) one that is installed.
 */
export async function startBrowser(): Promise<RunningBrowser> {
  const program = await findChromium();
  const folder = await temporaryFolder('chromium');
  const profile = join(folder.path, 'profile');
  const portFile = join(profile, 'DevToolsActivePort');
  try {
    const running = await start({
      name: 'chromium',
      program: program.path,
      args: [...flags, `--user-data-dir=${profile}`, 'about:blank'],
      env: program.env,
      log: join(folder.path, 'chromium.log'),
    });
    await ready(running, {
      probe: async () => (await readFile(portFile, 'utf8')).includes('\n'),
      timeout: 30_000,
    });
    const [port] = (await readFile(portFile, 'utf8')).split('\n');
    const browser = await chromium.connectOverCDP(`http://127.0.0.1:${port}`);
    return {
      browser,
      stop: async () => {
        await browser.close();
        await running.stop('TERM');
        await folder.remove();
      },
    };
  } catch (error) {
    await folder.remove();
    throw error;
  }
}

/** Without a sandbox: as root, which CI often is, Chromium starts in no other way, and it shows our own page alone. */
const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-component-update',
  '--no-first-run',
  '--remote-debugging-port=0',
];

/** Where Debian, Ubuntu, Fedora and macOS have theirs. */
const installed = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

async function findChromium(): Promise<Program> {
  if (process.platform === 'linux' && process.arch === 'x64') return unpacked();
  const path = installed.find((one) => existsSync(one));
  if (path === undefined) throw new Error(`no Chromium: install one, as ${installed[0]}`);
  return { path, env: {} };
}

/** The packed Chromium, unpacked into the cache once for each version. */
async function unpacked(): Promise<Program> {
  const packed = packageFolder('@sparticuz/chromium');
  const { version } = JSON.parse(await readFile(join(packed, 'package.json'), 'utf8'));
  const cache = join(cacheFolder(), 'chromium');
  const folder = join(cache, String(version));
  await locked(`${folder}.lock`, async () => {
    if (existsSync(folder)) return;
    await rm(cache, { recursive: true, force: true });
    const making = `${folder}.new`;
    await mkdir(making, { recursive: true });
    await Promise.all([
      inflate(join(packed, 'bin/chromium.br'), join(making, 'chromium')),
      untar(join(packed, 'bin/al2023.tar.br'), making),
      untar(join(packed, 'bin/fonts.tar.br'), making),
    ]);
    await chmod(join(making, 'chromium'), 0o755);
    await writeFile(join(making, 'fonts.conf'), fontsConfig(folder));
    await rename(making, folder);
  });
  return {
    path: join(folder, 'chromium'),
    env: { LD_LIBRARY_PATH: join(folder, 'lib'), FONTCONFIG_FILE: join(folder, 'fonts.conf') },
  };
}

function packageFolder(name: string): string {
  // Its main file is in a folder of its own.
  return dirname(dirname(createRequire(import.meta.url).resolve(name)));
}

async function inflate(from: string, to: string): Promise<void> {
  await writeFile(to, await promisify(brotliDecompress)(await readFile(from)));
}

async function untar(from: string, folder: string): Promise<void> {
  const tar = `${from.split('/').at(-1)}.tar`;
  await inflate(from, join(folder, tar));
  await promisify(execFile)('tar', ['-xf', join(folder, tar), '-C', folder]);
  await rm(join(folder, tar));
}

/** The packed font first, so that pages look alike everywhere. */
function fontsConfig(folder: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${folder}/fonts</dir><dir>/usr/share/fonts</dir><cachedir>${folder}/cache</cachedir></fontconfig>
`;
}
