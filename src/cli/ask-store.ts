import {
  type AnsweredQuestion,
  type Deciding,
  type ExpectedSamples,
  firstQuestions,
  furtherQuestions,
  parseVector,
  type Question,
  type StoredSamples,
  storedBy,
  unseenOf,
  type Vector,
} from '../samples/index.ts';
import { ask, refusal, type ServerAddress, serverAddress } from './http.ts';

const path = '/api/v1/query';

/** The longest answer: 40,000 series with all their labels. */
const mostBytes = 16 * 1024 * 1024;

/** Milliseconds for a whole answer; stores themselves give a query 30 s. */
const patience = 35_000;

/** Questions that are open at a time: a store answers others meanwhile. */
const mostOpen = 4;

/** Seconds for which a sample counts as the present one, at least: Prometheus' `--query.lookback-delta`. */
const leastLookback = 300;

/**
 * Returns where a store is asked, by the URL that somebody gave: of Prometheus, of a single-node VictoriaMetrics, or of
 * vmselect with its `/select/<tenant>/prometheus`. Credentials in it become a header.
 *
 * @param headers further ones, as `Name: value`
 */
export function storeAddress(
  given: string,
  headers: readonly string[],
): ServerAddress | { readonly problem: string } {
  return serverAddress(given, path, headers);
}

/** Matchers of PromQL, separated by commas. */
const matchers =
  /^\s*[a-zA-Z_]\w*\s*(?:=~|!~|!=|=)\s*"(?:[^"\\\n]|\\.)*"\s*(?:,\s*[a-zA-Z_]\w*\s*(?:=~|!~|!=|=)\s*"(?:[^"\\\n]|\\.)*"\s*)*$/;

/** Whether a text is what may stand between the braces of a selector: `cluster="x"`. */
export function isMatch(text: string): boolean {
  return matchers.test(text);
}

/** What a store has shown. */
export interface AskedStore {
  readonly stored: StoredSamples;
  readonly deciding: Deciding;
  /** How many questions it had, and what was wrong with those that it did not answer. */
  readonly questions: number;
  readonly problems: readonly string[];
}

/**
 * Asks a store for the samples that it should have.
 *
 * All ages are by the store's own clock: that of a laptop may be minutes off.
 *
 * @param match matchers that every query has besides; empty for none
 * @returns the problem where it can't be asked at all
 */
export async function askStore(
  address: ServerAddress,
  expected: readonly ExpectedSamples[],
  match: string,
): Promise<AskedStore | { readonly problem: string }> {
  const clock = await query(address, { query: 'time()' });
  if ('problem' in clock) return clock;
  const now = clock.samples[0]?.value;
  if (now === undefined || !Number.isFinite(now))
    return { problem: 'it does not say what time it is' };
  const deciding: Deciding = { now, hasMatch: match !== '' };
  const lookback = Math.max(leastLookback, ...expected.map(({ maxAge }) => Math.ceil(maxAge)));
  const options = {
    time: String(now),
    max_lookback: `${lookback}s`,
    lookback_delta: `${lookback}s`,
  };
  const first = await askAll(address, firstQuestions(expected, match), options);
  const unseen = unseenOf(expected, storedBy(first), deciding);
  const further = await askAll(address, furtherQuestions(unseen, match), options);
  const answers = [...first, ...further];
  const problems = answers.flatMap(({ answer }) => ('problem' in answer ? [answer.problem] : []));
  return {
    stored: storedBy(answers),
    deciding,
    questions: answers.length,
    problems: [...new Set(problems)],
  };
}

async function askAll(
  address: ServerAddress,
  questions: readonly Question[],
  options: Readonly<Record<string, string>>,
): Promise<AnsweredQuestion[]> {
  const found: AnsweredQuestion[] = [];
  const open = questions.entries();
  const worker = async (): Promise<void> => {
    for (const [index, question] of open) {
      found[index] = {
        question,
        answer: await query(address, { ...options, query: question.query }),
      };
    }
  };
  await Promise.all(Array.from({ length: mostOpen }, worker));
  return found;
}

/**
 * What VictoriaMetrics is told besides (docs.victoriametrics.com, Prometheus querying API): to evaluate at the time that
 * is given, instead of 30 s earlier, and to take nothing from its cache. `max_lookback` is its word for Prometheus'
 * `lookback_delta`. Either takes no notice of the other's words.
 */
const always = { nocache: '1', latency_offset: '1s' };

async function query(
  address: ServerAddress,
  parameters: Readonly<Record<string, string>>,
): Promise<Vector | { readonly problem: string }> {
  const form = new URLSearchParams({ ...always, ...parameters });
  const answer = await ask(address, { form, mostBytes, patience });
  if ('problem' in answer) return answer;
  const parsed = parseVector(answer.text);
  if (answer.status === 200) return parsed;
  const refused = refusal(answer, 'store');
  if (refused !== undefined) return { problem: refused };
  // A query that is refused says why in the form of an answer.
  if (answer.status === 400 && 'problem' in parsed && parsed.problem.startsWith('it refuses'))
    return parsed;
  return {
    problem: `it answers with HTTP ${answer.status}: queries are answered by Prometheus (9090), single-node VictoriaMetrics (8428) and vmselect (8481/select/0/prometheus), not by vmagent or vminsert`,
  };
}
