import { parseDuration } from '../settings/index.ts';

/** The largest timeoutSeconds that a webhook registration may have. */
const longest = 30_000;

/** Of the time given, what is kept for the way back: a tenth, at most 100 ms. */
const share = 0.1;
const most = 100;

/**
 * How long a review may take, in milliseconds, from the `timeout` that the API server puts into the URL
 * (`?timeout=2s`), less what the answer needs to get there.
 *
 * @param query what follows the `?`; a missing or odd `timeout` counts as `usual`
 * @param usual in milliseconds
 */
export function timeToAnswer(query: string, usual: number): number {
  const given = parseDuration(timeoutIn(query)) ?? usual;
  const bounded = given > 0 ? Math.min(given, longest) : usual;
  return bounded - Math.min(bounded * share, most);
}

const longestText = 32;

function timeoutIn(query: string): string {
  // What the API server really sends, without a URLSearchParams for each request.
  if (query.startsWith('timeout=') && !/[&%+]/.test(query)) return query.slice(8, 8 + longestText);
  return new URLSearchParams(query.slice(0, 1_024)).get('timeout')?.slice(0, longestText) ?? '';
}
