import type { Scrape } from '../../kubernetes/index.ts';
import type { Finding, Severity } from '../finding.ts';
import { type ScrapeFindingCode, scrapeFindingCodes } from './codes.ts';

/** What a check has found: the catalogue of codes adds the rest. */
export interface Found {
  readonly code: ScrapeFindingCode;
  /** From `spec` on: `endpoints[0].port`. Empty for the whole scrape. */
  readonly field: string;
  readonly message: string;
  readonly fix: string;
  /** Where it is less severe than its code usually is. */
  readonly severity?: Severity;
  /** The field that was meant, where another one is written. */
  readonly meant?: string;
}

/**
 * What nobody writes by hand is cut here, so that no object makes a finding of any length. Where less room is, as in a
 * warning of the API server, the words are cut there.
 */
const longest = { field: 200, message: 1000, fix: 600 } as const;

/** A finding about a scrape, each part on one line. */
export function findingOf(scrape: Scrape, found: Found): Finding {
  const { severity, certain } = scrapeFindingCodes[found.code];
  const field = found.field === '' ? '' : clipped(oneLine(`spec.${found.field}`), longest.field);
  return {
    code: found.code,
    severity: found.severity ?? severity,
    object: {
      apiVersion: 'operator.victoriametrics.com/v1beta1',
      kind: 'VMServiceScrape',
      namespace: scrape.namespace,
      name: scrape.name,
    },
    field,
    message: clipped(oneLine(found.message), longest.message),
    fix: clipped(oneLine(found.fix), longest.fix),
    certain,
  };
}

/** What users write may hold line breaks and other control characters: a terminal should not see them. */
function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ');
}

/** At most `length` UTF-16 units of a text. */
export function clipped(text: string, length: number): string {
  if (text.length <= length) return text;
  return `${text.slice(0, Math.max(0, length - 1)).toWellFormed()}…`;
}

/** A value from outside, in quotes, as much of it as a message can bear. */
export function quoted(value: unknown): string {
  const json = typeof value === 'bigint' ? String(value) : JSON.stringify(value);
  return clipped(json ?? String(value), 100);
}

/** A few names of a list: `client, peer and 3 more`. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, names.length > 4 ? 3 : 4).map((name) => clipped(name, 130));
  const more = names.length - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** `namespace/name`, or the name alone within `home`. */
export function placed(
  object: { readonly namespace: string; readonly name: string },
  home: string,
) {
  const { namespace, name } = object;
  return clipped(namespace === home ? name : `${namespace}/${name}`, 260);
}

/** Whether a port carries metrics, by its name. */
export function looksLikeMetrics(name: string): boolean {
  return /metric|prom/i.test(name);
}

/** The one that carries metrics by its name, else the only one. */
export function likeliest(names: readonly string[]): string | undefined {
  return names.find(looksLikeMetrics) ?? (names.length === 1 ? names[0] : undefined);
}
