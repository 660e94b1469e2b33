import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { uid } from './uid.ts';

/**
 * Writes reviews of scrapes that users make, into files: each selects one of the Services of a population by the labels
 * that it has, and every other one by a label that many Services have.
 *
 * @param population how many Services there are
 * @param namespace where the scrapes are to be
 */
export async function scrapeReviews(
  folder: string,
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
  for (let index = 0; index < count; index += 1) {
    const narrow = index % 2 === 0;
    const name = `users-${index}`;
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
          metadata: { name, namespace },
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
        options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1' },
      },
    };
    await writeFile(join(folder, `${String(index).padStart(4, '0')}.json`), JSON.stringify(review));
  }
  return folder;
}
