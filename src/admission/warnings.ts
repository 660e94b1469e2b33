import type { Finding, Severity } from '../scrape/index.ts';

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
export function warning(sentence: string): string {
  return cut(`autoscrape: ${printable(sentence)}`, longestWarning);
}

/** The reason for a refusal: the first findings, within a length that terminals bear. */
export function refusalOf(findings: readonly Finding[]): string {
  const shown = findings.slice(0, 3).map((finding) => cut(sentenceOf(finding), longestWarning));
  const more = findings.length - shown.length;
  return `${shown.join(' ')}${more > 0 ? ` And ${more} more, see: autoscrape explain` : ''}`;
}

function warningOf(finding: Finding): string {
  const room = longestWarning - 'autoscrape: '.length;
  const whole = sentenceOf(finding);
  if (lengthOf(whole) <= room) return `autoscrape: ${whole}`;
  const code = ` [${finding.code}]`;
  return `autoscrape: ${cut(printable(stated(finding)), room - lengthOf(code))}${code}`;
}

/** `field: message. Fix. [code]` */
function sentenceOf(finding: Finding): string {
  const fix = finding.fix === '' ? '' : ` ${ended(finding.fix)}`;
  return printable(`${stated(finding)}${fix} [${finding.code}]`);
}

function stated(finding: Finding): string {
  return `${finding.field === '' ? '' : `${finding.field}: `}${ended(finding.message)}`;
}

function ended(sentence: string): string {
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
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
