import { each, type KeptClient, succeeded } from './client.ts';
import { makeNamespace } from './cluster.ts';
import { wholeServices } from './inputs/services.ts';
import type { Cluster } from './programs/program.ts';

/** Services in one namespace: a real one holds no more of them. */
const inOne = 500;

/** Creates at a time: more don't make one API server faster. */
const atOnce = 16;

const namespaceOf = (index: number): string => `population-${index}`;

/**
 * Fills a cluster with labelled Services, in namespaces of 500, and goes on where it stopped the time before.
 *
 * @param from how many are there
 * @param to how many there are to be
 */
export async function populate(
  client: KeptClient,
  cluster: Cluster,
  { from, to }: { readonly from: number; readonly to: number },
  say: (line: string) => void,
): Promise<void> {
  for (let start = from; start < to; ) {
    const index = Math.floor(start / inOne);
    const namespace = namespaceOf(index);
    if (start % inOne === 0) await makeNamespace(cluster, namespace);
    const end = Math.min(to, (index + 1) * inOne);
    const services = wholeServices(end - start, `component-${start}`);
    await each(services, atOnce, async ({ name, text }) => {
      const path = `/api/v1/namespaces/${namespace}/services`;
      succeeded(await client.send('POST', path, text), name);
    });
    start = end;
    if (start % 2_500 === 0) say(`${start} Services`);
  }
}

/** Deletes the scrapes of a population of so many Services. */
export async function deleteScrapes(client: KeptClient, count: number): Promise<void> {
  for (let index = 0; index < Math.ceil(count / inOne); index += 1) {
    const path = `/apis/operator.victoriametrics.com/v1beta1/namespaces/${namespaceOf(index)}/vmservicescrapes`;
    succeeded(await client.send('DELETE', path), `the end of the scrapes of ${namespaceOf(index)}`);
  }
}
