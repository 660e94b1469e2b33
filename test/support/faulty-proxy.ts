import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import type { ControlPlane } from '../../tools/control-plane.ts';

/** Answers instead of the API server. */
export type Fault = (response: ServerResponse, asked: Asked) => void;

/** A request on its way. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
}

/** True for the requests that are meant. */
export type Which = (asked: Asked) => boolean;

/** Stands between autoscrape and a real API server, and answers itself where a test says so. */
export interface FaultyProxy {
  /** A file that leads through it. */
  readonly kubeconfig: string;
  /** The number of requests that it has answered itself. */
  readonly answered: number;
  /**
   * From now on these requests are answered so; watches of them that are open are ended, as an API server ends them.
   *
   * @param times so often, and then no more
   */
  fault(which: Which, fault: Fault, times?: number): void;
  /** Everything goes to the API server again. */
  heal(): void;
  stop(): Promise<void>;
}

/** Starts one on a free port of 127.0.0.1. */
export async function startFaultyProxy(
  plane: Pick<ControlPlane, 'server' | 'ca' | 'kubeconfig' | 'folder'>,
): Promise<FaultyProxy> {
  const agent = new Agent({ keepAlive: true, ca: plane.ca });
  const open = new Map<ServerResponse, Asked>();
  let current: { readonly which: Which; readonly fault: Fault; left: number } | undefined;
  let answered = 0;

  const pass = (incoming: IncomingMessage, response: ServerResponse, asked: Asked): void => {
    const { method = 'GET', headers, url = '/' } = incoming;
    const { host: _, ...sent } = headers;
    const outgoing = request(
      `${plane.server}${url}`,
      { agent, method, headers: sent },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        response.flushHeaders();
        answer.pipe(response);
        answer.on('error', () => response.destroy());
      },
    );
    open.set(response, asked);
    response.on('close', () => {
      open.delete(response);
      outgoing.destroy();
    });
    outgoing.on('error', () => response.destroy());
    incoming.pipe(outgoing);
  };

  const server = createServer((incoming, response) => {
    const url = new URL(incoming.url ?? '/', 'http://proxy');
    const asked = { method: incoming.method ?? '', path: url.pathname, query: url.searchParams };
    if (current !== undefined && current.left > 0 && current.which(asked)) {
      current.left -= 1;
      answered += 1;
      incoming.resume();
      current.fault(response, asked);
    } else pass(incoming, response, asked);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const kubeconfig = join(plane.folder, `faulty-${port}.kubeconfig`);
  const text = await readFile(plane.kubeconfig, 'utf8');
  await writeFile(kubeconfig, text.replaceAll(plane.server, `http://127.0.0.1:${port}`));
  return {
    kubeconfig,
    get answered() {
      return answered;
    },
    fault: (which, fault, times = Number.POSITIVE_INFINITY) => {
      current = { which, fault, left: times };
      for (const [response, asked] of open) if (which(asked)) response.end();
    },
    heal: () => {
      current = undefined;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      agent.destroy();
    },
  };
}

/** A metav1.Status of the API server's own form, or what a proxy says. */
export const faults = {
  404: refusing(404, 'NotFound'),
  '404 of a proxy': (response) => void response.writeHead(404).end('404 page not found\n'),
  403: refusing(403, 'Forbidden'),
  500: refusing(500, 'InternalError'),
  HTML: (response) =>
    void response
      .writeHead(200, { 'content-type': 'text/html' })
      .end('<!doctype html>\n<html><body>Sign in</body></html>\n'),
} as const satisfies Readonly<Record<string, Fault>>;

function refusing(code: number, reason: string): Fault {
  return (response) => {
    const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason };
    response.writeHead(code, { 'content-type': 'application/json' });
    response.end(JSON.stringify(status));
  };
}

/** A list, right in its form, that has no objects, and a watch of it in which nothing happens. */
export const emptyList: Fault = (response) => {
  const annotations = { 'k8s.io/initial-events-end': 'true' };
  const metadata = { resourceVersion: '1', annotations };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write(`${JSON.stringify({ type: 'BOOKMARK', object: { kind: 'Any', metadata } })}\n`);
};

/** An answer that a watch can't go on from its version: a new list is read. */
export const expired: Fault = refusing(410, 'Expired');
