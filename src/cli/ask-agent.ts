import { type AgentTargets, parseTargets } from '../findings/index.ts';

/** Where an agent is asked, and as whom. */
export interface AgentAddress {
  /** Of `/api/v1/targets`, without credentials: fit to be shown. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

const path = '/api/v1/targets';

/** An answer of 50,000 targets with all their labels. */
const mostBytes = 256 * 1024 * 1024;

/** Milliseconds for the whole answer. */
const patience = 30_000;

/**
 * Where the targets of an agent are told, by the URL that somebody gave: of the agent, with or without the path of its
 * API. Credentials in it become a header.
 *
 * @param headers further ones, as `Name: value`
 */
export function agentAddress(
  given: string,
  headers: readonly string[],
): AgentAddress | { readonly problem: string } {
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

/** Asks an agent for its targets: those, or why they can't be had, in words. */
export async function askAgent({
  url,
  headers,
}: AgentAddress): Promise<AgentTargets | { readonly problem: string }> {
  try {
    const answer = await fetch(url, {
      headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(patience),
    });
    if (answer.status !== 200) {
      await answer.body?.cancel();
      return { problem: refusal(answer) };
    }
    const text = await bounded(answer);
    if (text === undefined) return { problem: `its answer is longer than ${mostBytes} bytes` };
    return parseTargets(text);
  } catch (error) {
    return { problem: reasonOf(error) };
  }
}

function refusal({ status, headers }: Response): string {
  const told = `it answers with HTTP ${status}`;
  if (status === 401 || status === 403) return `${told}: give --targets-header 'Authorization: …'`;
  if (status >= 300 && status < 400) {
    return `${told}, and leads to ${(headers.get('location') ?? 'nowhere').slice(0, 200)}: give that URL`;
  }
  if (status === 400 || status === 404) {
    return `${told}: there are targets at vmagent (8429) and single-node VictoriaMetrics (8428), not at vminsert or vmselect`;
  }
  return told;
}

async function bounded({ body }: Response): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > mostBytes) return undefined;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** Node's fetch says what happened in the cause, and of several addresses in the errors of that. */
function reasonOf(error: unknown): string {
  if (textOf(error, 'name') === 'TimeoutError') {
    return `it does not answer within ${patience / 1_000} s`;
  }
  const cause = memberOf(error, 'cause');
  const errors = memberOf(cause, 'errors');
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  const told = [first, cause, error].map((one) => textOf(one, 'message'));
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
