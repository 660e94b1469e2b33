import { BlockList, isIP, isIPv6 } from 'node:net';
import type { Environment } from '../../ground/environment.ts';
import { AccessError } from './access.ts';
import { hostOf } from './connection-agents.ts';

/**
 * Returns the proxy that the environment names for a server, by the rules of Go's net/http, which kubectl follows
 * (https://pkg.go.dev/golang.org/x/net/http/httpproxy#FromEnvironment).
 *
 * @throws {AccessError} where it is no proxy's address
 */
export function proxyInEnvironment(server: URL, environment: Environment): URL | undefined {
  const named = (name: string): string =>
    environment[name] || environment[name.toLowerCase()] || '';
  const name = server.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const written = named(name);
  if (written === '' || isExempt(server, named('NO_PROXY'))) return undefined;
  return proxyAt(written.includes('://') ? written : `http://${written}`, name);
}

/**
 * Reads a proxy's address.
 *
 * @param where what it was found as
 * @throws {AccessError} where it is none, or of a proxy that is not asked by CONNECT
 */
export function proxyAt(written: string, where: string): URL {
  const url = URL.canParse(written) ? new URL(written) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  // It may hold a password.
  const scheme = url === undefined ? '' : `, found ${url.protocol}//`;
  throw new AccessError(`${where}: expected the address of an http or https proxy${scheme}`);
}

/** True where a server is asked directly: on this machine, or as NO_PROXY says. */
function isExempt(server: URL, noProxy: string): boolean {
  const host = hostOf(server).toLowerCase();
  if (host === 'localhost' || contains('127.0.0.0/8', host) || contains('::1/128', host))
    return true;
  const port = server.port || (server.protocol === 'https:' ? '443' : '80');
  return noProxy
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => entry === '*' || (entry !== '' && isMeant(entry, host, port)));
}

/** True where an entry of NO_PROXY means a host: a range, an address or a domain, the latter two with a port or without. */
function isMeant(entry: string, host: string, port: string): boolean {
  if (entry.includes('/')) return contains(entry, host);
  const [, bracketed, plain = '', only] =
    /^(?:\[(.*)\]|(.*?))(?::(\d+))?$/.exec(isIPv6(entry) ? `[${entry}]` : entry) ?? [];
  if (only !== undefined && only !== port) return false;
  const name = bracketed ?? plain;
  if (isIP(name) !== 0) return contains(`${name}/${isIPv6(name) ? 128 : 32}`, host);
  const domain = name.replace(/^\*/, '');
  return domain.startsWith('.')
    ? host.endsWith(domain)
    : host === domain || host.endsWith(`.${domain}`);
}

function contains(range: string, host: string): boolean {
  const [address = '', bits] = range.split('/');
  const family = (text: string) => (isIPv6(text) ? 'ipv6' : 'ipv4');
  if (isIP(host) === 0 || isIP(address) === 0) return false;
  const list = new BlockList();
  try {
    list.addSubnet(address, Number(bits), family(address));
  } catch {
    return false;
  }
  return list.check(host, family(host));
}
