import type { Scrape } from '../../kubernetes/index.ts';
import type { Finding, Severity } from '../finding.ts';
import { refOfScrape, remedyOf } from '../scrapes/found.ts';
import type { Remedy } from '../scrapes/remedy.ts';
import { type SurroundingCode, surroundingFindingCodes } from './codes.ts';

/** What was found around a scrape: the catalogue of codes adds the rest. */
export interface Around extends Remedy {
  readonly code: SurroundingCode;
  /** From the object's root: `spec.endpoints[0]`, `metadata.labels`. */
  readonly field: string;
  readonly message: string;
  /** Where it is less severe than its code usually is. */
  readonly severity?: Severity;
}

export function around(code: SurroundingCode, said: Omit<Around, 'code'>): Around {
  return { code, ...said };
}

/** A finding about a scrape. */
export function findingAround(scrape: Scrape, found: Around): Finding {
  const object = refOfScrape(scrape);
  const { severity, certain } = surroundingFindingCodes[found.code];
  return {
    code: found.code,
    severity: found.severity ?? severity,
    object,
    field: found.field,
    message: found.message,
    fix: found.fix,
    ...remedyOf(found, object),
    certain,
  };
}

/** A text as YAML has it: in quotes where it would be something else without. */
export function yamlText(value: string): string {
  return /^(?:true|false|yes|no|on|off|null|y|n|[\d.+-].*|)$/i.test(value) ? `"${value}"` : value;
}

/** A few names of a list. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, names.length > 4 ? 3 : 4).join(', ');
  return names.length > 4 ? `${shown} and ${names.length - 3} more` : shown;
}
