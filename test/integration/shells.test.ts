import { execFile, execFileSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findBinaries } from '../../tools/binaries.ts';
import { temporaryFolder } from '../../tools/processes.ts';

/**
 * autoscrape as people have it on their PATH: in bash, in zsh, and as a plugin of kubectl. It is linked as npm links
 * the programs of a package.
 */
const root = join(import.meta.dirname, '../..');
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let environment: Record<string, string>;

beforeAll(async () => {
  folder = await temporaryFolder('shells');
  const bin = join(folder.path, 'bin');
  await mkdir(bin);
  const program = join(root, 'dist/autoscrape.mjs');
  for (const name of ['autoscrape', 'kubectl-autoscrape', 'kubectl_complete-autoscrape']) {
    await symlink(program, join(bin, name));
  }
  await writeFile(join(folder.path, 'manifest with space.yaml'), '');
  environment = {
    PATH: [bin, dirname(process.execPath), process.env.PATH ?? ''].join(delimiter),
    HOME: folder.path,
    TERM: 'dumb',
  };
});

afterAll(() => folder.remove());

interface Ran {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

function run(program: string, args: readonly string[]): Promise<Ran> {
  const options = { env: environment, cwd: folder.path, timeout: 50_000 };
  return new Promise((resolve) => {
    execFile(program, args, options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
    );
  });
}

/** What bash offers for a line, by the function that it would call. */
async function inBash(line: string): Promise<string[]> {
  const script = `
source <(autoscrape completion bash)
complete -p autoscrape > /dev/null || exit 1
COMP_LINE=$1 COMP_POINT=\${#1}
_autoscrape
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { code, stdout, stderr } = await run('bash', ['-c', script, 'bash', line]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.split('\n').filter((one) => one !== '');
}

describe('bash', () => {
  test.each<[line: string, offered: string[]]>([
    ['autoscrape rev', ['review']],
    [
      'autoscrape review -o ',
      ['summary', 'yaml', 'diff', 'json', 'github', 'gitlab', 'sarif', 'junit'],
    ],
    // = breaks words in bash: what stands before it is not said again.
    ['autoscrape review --output=y', ['yaml']],
    ['autoscrape review -f mani', ['manifest with space.yaml']],
    ['autoscrape explain vm', ['vmservicescrape/']],
    ['autoscrape nonsense ', []],
  ])('completes %j', async (line, offered) => {
    expect(await inBash(line)).toEqual(offered);
  });
});

const zsh = ((): string | undefined => {
  try {
    return execFileSync('sh', ['-c', 'command -v zsh'], { encoding: 'utf8' }).trim();
  } catch {
    console.log('zsh is not on this machine: completion in zsh is not tried');
    return undefined;
  }
})();

/** What a zsh at a terminal of its own writes when tab is pressed after a line. */
async function inZsh(line: string): Promise<string> {
  const script = `
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PROMPT='READY> '; autoload -U compinit; compinit -u -D; source <(autoscrape completion zsh)"
zpty -w shell "unsetopt zle_bracketed_paste; setopt list_packed; bindkey '^X' list-choices; print SOURCED"
zpty -r shell output '*SOURCED*READY> '
zpty -n -w shell "$1"$'\\t'
zpty -n -w shell $'\\n'
zpty -w shell "print THE''END"
zpty -r shell output '*THEEND*'
print -r -- "$output"
zpty -d shell`;
  const { stdout } = await run(zsh ?? '', ['-f', '-c', script, 'zsh', line]);
  return stdout;
}

if (zsh !== undefined) {
  describe('zsh', () => {
    test.each([
      ['autoscrape rev', 'review'],
      ['autoscrape review -o gith', 'github'],
      ['autoscrape review --output=gith', '--output=github'],
      ['autoscrape review -f mani', 'manifest\\ with\\ space.yaml'],
      ['autoscrape explain bad-d', 'bad-duration'],
    ])('completes %j with %s', async (line, completed) => {
      expect(await inZsh(line)).toContain(completed);
    });
  });
}

describe('kubectl', () => {
  let kubectl: string;

  beforeAll(async () => {
    kubectl = (await findBinaries(['kubectl']))('kubectl');
  });

  test('runs it as a plugin, with its exit code', async () => {
    expect(await run(kubectl, ['autoscrape', 'version'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^autoscrape \d/),
    });
    const bad = join(root, 'test/fixtures/review/shop');
    expect((await run(kubectl, ['autoscrape', 'review', '-f', bad])).code).toBe(1);
    expect((await run(kubectl, ['autoscrape', 'audit', 'stray'])).code).toBe(2);
  });

  test('completes its commands and flags', async () => {
    const { stdout } = await run(kubectl, ['__complete', 'autoscrape', 'rev']);
    expect(stdout).toContain('review\tsay what would be done to manifests\n');
    const values = await run(kubectl, ['__complete', 'autoscrape', 'review', '-o', '']);
    expect(values.stdout).toMatch(/^summary\nyaml\ndiff\njson\ngithub\ngitlab\nsarif\njunit\n:4/);
  });
});
