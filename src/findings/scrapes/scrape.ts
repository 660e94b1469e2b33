import type { Inventory } from '../../inventory/index.ts';
import type { Scrape } from '../../kubernetes/index.ts';
import type { Finding, Severity } from '../finding.ts';
import { type Check, checkOf, type FindingOptions } from './check.ts';
import type { ScrapeFindingCode } from './codes.ts';
import { durationFindings } from './durations.ts';
import { formFindings } from './form.ts';
import { type Found, findingOf } from './found.ts';
import { portFindings } from './ports.ts';
import { monitorFindings, readingFindings } from './readings.ts';
import { roleFindings } from './roles.ts';
import { ruleFindings } from './rules.ts';
import { selectionFindings, selectorFindings } from './selectors.ts';
import { sizeFindings, unjudged } from './sizes.ts';

/** More than this are not told of one scrape. */
const most = 40;

/**
 * What is wrong, or probably not meant, with a scrape, given the objects at hand; whether or not it is in the inventory
 * itself. Errors first, then by field. What depends on kinds of objects that the inventory does not know in full is
 * not claimed.
 */
export function scrapeFindings(
  scrape: Scrape,
  inventory: Inventory,
  options: FindingOptions = {},
): Finding[] {
  if (scrape.tooLarge !== undefined) return [findingOf(scrape, unjudged(scrape.tooLarge))];
  const check = checkOf(scrape, inventory, options);
  const form = formFindings(check);
  const found = [
    ...form,
    ...durationFindings(check),
    ...ruleFindings(check),
    ...monitorFindings(check),
    ...sizeFindings(check),
    ...matchingFindings(check, form),
  ];
  return found
    .map((one) => findingOf(scrape, one))
    .sort((a, b) => ranks[a.severity] - ranks[b.severity] || compareFields(a.field, b.field))
    .slice(0, most);
}

/** What is found by matching: nothing where the part that matches is malformed, for what it means is nobody's guess. */
function matchingFindings(check: Check, form: readonly Found[]): Found[] {
  if (form.some((one) => isBroken(one, /^(?:selector|namespaceSelector|discoveryRole|$)/)))
    return [];
  const found = [...selectorFindings(check), ...selectionFindings(check), ...roleFindings(check)];
  if (form.some((one) => isBroken(one, decidesTargets))) return found;
  const ports = portFindings(check);
  found.push(...ports);
  if (!ports.some((one) => isBroken(one, decidesTargets))) found.push(...readingFindings(check));
  return found;
}

/** The parts of an endpoint that decide what is read; how it is read, such as `tlsConfig`, is not among them. */
const decidesTargets =
  /^endpoints(?:\[\d+\](?:\.(?:port|targetPort|path|scheme|params|relabelConfigs)(?![a-zA-Z]).*)?)?$/;

const malformed: ReadonlySet<string> = new Set<ScrapeFindingCode>([
  'wrong-type',
  'unknown-value',
  'unknown-field',
]);

function isBroken({ code, field, meant = field }: Found, where: RegExp): boolean {
  return malformed.has(code) && where.test(meant);
}

const ranks: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2 };

/** `endpoints[2]` comes before `endpoints[10]`. */
function compareFields(a: string, b: string): number {
  const [first, second] = [a, b].map((field) =>
    field.replaceAll(/\d+/g, (number) => number.padStart(6, '0')),
  );
  if (first === undefined || second === undefined || first === second) return 0;
  return first < second ? -1 : 1;
}
