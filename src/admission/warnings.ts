import type { Finding, Severity } from '../findings/index.ts';

/**
 * Findings as the warnings of an admission answer. The API server cuts a warning at 256 characters once all of a
 * request's exceed 4096 together, and drops what has control characters
 * (https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#response).
 */

const longestWarning = 256;
/** Other webhooks' warnings count towards the 4096 as well: ours take at most a good half. */
const mostWarnings = 10;

const rank: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2 };

/** What users are told of findings: errors first, then warnings; what is merely `info` stays in the record. */
export function warningsOf(findings: readonly Finding[]): string[] {
  if (findings.length === 0) return [];
  const told = findings
    .filter((finding) => finding.severity !== 'info')
    .sort((a, b) => rank[a.severity] - rank[b.severity] || Number(b.certain) - Number(a.certain));
  if (told.length <= mostWarnings) return told.map(warningOf);
  const shown = told.slice(0, mostWarnings - 1).map(warningOf);
  return [
    ...shown,
    warning(`and ${told.length - shown.length} more findings, see: autoscrape explain`),
  ];
}

/** A warning in our name, within the limits. */
export function warning(text: string): string {
  return cut(prefix + printable(text), longestWarning);
}

/** The reason for a refusal: the first findings, within a length that terminals bear. */
export function refusalOf(findings: readonly Finding[]): string {
  const shown = findings.slice(0, 3).map((finding) => sentence(finding, longestWarning));
  const more = findings.length - shown.length;
  return `${shown.join('. ')}${more > 0 ? `. And ${more} more, see: autoscrape explain` : ''}`;
}

const prefix = 'autoscrape: ';

function warningOf(finding: Finding): string {
  return prefix + sentence(finding, longestWarning - prefix.length);
}

/** A fix that is longer than this is left out where there is not room for everything; a field is cut to this. */
const longestFix = 130;
const longestField = 80;
/** Fewer characters of a message say nothing. */
const shortestMessage = 40;

/**
 * `field: message; fix [code]` in at most `room` characters: the message is cut first. Where that leaves too little of
 * it, the fix goes.
 */
function sentence(finding: Finding, room: number): string {
  const code = ` [${finding.code}]`;
  const stated = printable(unended(finding.message));
  const fix = finding.fix === '' ? '' : `; ${printable(unended(finding.fix))}`;
  const whole = placed(printable(finding.field), stated) + fix;
  if (lengthOf(whole + code) <= room) return whole + code;
  const field = cut(printable(finding.field), longestField);
  const left = room - lengthOf(placed(field, '') + fix + code);
  return lengthOf(fix) <= longestFix && left >= shortestMessage
    ? placed(field, cut(stated, left)) + fix + code
    : cut(placed(field, stated), room - lengthOf(code)) + code;
}

function placed(field: string, statement: string): string {
  return field === '' ? statement : `${field}: ${statement}`;
}

/** Without the full stop of a sentence that goes on. */
function unended(sentence: string): string {
  return sentence.endsWith('.') ? sentence.slice(0, -1) : sentence;
}

/** Without control characters and broken surrogates, which would make the API server drop the warning. */
function printable(sentence: string): string {
  return sentence.toWellFormed().replace(/\p{Cc}+/gu, ' ');
}

function lengthOf(sentence: string): number {
  return [...sentence].length;
}

/** At most `length` characters (code points, as the API server counts them). */
function cut(sentence: string, length: number): string {
  if (sentence.length <= length) return sentence;
  const characters = [...sentence];
  return characters.length <= length ? sentence : `${characters.slice(0, length - 1).join('')}…`;
}
