import { execFile } from 'node:child_process';
import * as v from 'valibot';
import { bundle, type Scene } from './scene.ts';
import type { Screen } from './screen.ts';
import { count } from './words.ts';

/** What `autoscrape audit` says, as far as it is told here. */
const auditSchema = v.looseObject({
  coverage: v.array(
    v.looseObject({
      namespace: v.string(),
      workload: v.string(),
      services: v.array(v.string()),
      component: v.string(),
      state: v.string(),
      because: v.string(),
    }),
  ),
  /** The scrapes that are missing. */
  scrapes: v.array(v.unknown()),
});

/**
 * Tells how each component is covered, by `autoscrape audit` of the cluster as it is now.
 * @returns whether no scrape is missing
 */
export async function tellCoverage({ plane }: Scene, show: Screen): Promise<boolean> {
  show.heading('Coverage, by "autoscrape audit"');
  const text = await run(['audit', `--kubernetes-kubeconfig=${plane.kubeconfig}`, '-o', 'json']);
  const { coverage, scrapes } = v.parse(auditSchema, JSON.parse(text));
  const title = ['STATE', 'COMPONENT', 'NAMESPACE', 'PODS OF'];
  const rows = coverage.map(({ component, state, namespace, workload, services }) => [
    state,
    component,
    namespace,
    workload === '' ? services.join(', ') : workload,
  ]);
  show.table([title, ...rows]);
  for (const { component, namespace, state, because } of coverage) {
    if (state === 'covered') continue;
    show.line(show.style.faint(`${component} in ${namespace} is ${state}: ${because}`));
  }
  show.line(`${count(scrapes.length, 'scrape')} missing`);
  return scrapes.length === 0;
}

/** What `autoscrape` prints. Findings are no failure here: it ends with 1 then. */
function run(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { maxBuffer: 64 * 1_048_576 };
    execFile(process.execPath, [bundle, ...args], options, (error, stdout, stderr) => {
      if (error === null || error.code === 1) resolve(stdout);
      else reject(new Error(`autoscrape ${args[0]}: ${stderr}`, { cause: error }));
    });
  });
}
