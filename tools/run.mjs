/**
 * Runs one of the project's programs with what it needs, on any Node.js from 18 on:
 *
 *     node tools/run.mjs SCRIPT [ARG…]
 *
 * installs the packages of package-lock.json where they are missing or others (npm ci), and then runs SCRIPT with the
 * Node.js that they bring, or with the one that runs this where that is new enough.
 */
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { constants as system } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const packages = join(root, 'node_modules');

/** The oldest Node.js that runs the project's TypeScript as it is. */
const oldest = [22, 19];

function complain(sentence) {
  console.error(`autoscrape: ${sentence}`);
  process.exit(1);
}

/** The packages that a lock file names, without those that not every machine can have. */
function locked(file) {
  try {
    const { packages: named } = JSON.parse(readFileSync(file, 'utf8'));
    return new Map(Object.entries(named).filter(([path, one]) => path !== '' && !one.optional));
  } catch {
    return undefined;
  }
}

/** Whether what is installed is what package-lock.json says: npm notes it beside the packages. */
function isInstalled() {
  const wanted = locked(join(root, 'package-lock.json'));
  const present = locked(join(packages, '.package-lock.json'));
  if (wanted === undefined) complain('package-lock.json can not be read');
  if (present === undefined) return false;
  return [...wanted].every(([path, { version }]) => present.get(path)?.version === version);
}

function npm(...args) {
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  const own = process.env.npm_execpath;
  const [program, first] = own?.endsWith('.js') ? [process.execPath, [own]] : ['npm', []];
  // What it says is no result of the script: it goes where errors go.
  const stdio = ['ignore', 2, 2];
  return spawnSync(program, [...first, ...args, ...quiet], { cwd: root, stdio }).status === 0;
}

function install() {
  const began = Date.now();
  console.error('autoscrape: installing packages (npm ci), about half a minute …');
  // npm ci takes a lock file only where it names every package; npm install completes it for itself.
  if (!npm('ci') && !npm('install', '--no-save')) complain('packages could not be installed');
  console.error(`autoscrape: installed in ${Math.round((Date.now() - began) / 1000)} s`);
}

/** The Node.js to run with. */
function runtime() {
  const brought = join(packages, '.bin', 'node');
  try {
    accessSync(brought, constants.X_OK);
    return brought;
  } catch {
    // Its install script was not allowed to run.
  }
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return process.execPath;
  return complain(
    `Node.js ${oldest.join('.')} or newer is needed, this is ${process.versions.node}, and npm was not allowed to install one: npm install-scripts approve node`,
  );
}

const [script, ...args] = process.argv.slice(2);
if (script === undefined) complain('which script? node tools/run.mjs SCRIPT [ARG…]');
if (!isInstalled()) install();

const path = `${join(packages, '.bin')}${delimiter}${process.env.PATH ?? ''}`;
const child = spawn(runtime(), [script, ...args], {
  stdio: 'inherit',
  env: { ...process.env, PATH: path },
});
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
for (const signal of signals) {
  process.on(signal, () => {
    // A terminal sends Ctrl-C to the script as well, and twice is once too often.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  });
}
child.on('error', (error) => complain(`${script} could not be started: ${error.message}`));
child.on('exit', (code, signal) => {
  process.exit(signal === null ? code : 128 + system.signals[signal]);
});
