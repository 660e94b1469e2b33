import type { Review } from '../../review/index.ts';
import { reportOf } from '../report.ts';
import type { PageData } from './data.ts';

/** The page of an audit. */
export function pageOfAudit(
  audit: Review,
  about: Pick<PageData, 'version' | 'madeAt' | 'source' | 'gaps'>,
): PageData {
  const { findings } = reportOf(audit);
  const incomplete = findings.filter(({ code }) => code === 'incomplete-input');
  return {
    ...about,
    kind: 'audit',
    gaps: [...about.gaps, ...incomplete.map(({ message, fix }) => `${message}: ${fix}`)],
    coverage: audit.coverage,
    findings,
    missing: audit.scrapes,
    admissions: undefined,
  };
}
