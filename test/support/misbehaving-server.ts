import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type Client,
  createClient,
  noClusterInstruments,
  Transport,
} from '../../src/cluster/api/index.ts';
import { systemClock } from '../../src/ground/clock.ts';

/** What a request asks for. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
  readonly headers: IncomingMessage['headers'];
}

export type Behave = (asked: Asked, response: ServerResponse) => void | Promise<void>;

/** A server that answers as a test says: for faults that a real API server can't be made to show at will. */
export interface Misbehaving {
  readonly client: Client;
  readonly transport: Transport;
  /** What was asked, in order. */
  readonly asked: Asked[];
  readonly server: Server;
  stop(): Promise<void>;
}

/** Starts one on a free port of 127.0.0.1. */
export async function misbehaving(
  behave: Behave,
  credentials?: () => string,
): Promise<Misbehaving> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const url = new URL(request.url ?? '/', 'http://server');
    const one = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      body: Buffer.concat(chunks).toString('utf8'),
      headers: request.headers,
    };
    asked.push(one);
    await behave(one, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const { port }: Pick<AddressInfo, 'port'> =
    typeof address === 'object' && address !== null ? address : { port: 0 };
  const tls = {
    ca: undefined,
    cert: undefined,
    key: undefined,
    servername: undefined,
    verify: true,
  };
  const transport = new Transport({
    access: {
      server: new URL(`http://127.0.0.1:${port}`),
      namespace: 'default',
      credentials: async () => {
        const headers: Record<string, string> =
          credentials === undefined ? {} : { authorization: credentials() };
        return { tls, headers };
      },
    },
    clock: systemClock,
    random: () => 0,
    instruments: noClusterInstruments,
    userAgent: 'test',
  });
  return {
    client: createClient(transport, 'autoscrape'),
    transport,
    asked,
    server,
    stop: async () => {
      transport.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Answers with JSON. */
export function json(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/** A refusal as the API server words it (metav1.Status). */
export function status(code: number, reason: string, message = reason): object {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message };
}

/** A list of things, or a page of one, as the API server words it. */
export function thingList(
  resourceVersion: string,
  items: readonly object[] | null,
  next = '',
): object {
  const metadata = { resourceVersion, ...(next === '' ? {} : { continue: next }) };
  return { kind: 'ThingList', apiVersion: 'v1', metadata, items };
}

/** One line of a watch. */
export function event(
  type: string,
  name: string,
  resourceVersion: number,
  more: object = {},
): string {
  const metadata = { namespace: 'ns', name, resourceVersion: String(resourceVersion), ...more };
  return `${JSON.stringify({ type, object: { kind: 'Thing', metadata } })}\n`;
}

/** The bookmark that ends a streaming list. */
export function listed(resourceVersion: number): string {
  return event('BOOKMARK', '', resourceVersion, {
    annotations: { 'k8s.io/initial-events-end': 'true' },
  });
}
