import * as v from 'valibot';
import { api } from '../test/support/control-plane.ts';
import { bodyOf, list } from './manifests.ts';
import { podsOf } from './node.ts';
import type { Scene } from './scene.ts';
import { waitUntil } from './wait.ts';

/** Every etcd has this metric: whether it sees a leader. */
export const metric = 'etcd_server_has_leader';

const statefulSetSchema = v.looseObject({
  metadata: v.looseObject({ name: v.string() }),
  spec: v.looseObject({
    replicas: v.number(),
    selector: v.looseObject({ matchLabels: v.record(v.string(), v.string()) }),
    template: v.looseObject({
      spec: v.looseObject({ containers: v.array(v.looseObject({ name: v.string() })) }),
    }),
  }),
});

/** The names of a namespace's StatefulSets that have a container `etcd`. */
export async function etcdsIn(plane: Scene['plane'], namespace: string): Promise<string[]> {
  const items = await list(plane, `/apis/apps/v1/namespaces/${namespace}/statefulsets`);
  return items
    .map((item) => v.parse(statefulSetSchema, item))
    .filter(({ spec }) => spec.template.spec.containers.some(({ name }) => name === 'etcd'))
    .map(({ metadata }) => metadata.name);
}

/**
 * Runs a real etcd for each pod of a StatefulSet. Its controller may wait for one to be ready before it makes the next.
 * @returns how many run
 */
export async function runEtcds(
  { plane, node }: Pick<Scene, 'plane' | 'node'>,
  namespace: string,
  statefulSet: string,
): Promise<number> {
  const path = `/apis/apps/v1/namespaces/${namespace}/statefulsets/${statefulSet}`;
  const { spec } = v.parse(statefulSetSchema, bodyOf(await api(plane, 'GET', path), statefulSet));
  const { replicas, selector } = spec;
  const running = async (): Promise<number> => {
    const pods = await podsOf(plane, namespace, selector.matchLabels);
    return pods.filter((pod) => pod.ip !== '' && !pod.deleting).length;
  };
  await waitUntil(`${replicas} pods of ${statefulSet}`, async () => {
    await node.run(namespace, selector.matchLabels);
    return (await running()) >= replicas;
  });
  return replicas;
}
