import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import type { Cluster } from './programs/program.ts';

/** What the API server answered, and how long that took. */
export interface Answered {
  readonly status: number;
  readonly body: string;
  /** Milliseconds from sending to the last byte. */
  readonly took: number;
  /** When the last byte was there, by `performance.now()`. */
  readonly at: number;
}

/** An administrator's client that keeps its connections, as client libraries do. */
export interface KeptClient extends Disposable {
  send(method: string, path: string, body?: string, contentType?: string): Promise<Answered>;
  /** The answer as it comes in: for watches, which never end. */
  open(path: string, accept: string): Promise<IncomingMessage>;
}

/** A client with at most so many connections at a time. */
export function keptClient(
  { server, ca, token }: Pick<Cluster, 'server' | 'ca' | 'token'>,
  connections: number,
): KeptClient {
  const agent = new Agent({ keepAlive: true, maxSockets: connections, ca });
  const authorization = `Bearer ${token}`;
  const open = (
    method: string,
    path: string,
    body: string,
    contentType: string,
    accept = 'application/json',
  ): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const headers = {
        authorization,
        accept,
        ...(body === ''
          ? {}
          : { 'content-type': contentType, 'content-length': Buffer.byteLength(body) }),
      };
      const sent = request(`${server}${path}`, { method, agent, headers }, resolve);
      sent.on('error', reject);
      sent.end(body);
    });
  return {
    send: async (method, path, body = '', contentType = 'application/json') => {
      const began = performance.now();
      const text = await whole(await open(method, path, body, contentType));
      const at = performance.now();
      return { ...text, took: at - began, at };
    },
    open: (path, accept) => open('GET', path, '', '', accept),
    [Symbol.dispose]: () => agent.destroy(),
  };
}

function whole(
  response: IncomingMessage,
): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('error', reject);
    response.on('end', () =>
      resolve({
        status: response.statusCode ?? 0,
        body: Buffer.concat(chunks).toString('utf8'),
      }),
    );
  });
}

/** The body of an answer that has to be one of success. */
export function succeeded(answered: Answered, what: string): string {
  if (answered.status < 300) return answered.body;
  throw new Error(`${what}: ${answered.status} ${answered.body.slice(0, 500)}`);
}

/** Does `work` for each, so many at a time, in order. */
export async function each<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      const item = items[index];
      if (item !== undefined) await work(item, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
}
