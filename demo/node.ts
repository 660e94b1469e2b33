import { type Pod, parsePod } from '../src/kubernetes/index.ts';
import { api } from '../test/support/control-plane.ts';
import { type Etcd, startEtcd } from '../tools/etcd.ts';
import { freePorts, StartError } from '../tools/processes.ts';
import { bodyOf, type Cluster, list } from './manifests.ts';

/** Where a pod "is", and where its process really listens. */
export type Place = {
  /** The pod's address, of a range for documentation (RFC 5737): endpoints refuse loopback addresses. */
  readonly podIp: string;
  /** The port of the process on 127.0.0.1. */
  readonly port: number;
};

/** Stands in for a node: runs pods as real processes on the loopback, and says in their status that they are ready. */
export type Node = {
  /** Every place that its pods can get; known before the first one runs. */
  readonly places: readonly Place[];
  /** Runs an etcd, with the metrics that every etcd has, for each pod with these labels that does not run yet. */
  run(namespace: string, labels: Readonly<Record<string, string>>): Promise<void>;
  /** Ends the process of each pod that is being deleted, and lets the pod go. */
  sweep(namespace: string): Promise<void>;
  /** Ends all of them. */
  stop(): Promise<void>;
};

/** A node with room for `size` pods. */
export async function startNode(cluster: Cluster, size: number): Promise<Node> {
  const ports = await freePorts(size);
  const places = ports.map((port, index): Place => ({ podIp: `198.51.100.${10 + index}`, port }));
  const free = [...places];
  const running = new Map<string, { readonly etcd: Etcd; readonly place: Place }>();
  const name = `node-${ports[0]}`;

  const startSomewhere = async (): Promise<{ etcd: Etcd; place: Place }> => {
    const place = free.shift();
    if (place === undefined) throw new Error(`the node has room for ${size} pods only`);
    try {
      return { etcd: await startEtcd({ clientPort: place.port }), place };
    } catch (error) {
      // Somebody has taken the port since we looked: this place is lost, the next one may do.
      if (error instanceof StartError && error.portTaken) return startSomewhere();
      throw error;
    }
  };
  const end = async (uid: string): Promise<void> => {
    const ending = running.get(uid);
    if (ending === undefined) return;
    running.delete(uid);
    await ending.etcd.stop();
    free.push(ending.place);
  };

  await write(cluster, 'POST', '/api/v1/nodes', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name },
  });
  return {
    places,
    run: async (namespace, labels) => {
      const waiting = (await podsOf(cluster, namespace, labels)).filter(
        (pod) => pod.ip === '' && !pod.deleting,
      );
      await Promise.all(
        waiting.map(async (pod) => {
          const started = await startSomewhere();
          running.set(pod.uid, started);
          await bind(cluster, pod, name);
          await report(cluster, pod, started.place);
        }),
      );
    },
    sweep: async (namespace) => {
      const ending = (await podsOf(cluster, namespace, {})).filter((pod) => pod.deleting);
      await Promise.all(
        ending.map(async (pod) => {
          await end(pod.uid);
          await api(cluster, 'DELETE', `${pathOf(pod)}?gracePeriodSeconds=0`);
        }),
      );
    },
    stop: async () => {
      await Promise.all([...running.keys()].map(end));
    },
  };
}

/** The pods of a namespace that have these labels, sorted by name. */
export async function podsOf(
  cluster: Cluster,
  namespace: string,
  labels: Readonly<Record<string, string>>,
): Promise<Pod[]> {
  const labelSelector = Object.entries(labels)
    .map((pair) => pair.join('='))
    .join(',');
  const path = `/api/v1/namespaces/${namespace}/pods?${new URLSearchParams({ labelSelector })}`;
  return (await list(cluster, path)).flatMap((item) => parsePod(item) ?? []);
}

function pathOf({ namespace, name }: Pod): string {
  return `/api/v1/namespaces/${namespace}/pods/${name}`;
}

/** What a scheduler does. Pods without a node have no place in a Service's endpoints. */
async function bind(cluster: Cluster, pod: Pod, node: string): Promise<void> {
  await write(cluster, 'POST', `${pathOf(pod)}/binding`, {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name: pod.name },
    target: { apiVersion: 'v1', kind: 'Node', name: node },
  });
}

/** What a kubelet writes of a pod that runs. */
async function report(cluster: Cluster, pod: Pod, { podIp }: Place): Promise<void> {
  const conditions = ['Initialized', 'ContainersReady', 'Ready'];
  await write(cluster, 'PATCH', `${pathOf(pod)}/status`, {
    status: {
      phase: 'Running',
      podIP: podIp,
      podIPs: [{ ip: podIp }],
      conditions: conditions.map((type) => ({ type, status: 'True' })),
    },
  });
}

async function write(cluster: Cluster, method: string, path: string, body: object): Promise<void> {
  const contentType = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  bodyOf(await api(cluster, method, path, { body, contentType }), `${method} ${path}`);
}
