import { type AgentTargets, parseTargets } from '../findings/index.ts';
import { type AgentWrites, parseWrites } from '../samples/index.ts';
import { ask, refusal, type ServerAddress, serverAddress } from './http.ts';

const path = '/api/v1/targets';

/** An answer of 50,000 targets with all their labels. */
const mostBytes = 256 * 1024 * 1024;

/** Milliseconds for the whole answer. */
const patience = 30_000;

/**
 * Returns where the targets of an agent are told, by the URL that somebody gave: of the agent, with or without the path
 * of its API. Credentials in it become a header.
 *
 * @param headers further ones, as `Name: value`
 */
export function agentAddress(
  given: string,
  headers: readonly string[],
): ServerAddress | { readonly problem: string } {
  return serverAddress(given, path, headers);
}

/** Asks an agent for its targets: those, or why they can't be had, in words. */
export async function askAgent(
  address: ServerAddress,
): Promise<AgentTargets | { readonly problem: string }> {
  const answer = await ask(address, { mostBytes, patience });
  if ('problem' in answer) return answer;
  if (answer.status === 200) return parseTargets(answer.text);
  const problem =
    refusal(answer, 'targets') ??
    `it answers with HTTP ${answer.status}: there are targets at vmagent (8429) and single-node VictoriaMetrics (8428), not at vminsert or vmselect`;
  return { problem };
}

/** A page of metrics is some 100 KB. */
const mostMetrics = 16 * 1024 * 1024;

/**
 * Asks an agent how its writes go, on its own page of metrics; undefined where it does not say.
 *
 * @param address that of its targets
 */
export async function askWrites(address: ServerAddress): Promise<AgentWrites | undefined> {
  const url = new URL(address.url);
  url.pathname = `${url.pathname.slice(0, -path.length)}/metrics`;
  url.search = '';
  const at = { ...address, url: url.href, headers: { ...address.headers, Accept: '*/*' } };
  const answer = await ask(at, { mostBytes: mostMetrics, patience });
  if ('problem' in answer || answer.status !== 200) return undefined;
  return parseWrites(address.url, answer.text);
}
