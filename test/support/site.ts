import { webcrypto } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingHttpHeaders, RequestListener } from 'node:http';
import { Agent, request } from 'node:https';
import { connect, type TLSSocket } from 'node:tls';
import type { CertificatePair } from '../../src/certificates/index.ts';
import { issue, makeAuthority } from '../../src/certificates/index.ts';
import {
  type ConnectionWitness,
  type Listening,
  type Respond,
  secureServer,
  Traffic,
  type Witness,
  webhook,
} from '../../src/server/index.ts';
import type { SecureServer } from '../../src/server/listen.ts';
import type { RequestTimer } from '../../src/server/requests.ts';
import { loadSettings, readCommandLine, type ServerSettings } from '../../src/settings/index.ts';

/** A server's own settings at their defaults, on a free port of the loopback. */
export async function serverSettings(): Promise<ServerSettings> {
  const line = readCommandLine([], new Map(), []);
  const { settings } = await loadSettings(line, {}, async () => '');
  return { ...settings.server, host: '127.0.0.1', port: 0, metricsPort: 0 };
}

/** A CA, with serving certificates of it for 127.0.0.1. */
export interface TestAuthority {
  readonly ca: string;
  readonly pair: (days?: number, now?: Date) => Promise<CertificatePair>;
}

/** Makes a CA. */
export async function testAuthority(): Promise<TestAuthority> {
  const authority = await makeAuthority('test', { now: new Date(), days: 2 }, webcrypto);
  const names = { dns: ['localhost'], ips: ['127.0.0.1'] };
  return {
    ca: authority.certificate,
    pair: (days = 1, now = new Date()) => issue(authority, names, { now, days }, webcrypto),
  };
}

/** A server with what was told of it. */
export interface Site {
  readonly listening: Listening;
  readonly server: SecureServer;
  readonly traffic: Traffic;
  readonly ca: string;
  readonly authority: TestAuthority;
  /** What witnesses heard, in order. */
  readonly heard: string[];
  /** One connection that is kept, as an API server keeps its own. */
  readonly agent: Agent;
  readonly stop: () => Promise<void>;
}

/** What a {@link Site} differs in from the defaults. */
export interface SiteOptions {
  readonly respond?: Respond;
  readonly fallback?: RequestListener;
  readonly settings?: Partial<ServerSettings>;
  readonly ended?: RequestTimer;
}

/** The path that a {@link Site} answers. */
export const path = '/admit/strong';

/** Starts a server that answers {@link path}, by default with what came. */
export async function startSite({
  respond,
  fallback,
  settings,
  ended,
}: SiteOptions = {}): Promise<Site> {
  const authority = await testAuthority();
  const traffic = new Traffic();
  const heard: string[] = [];
  const all = { ...(await serverSettings()), ...settings };
  const witness: Witness = {
    refused: (where, { code }, thrown) => {
      heard.push(`refused ${where} ${code}${thrown === undefined ? '' : `: ${thrown}`}`);
    },
    abandoned: (where) => {
      heard.push(`abandoned ${where}`);
    },
    ended,
    brokeAfterwards: (where, thrown) => {
      heard.push(`broke ${where}: ${thrown}`);
    },
  };
  const connections: ConnectionWitness = {
    broken: (code) => {
      heard.push(`broken ${code}`);
    },
    dropped: () => {
      heard.push('dropped');
    },
  };
  const answer = webhook({
    routes: new Map([[path, respond ?? echo]]),
    settings: all,
    traffic,
    witness,
    now: () => performance.now(),
  });
  const server = secureServer(all, connections);
  server.serve(await authority.pair());
  const listening = await server.listen((incoming, outgoing) => {
    if (!answer(incoming, outgoing) && fallback !== undefined) fallback(incoming, outgoing);
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    listening,
    server,
    traffic,
    ca: authority.ca,
    authority,
    heard,
    agent,
    stop: async () => {
      agent.destroy();
      const closed = listening.close();
      listening.cut();
      await closed;
    },
  };
}

/** Answers with what came. */
export const echo: Respond = (body) => ({ answer: JSON.stringify(body), afterwards: () => {} });

/** A whole answer. */
export interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A request to a {@link Site}. */
export interface Ask {
  readonly method?: string;
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly agent?: Agent | false;
}

/** Sends a request as an API server does, and reads its whole answer. */
export async function ask(site: Site, { method, url, headers, body, agent }: Ask): Promise<Got> {
  const { port } = site.listening;
  const sent = request({
    host: '127.0.0.1',
    port,
    path: url ?? path,
    method: method ?? 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    ca: site.ca,
    agent: agent ?? site.agent,
  });
  sent.end(body);
  const [response] = await once(sent, 'response');
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return { status: response.statusCode, headers: response.headers, body: text };
}

/** Opens a connection, over which a test says what it likes. */
export async function open(site: Site): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port: site.listening.port, ca: site.ca });
  // A server that is done with us may cut the line: who reads sees the end.
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  return socket;
}

/** All that comes until the other side closes. */
export async function everything(socket: TLSSocket): Promise<string> {
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  if (!socket.closed) await once(socket, 'close');
  return text;
}
