import { execFile } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import process from 'node:process';
import { expect, test } from '@jest/globals';
import { temporaryFolder } from '../../tools/processes.ts';

const root = join(import.meta.dirname, '../..');
const page = join(root, 'docs/tutorial.md');

/** A block of shell and what the page says that it prints. */
const block = /```sh\n(.*?)```\n\n```text\n(.*?)```/gs;

/**
 * The tutorial as it stands, in an empty folder, with what `npm run build` made. `RENEW_GOLDEN=1` writes what is
 * printed into the page: read the difference before you commit it.
 */
test('docs/tutorial.md prints what it says, step by step', async () => {
  const text = await readFile(page, 'utf8');
  const folder = await temporaryFolder('tutorial');
  try {
    const work = join(folder.path, 'work');
    await mkdir(work);
    await symlink(join(root, 'dist/autoscrape.mjs'), join(folder.path, 'autoscrape'));
    const path = [folder.path, dirname(process.execPath), process.env.PATH ?? ''];
    const environment = { PATH: path.join(delimiter), HOME: folder.path };
    const printed: string[] = [];
    const shown: string[] = [];
    for (const [, script = '', output = ''] of text.matchAll(block)) {
      const ran = await run(script, work, environment);
      expect(ran.stderr).toBe('');
      printed.push(ran.stdout);
      shown.push(output);
    }
    if (process.env.RENEW_GOLDEN === '1') {
      const outputs = printed.values();
      const renewed = text.replaceAll(
        block,
        (_, script: string) =>
          `\`\`\`sh\n${script}\`\`\`\n\n\`\`\`text\n${outputs.next().value}\`\`\``,
      );
      await writeFile(page, renewed);
    } else {
      expect(printed).toEqual(shown);
    }
    // Every block is one of these pairs: none is left out.
    expect(printed.length).toBe(text.match(/^```sh$/gm)?.length);
    expect(printed.length).toBeGreaterThan(5);
  } finally {
    await folder.remove();
  }
});

function run(
  script: string,
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve) => {
    execFile('bash', ['-c', script], { cwd, env, timeout: 50_000 }, (_, stdout, stderr) =>
      resolve({ stdout, stderr }),
    );
  });
}
