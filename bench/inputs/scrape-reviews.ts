import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { standardLabels } from '../../src/catalogue/index.ts';
import { fieldManager as ourManager } from '../../src/settings/index.ts';
import { defaultPipelineSettings } from '../../src/settings/types.ts';
import { uid } from './uid.ts';

/** Who writes the scrapes: what autoscrape applies itself is not checked. */
export type Writer = 'users' | 'ours';

/**
 * Writes reviews of scrapes into files: each selects one of the Services of a population by the labels that it has, and
 * every other one by a label that many Services have. Those of one writer are as those of another but for who it is.
 *
 * @param population how many Services there are
 * @param namespace where the scrapes are to be
 */
export async function scrapeReviews(
  folder: string,
  writer: Writer,
  count: number,
  population: number,
  namespace: string,
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const kind = {
    group: 'operator.victoriametrics.com',
    version: 'v1beta1',
    kind: 'VMServiceScrape',
  };
  const resource = { group: kind.group, version: kind.version, resource: 'vmservicescrapes' };
  const fieldManager = writer === 'ours' ? ourManager : 'kubectl';
  const managedBy = writer === 'ours' ? defaultPipelineSettings.scrapes.managedBy : 'somebody';
  for (let index = 0; index < count; index += 1) {
    const narrow = index % 2 === 0;
    const name = `scrape-${index}`;
    const review = {
      kind: 'AdmissionReview',
      apiVersion: 'admission.k8s.io/v1',
      request: {
        uid: uid(name),
        kind,
        resource,
        requestKind: kind,
        requestResource: resource,
        name,
        namespace,
        operation: 'CREATE',
        userInfo: { username: 'somebody', groups: ['system:authenticated'] },
        object: {
          apiVersion: 'operator.victoriametrics.com/v1beta1',
          kind: 'VMServiceScrape',
          metadata: { name, namespace, labels: { [standardLabels.managedBy]: managedBy } },
          spec: {
            selector: {
              matchLabels: narrow
                ? {
                    'app.kubernetes.io/instance': `component-0-${index % Math.min(population, 500)}`,
                  }
                : { 'app.kubernetes.io/component': 'etcd' },
            },
            endpoints: [{ port: narrow ? 'client' : 'metrics', path: '/metrics', interval: '30s' }],
          },
        },
        oldObject: null,
        dryRun: false,
        options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1', fieldManager },
      },
    };
    await writeFile(join(folder, `${String(index).padStart(4, '0')}.json`), JSON.stringify(review));
  }
  return folder;
}
