import { type IncomingMessage, request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';

/** Where a server is asked, and as whom. */
export interface ServerAddress {
  /** Without credentials: fit to be shown. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Of a server with `https:`; see `tls.connect` of Node. */
  readonly tls?: TlsFiles;
}

/** PEM texts: an authority that is trusted instead of the usual ones, and a client's certificate with its key. */
export interface TlsFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** One request: what is sent, and how much answer is taken. */
export interface Ask {
  /** A form to post; absent: GET. */
  readonly form?: URLSearchParams;
  /** The longest answer, in bytes. */
  readonly mostBytes: number;
  /** Milliseconds for the whole answer. */
  readonly patience: number;
}

/** An answer that came whole, whatever its status. */
export interface HttpAnswer {
  readonly status: number;
  /** Where a redirect leads; empty where it is none. */
  readonly location: string;
  readonly text: string;
}

/**
 * Returns where a server is asked, by the URL that somebody gave: of the server, with or without the path of its API.
 * Credentials in it become a header.
 *
 * @param path of the API, such as `/api/v1/query`
 * @param headers further ones, as `Name: value`
 */
export function serverAddress(
  given: string,
  path: string,
  headers: readonly string[],
): ServerAddress | { readonly problem: string } {
  const url = URL.parse(given);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return { problem: `found ${JSON.stringify(withoutSecrets(given))}, expected http://host:port` };
  }
  const sent: Record<string, string> = { Accept: 'application/json' };
  if (url.username !== '' || url.password !== '') {
    const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    sent.Authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
    url.username = '';
    url.password = '';
  }
  for (const header of headers) {
    const [, name, value] =
      /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*([\t\x20-\x7e]*)$/.exec(header) ?? [];
    if (name === undefined || value === undefined) {
      return { problem: 'a header is not of the form Name: value' };
    }
    sent[name] = value;
  }
  const base = url.pathname.replace(/\/+$/, '');
  url.pathname = base.endsWith(path) ? base : base + path;
  url.hash = '';
  return { url: url.href, headers: sent };
}

/** What was given instead of a URL may still be one with a password in it. */
function withoutSecrets(given: string): string {
  return given.replace(/^.*@/, '').slice(0, 200);
}

/** Asks a server once, and follows no redirect: its answer, or why there is none, in words. */
export async function ask(
  address: ServerAddress,
  { form, mostBytes, patience }: Ask,
): Promise<HttpAnswer | { readonly problem: string }> {
  try {
    const answer = await send(address, form, AbortSignal.timeout(patience));
    const text = await bounded(answer, mostBytes);
    if (text === undefined) return { problem: `its answer is longer than ${mostBytes} bytes` };
    return { status: answer.statusCode ?? 0, location: answer.headers.location ?? '', text };
  } catch (error) {
    return { problem: reasonOf(error, patience) };
  }
}

function send(
  { url, headers, tls = {} }: ServerAddress,
  form: URLSearchParams | undefined,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const method = form === undefined ? 'GET' : 'POST';
    const type = form === undefined ? {} : { 'Content-Type': 'application/x-www-form-urlencoded' };
    const options = { method, headers: { ...headers, ...type }, signal };
    const request = url.startsWith('https:')
      ? overHttps(url, { ...options, ...tls })
      : overHttp(url, options);
    request.on('response', resolve);
    request.on('error', reject);
    request.end(form?.toString());
  });
}

async function bounded(answer: IncomingMessage, mostBytes: number): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of answer) {
    bytes += chunk.length;
    // Leaving the loop ends the connection.
    if (bytes > mostBytes) return undefined;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** Of several addresses that were tried the reason is in the errors, and of an end by the clock in the cause. */
function reasonOf(error: unknown, patience: number): string {
  const cause = memberOf(error, 'cause');
  if ([error, cause].some((one) => textOf(one, 'name') === 'TimeoutError')) {
    return `it does not answer within ${patience / 1_000} s`;
  }
  const errors = memberOf(error, 'errors');
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  const told = [first, error].map((one) => textOf(one, 'message'));
  return told.find((text) => text !== '') ?? String(error);
}

/** Of what was thrown nothing is certain, not even that it is an Error of ours. */
function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function textOf(value: unknown, name: string): string {
  const text = memberOf(value, name);
  return typeof text === 'string' ? text : '';
}

/** Says what an answer other than 200 means that any server can give; undefined where it is about the path. */
export function refusal(
  { status, location }: Pick<HttpAnswer, 'status' | 'location'>,
  flag: string,
): string | undefined {
  const told = `it answers with HTTP ${status}`;
  if (status === 401 || status === 403) {
    return `${told}: give --${flag}-header 'Authorization: …'`;
  }
  if (status >= 300 && status < 400) {
    const to = location === '' ? 'nowhere' : location.slice(0, 200);
    return `${told}, and leads to ${to}: give that URL`;
  }
  return status === 400 || status === 404 ? undefined : told;
}
