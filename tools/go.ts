import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Pins } from './pins.ts';
import { lastLines, start, temporaryFolder } from './processes.ts';

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Asks the `go` command of the PATH whether it can build the module in this folder: it refuses a
 * go.mod that asks for a newer Go than it is, or can fetch.
 *
 * @throws when there is none, or it refuses; `message` has Go's own words.
 */
export async function checkGo(folder: string, env: Environment): Promise<void> {
  await promisify(execFile)('go', ['list', '-m'], { cwd: folder, env: goEnvironment(env) });
}

/**
 * Builds a package of a module into a file. The build ends with this process, its compilers too, and
 * leaves nothing in the temporary folder.
 *
 * @throws with the end of Go's output when it fails.
 */
export async function buildPackage(
  pins: Pins,
  packagePath: string,
  output: string,
  env: Environment,
): Promise<void> {
  const folder = await temporaryFolder('build');
  try {
    const log = join(folder.path, 'go.log');
    const running = await start({
      name: 'go build',
      program: 'go',
      args: [
        'build',
        '-mod=readonly',
        '-buildvcs=false',
        '-trimpath',
        '-ldflags',
        pins.ldflags,
        ...(pins.tags === '' ? [] : ['-tags', pins.tags]),
        '-o',
        output,
        packagePath,
      ],
      folder: pins.folder,
      env: { ...goEnvironment(env), GOTMPDIR: folder.path },
      log,
    });
    const code = await running.wait();
    if (code !== 0) {
      throw new Error(`go build ${packagePath}: exit code ${code}\n${await lastLines(log, 40)}`);
    }
  } finally {
    await folder.remove();
  }
}

/** The user's settings (proxy, caches) without those that would change what is built. */
function goEnvironment(inherited: Environment): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(inherited)) {
    if (value !== undefined) env[name] = value;
  }
  // Empty means the default: this machine's, and no workspace file of a folder above.
  return { ...env, CGO_ENABLED: '0', GOOS: '', GOARCH: '', GOWORK: 'off' };
}
