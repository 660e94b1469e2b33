import type { Severity } from '../findings/index.ts';
import type { PlacedFinding } from '../review/index.ts';
import { fingerprints, hasFile, subjectOf } from './identity.ts';

const severities: Readonly<Record<Severity, string>> = {
  error: 'major',
  warning: 'minor',
  info: 'info',
};

/**
 * Findings as a report of GitLab's Code Quality
 * (https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format). It knows files alone: what is in none
 * gets the path `cluster/KIND/NAMESPACE/NAME`.
 */
export function gitlabText(findings: readonly PlacedFinding[]): string {
  const names = fingerprints(findings);
  const report = findings.map((finding, index) => ({
    description: `${subjectOf(finding)}: ${finding.message}${finding.fix === '' ? '' : `. Fix: ${finding.fix}`}`,
    check_name: finding.code,
    fingerprint: names[index],
    severity: severities[finding.severity],
    location: { path: pathOf(finding), lines: { begin: Math.max(1, finding.line) } },
  }));
  return `${JSON.stringify(report, undefined, 2)}\n`;
}

function pathOf(finding: PlacedFinding): string {
  if (hasFile(finding)) return finding.file;
  const { kind, namespace, name } = finding.object;
  return ['cluster', kind, namespace, name].filter((part) => part !== '').join('/');
}
