import type { Scrape } from '../../kubernetes/index.ts';
import type { Finding, FixWay, ObjectRef, Severity } from '../finding.ts';
import { type ScrapeFindingCode, scrapeFindingCodes } from './codes.ts';
import type { Remedy } from './remedy.ts';

/** What a check has found: the catalogue of codes adds the rest. */
export interface Found extends Remedy {
  readonly code: ScrapeFindingCode;
  /** From `spec` on: `endpoints[0].port`. Empty for the whole scrape. */
  readonly field: string;
  readonly message: string;
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
  const object = refOfScrape(scrape);
  return {
    code: found.code,
    severity: found.severity ?? severity,
    object,
    field,
    message: clipped(oneLine(found.message), longest.message),
    fix: fixText(found.fix),
    ...remedyOf(found, object),
    certain,
  };
}

/** How a scrape is named in findings. */
export function refOfScrape({ namespace, name }: Pick<Scrape, 'namespace' | 'name'>): ObjectRef {
  return {
    apiVersion: 'operator.victoriametrics.com/v1beta1',
    kind: 'VMServiceScrape',
    namespace,
    name,
  };
}

/** The edits of a remedy, those that name no object as edits of this one. */
export function remedyOf(
  { ways, otherwise }: Remedy,
  object: ObjectRef,
): Pick<Finding, 'ways' | 'otherwise'> {
  if (ways === undefined) return {};
  const placed = ways.map(
    ({ text, edits }): FixWay => ({
      text: fixText(text),
      edits: edits.map((edit) => ({ object, ...edit })),
    }),
  );
  return { ways: placed, ...(otherwise === undefined ? {} : { otherwise: fixText(otherwise) }) };
}

function fixText(text: string): string {
  return clipped(oneLine(text), longest.fix);
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
