import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { bundle } from './autoscrape.ts';
import { type Cluster, list } from './manifests.ts';
import type { Scene } from './scene.ts';
import type { Screen } from './screen.ts';

const coverageSchema = v.looseObject({
  namespace: v.string(),
  workload: v.string(),
  services: v.array(v.string()),
  component: v.string(),
  state: v.string(),
  because: v.string(),
  scrape: v.string(),
});

/** The state of one component in one set of pods. */
export type Coverage = v.InferOutput<typeof coverageSchema>;

/** Tells the coverage of what is stored now, by `autoscrape review`. */
export async function tellCoverage(
  { plane }: Scene,
  namespaces: readonly string[],
  show: Screen,
): Promise<void> {
  show.heading('Coverage, by "autoscrape review" of what is stored now');
  const rows = await coverageOf(plane, namespaces);
  show.table([
    ['COMPONENT', 'STATE', 'NAMESPACE', 'PODS OF', 'SCRAPE'],
    ...rows.map(({ component, state, namespace, workload, services, scrape }) => [
      component,
      state,
      namespace,
      workload === '' ? services.join(', ') : workload,
      scrape === '' ? '-' : scrape,
    ]),
  ]);
}

/** What `autoscrape review` says of the coverage of the objects that these namespaces have now. */
export async function coverageOf(
  plane: Cluster & { readonly folder: string },
  namespaces: readonly string[],
): Promise<Coverage[]> {
  const file = join(plane.folder, 'stored.json');
  const items = await Promise.all(namespaces.map((namespace) => storedIn(plane, namespace)));
  await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: items.flat() }));
  const output = await run(['review', '-f', file, '-o', 'json']);
  return v.parse(v.looseObject({ coverage: v.array(coverageSchema) }), JSON.parse(output)).coverage;
}

/** What `autoscrape` reads of a namespace. */
const kinds = [
  ['/api/v1', 'services', 'v1', 'Service'],
  ['/api/v1', 'pods', 'v1', 'Pod'],
  ['/apis/apps/v1', 'statefulsets', 'apps/v1', 'StatefulSet'],
  ['/apis/apps/v1', 'deployments', 'apps/v1', 'Deployment'],
  [
    '/apis/operator.victoriametrics.com/v1beta1',
    'vmservicescrapes',
    'operator.victoriametrics.com/v1beta1',
    'VMServiceScrape',
  ],
] as const;

/** The objects of a namespace; in a list they come without their kind. */
async function storedIn(cluster: Cluster, namespace: string): Promise<object[]> {
  const lists = await Promise.all(
    kinds.map(async ([root, plural, apiVersion, kind]) => {
      const items = await list(cluster, `${root}/namespaces/${namespace}/${plural}`);
      return items.map((item) => ({ ...v.parse(v.looseObject({}), item), apiVersion, kind }));
    }),
  );
  return lists.flat();
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
