import { isDeepStrictEqual } from 'node:util';
import type { Finding } from '../findings/index.ts';
import { type Json, parseScrape, type Scrape } from '../kubernetes/index.ts';
import { isOurs } from '../planning/index.ts';
import { fieldManager, type PipelineSettings } from '../settings/index.ts';
import type { AdmissionRequest } from './review.ts';
import type { FindingsOf } from './types.ts';

/** What is said of a scrape that somebody writes. */
export interface ScrapeAdmission {
  readonly because: 'own-scrape' | 'findings-off' | 'checked';
  readonly findings: readonly Finding[];
  /** The findings for which the write is refused; empty where it is admitted. */
  readonly refusing: readonly Finding[];
}

/**
 * The findings of a scrape, and those of them that refuse it: in `deny` mode errors that the objects at hand prove,
 * whatever comes later. An update that leaves the spec as it is stored is never refused: a label, or the finalizer of
 * a scrape that was there before the mode, can always be written.
 */
export function scrapeVerdict(
  request: AdmissionRequest,
  object: Json,
  settings: PipelineSettings,
  findingsOf: FindingsOf,
): ScrapeAdmission {
  const mode = settings.scrapes.findings;
  if (mode === 'off') return { because: 'findings-off', findings: [], refusing: [] };
  const scrape = scrapeOf(request, object);
  if (isOurs(scrape, settings) || isWrittenByUs(scrape, request, settings)) {
    return { because: 'own-scrape', findings: [], refusing: [] };
  }
  const findings = findingsOf(scrape);
  const refusing =
    mode === 'deny' && !isSpecStored(request, object)
      ? findings.filter((finding) => finding.severity === 'error' && finding.certain)
      : [];
  return { because: 'checked', findings, refusing };
}

/** Parsed, with the namespace and name of the request: on CREATE the object itself may lack them. */
function scrapeOf({ namespace, name }: AdmissionRequest, object: Json): Scrape {
  const scrape = parseScrape(object);
  if (scrape === undefined) throw new TypeError('VMServiceScrape is no JSON object');
  return { ...scrape, namespace, name };
}

/** Our own write: server-side apply names its field manager in the request's options. */
function isWrittenByUs(
  scrape: Scrape,
  request: AdmissionRequest,
  settings: PipelineSettings,
): boolean {
  return (
    request.fieldManager === fieldManager &&
    scrape.labels['app.kubernetes.io/managed-by'] === settings.scrapes.managedBy
  );
}

function isSpecStored(request: AdmissionRequest, object: Json): boolean {
  const { oldObject } = request;
  return oldObject !== undefined && isDeepStrictEqual(object.spec, oldObject.spec);
}
