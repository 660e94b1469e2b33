import type { Review } from '../../review/index.ts';
import { reportOf } from '../report.ts';
import { missingOf } from '../summary.ts';
import type { PageData } from './data.ts';

/**
 * The page of an audit.
 *
 * @param unread what could not be read, and why
 */
export function pageOfAudit(
  audit: Review,
  about: Pick<PageData, 'version' | 'madeAt' | 'source' | 'targets' | 'headline'>,
  unread: readonly string[],
): PageData {
  const { findings } = reportOf(audit);
  const incomplete = findings.filter(({ code }) => code === 'incomplete-input');
  return {
    ...about,
    kind: 'audit',
    gaps: [...unread.map((message) => ({ message, fix: '' })), ...incomplete],
    coverage: audit.coverage,
    findings,
    missing: missingOf(audit),
    admissions: undefined,
  };
}
