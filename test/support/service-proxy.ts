import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import type { ControlPlane } from '../../tools/control-plane.ts';
import { api } from './control-plane.ts';

const slicesSchema = v.object({
  items: v.array(
    v.object({
      endpoints: v.nullish(
        v.array(
          v.object({
            addresses: v.array(v.string()),
            conditions: v.object({ ready: v.optional(v.boolean(), false) }),
          }),
        ),
      ),
      ports: v.nullish(v.array(v.object({ name: v.string(), port: v.number() }))),
    }),
  ),
});

/** Stands in for kube-proxy. */
export interface ServiceProxy {
  /** How many endpoints are ready. */
  ready(): number;
  /** Ends it with every connection. */
  stop(): Promise<void>;
}

/** A Service whose address is one of this machine, and the port of it that is served. */
export interface Served {
  readonly namespace: string;
  readonly name: string;
  readonly clusterIP: string;
  readonly port: number;
  /** Of the port in the EndpointSlices. */
  readonly portName: string;
}

/**
 * Leads each new connection to a ready endpoint of a Service, in turn, as its EndpointSlices say. A connection that is
 * there stays where it is; without an endpoint it is refused.
 *
 * @param hostOf where the process of an address listens
 */
export async function startServiceProxy(
  plane: ControlPlane,
  { namespace, name, clusterIP, port, portName }: Served,
  hostOf: (address: string) => string,
): Promise<ServiceProxy> {
  let endpoints: { readonly host: string; readonly port: number }[] = [];
  let turn = 0;
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  };
  const server = createServer((incoming) => {
    keep(incoming);
    const endpoint = endpoints[turn++ % endpoints.length];
    if (endpoint === undefined) {
      incoming.resetAndDestroy();
      return;
    }
    const outgoing = connect(endpoint);
    keep(outgoing);
    outgoing.on('close', () => incoming.destroy());
    incoming.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing).pipe(incoming);
  });
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject);
    server.listen(port, clusterIP, resolve);
  });

  let stopped = false;
  const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices?labelSelector=kubernetes.io/service-name=${name}`;
  const looking = (async () => {
    while (!stopped) {
      const found = v.safeParse(slicesSchema, (await api(plane, 'GET', path)).body);
      endpoints = (found.success ? found.output.items : []).flatMap((slice) => {
        const target = slice.ports?.find((one) => one.name === portName)?.port ?? 0;
        return (slice.endpoints ?? [])
          .filter(({ conditions }) => conditions.ready)
          .flatMap(({ addresses }) =>
            addresses.map((address) => ({ host: hostOf(address), port: target })),
          );
      });
      await sleep(50);
    }
  })();
  return {
    ready: () => endpoints.length,
    stop: async () => {
      stopped = true;
      await looking;
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
