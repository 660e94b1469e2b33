import { join } from 'node:path';
import { findBinaries } from '../../tools/binaries.ts';
import { gone, start } from '../../tools/processes.ts';
import { boundTo } from '../cores.ts';
import type { Context } from '../measure.ts';
import { autoscrape } from './autoscrape.ts';
import { peprWatcher } from './pepr.ts';
import { peprIsThere } from './pepr-module.ts';
import type { Controller } from './program.ts';

/** The controller that a Go developer would write: server-side apply by eight workers. */
const go: Controller = {
  name: 'go',
  start: async ({ folder, cores, cluster }) => {
    const pathOf = await findBinaries(['peer-controller']);
    const command = boundTo(cores.server, pathOf('peer-controller'), [
      `-config=${cluster.kubeconfig}`,
    ]);
    const startedAt = performance.now();
    const running = await start({
      name: 'go',
      ...command,
      log: join(folder, 'go-controller.log'),
      env: { GOMAXPROCS: '1' },
    });
    return { pids: [running.pid], startedAt, gone: gone(running), stop: () => running.stop() };
  },
};

const controllers: readonly Controller[] = [autoscrape, go, peprWatcher];

/** The controllers that were asked for and can be had, and why another one is not among them. */
export async function controllersOf({ only, say }: Pick<Context, 'only' | 'say'>): Promise<{
  readonly programs: readonly Controller[];
  readonly notes: readonly string[];
}> {
  const asked = controllers.filter(({ name }) => only.length === 0 || only.includes(name));
  const missing = asked.includes(peprWatcher) ? await peprIsThere(say) : '';
  return missing === ''
    ? { programs: asked, notes: [] }
    : { programs: asked.filter((one) => one !== peprWatcher), notes: [missing] };
}

/**
 * The same where there are thousands of Services: Pepr takes most of a minute for them, and a gigabyte, so it is among
 * them only where it was named, or where figures are to be published.
 */
export function patientControllersOf({
  only,
  length,
  say,
}: Pick<Context, 'only' | 'length' | 'say'>): ReturnType<typeof controllersOf> {
  const quick = controllers.filter((one) => one !== peprWatcher).map(({ name }) => name);
  return controllersOf({ only: only.length === 0 && length !== 'full' ? quick : only, say });
}
