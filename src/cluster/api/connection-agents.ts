import { type Agent, Agent as PlainAgent, request as plainRequest } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import { isIP, type Socket } from 'node:net';
import { type Duplex, PassThrough } from 'node:stream';
import { createSecureContext } from 'node:tls';
import type { Tls } from './access.ts';

/**
 * Settings of kept connections.
 *
 * `keepAliveMsecs`: after 15 s of silence the kernel asks the other side whether it is still there, and libuv has it ask
 * ten times, a second apart. A connection whose other side has vanished ends with ETIMEDOUT after 25 s, also that of a
 * watch, on which we have nothing to send.
 *
 * `timeout`: an API server closes a connection that was idle for 90 s (net/http's IdleTimeout in its generic server). Ours
 * close before that, so that a request seldom meets one that is being closed.
 *
 * `proxyEnv`: empty, so that NODE_USE_ENV_PROXY never sends anything through a proxy that {@link agentOf} wasn't told of.
 */
const kept = {
  keepAlive: true,
  keepAliveMsecs: 15_000,
  timeout: 60_000,
  maxFreeSockets: 32,
  proxyEnv: {},
};

/** Milliseconds that a proxy has to connect us. */
const tunnelTimeout = 10_000;

/**
 * Makes an agent that keeps connections to an API server. It serves one set of certificates, and parses them once.
 *
 * @param proxy asked by CONNECT to lead there; undefined for a direct way
 * @returns undefined where the certificates can't be read
 */
export function agentOf(server: URL, tls: Tls, proxy: URL | undefined): Agent | undefined {
  if (server.protocol !== 'https:') {
    const agent = new PlainAgent(kept);
    if (proxy !== undefined) throughTunnel(agent, server, proxy, (_, socket) => socket);
    return agent;
  }
  const secureContext = contextOf(tls);
  if (secureContext === undefined) return undefined;
  const agent = new SecureAgent({
    ...kept,
    secureContext,
    servername: tls.servername ?? nameOf(server),
    rejectUnauthorized: tls.verify,
  });
  if (proxy !== undefined) {
    const connect = agent.createConnection.bind(agent);
    throughTunnel(agent, server, proxy, (options, socket) => {
      const overTunnel = { ...options, socket };
      return connect(overTunnel) ?? socket;
    });
  }
  return agent;
}

/** Ends the connections that nobody uses. */
export function closeIdle(agent: Agent): void {
  for (const sockets of Object.values(agent.freeSockets)) {
    for (const socket of sockets ?? []) socket.destroy();
  }
}

/** Lets the requests under way finish, and keeps no connection after them. */
export function retire(agent: Agent): void {
  agent.maxFreeSockets = 0;
  closeIdle(agent);
}

/** Returns a URL's host as sockets take it: an IPv6 address without its brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

function contextOf({ ca, cert, key }: Tls) {
  try {
    return createSecureContext({
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    });
  } catch {
    return undefined;
  }
}

/** Returns the name that a server with several certificates is told: none for an address, and no last dot (RFC 6066, section 3). */
function nameOf(server: URL): string {
  const host = hostOf(server);
  return isIP(host) === 0 ? host.replace(/\.$/, '') : '';
}

type Options = Parameters<Agent['createConnection']>[0];

/** Has an agent make its connections by way of a proxy. `wrap` gives what HTTP is spoken on. */
function throughTunnel(
  agent: Agent,
  server: URL,
  proxy: URL,
  wrap: (options: Options, socket: Socket) => Duplex,
): void {
  agent.createConnection = (options, created) => {
    openTunnel(server, proxy).then(
      (socket) => created?.(null, wrap(options, socket)),
      // An agent takes an error without a connection; the types want one all the same.
      (error: Error) => created?.(error, new PassThrough()),
    );
    return undefined;
  };
}

/** Asks a proxy for a connection to the server (RFC 9110, section 9.3.6). */
function openTunnel(server: URL, proxy: URL): Promise<Socket> {
  const port = server.port || (server.protocol === 'https:' ? '443' : '80');
  const to = `${server.hostname}:${port}`;
  const secure = proxy.protocol === 'https:';
  return new Promise((resolve, reject) => {
    const asked = (secure ? secureRequest : plainRequest)({
      method: 'CONNECT',
      host: hostOf(proxy),
      port: proxy.port || (secure ? 443 : 80),
      path: to,
      headers: { host: to, ...authorizationOf(proxy) },
      agent: false,
      timeout: tunnelTimeout,
    });
    asked.once('connect', ({ statusCode, statusMessage }, socket, head) => {
      if (statusCode === 200) {
        socket.setTimeout(0);
        socket.setNoDelay(true);
        socket.setKeepAlive(true, kept.keepAliveMsecs);
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
      } else {
        socket.destroy();
        reject(new Error(`the proxy ${proxy.host} answers ${statusCode} ${statusMessage}`));
      }
    });
    asked.once('timeout', () => asked.destroy(new Error('no answer in time')));
    asked.once('error', (error) => reject(new Error(`the proxy ${proxy.host}: ${error.message}`)));
    asked.end();
  });
}

function authorizationOf({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const words = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(words).toString('base64')}` };
}
