import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/**
 * Makes the bundle that people get, `dist/autoscrape.mjs`, of the source as it is: in a process of its own, in a
 * second, silent unless it fails.
 *
 * @throws with what esbuild said
 */
export async function bundled(): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'bundle.ts')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (text) => {
    said += text;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`the bundle could not be made:\n${said}`);
}
