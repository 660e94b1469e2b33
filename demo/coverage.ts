import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { type Cluster, list } from './manifests.ts';
import { bundle, type Scene } from './scene.ts';
import type { Screen } from './screen.ts';
import { count } from './words.ts';

const coverageSchema = v.looseObject({
  namespace: v.string(),
  workload: v.string(),
  services: v.array(v.string()),
  component: v.string(),
  state: v.string(),
});

/** What `autoscrape review` says. */
const reviewSchema = v.looseObject({
  coverage: v.array(coverageSchema),
  /** The scrapes that would be made. */
  scrapes: v.array(v.unknown()),
});

/**
 * Tells the coverage of what is stored now, by `autoscrape review`.
 * @returns whether it has nothing to add: no scrape is missing
 */
export async function tellCoverage(
  { plane }: Scene,
  namespaces: readonly string[],
  show: Screen,
): Promise<boolean> {
  show.heading('Coverage, by "autoscrape review" of what is stored now');
  const { coverage, scrapes } = await reviewOf(plane, namespaces);
  const title = ['STATE', 'COMPONENT', 'NAMESPACE', 'PODS OF'];
  const rows = coverage.map(({ component, state, namespace, workload, services }) => [
    state,
    component,
    namespace,
    workload === '' ? services.join(', ') : workload,
  ]);
  show.table([title, ...rows]);
  show.line(`${count(scrapes.length, 'scrape')} missing`);
  return scrapes.length === 0;
}

/** What `autoscrape review` says of the objects that these namespaces have now. */
async function reviewOf(
  plane: Cluster & { readonly folder: string },
  namespaces: readonly string[],
): Promise<v.InferOutput<typeof reviewSchema>> {
  const file = join(plane.folder, 'stored.json');
  const items = await Promise.all(namespaces.map((namespace) => storedIn(plane, namespace)));
  await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: items.flat() }));
  return v.parse(reviewSchema, JSON.parse(await run(['review', '-f', file, '-o', 'json'])));
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
