import type { Severity } from '../findings/index.ts';
import type { Review } from '../review/index.ts';
import type { Flag } from '../settings/index.ts';

/** The severities of findings, the worst first. */
export const severities = ['error', 'warning', 'info'] as const satisfies readonly Severity[];

/** The flag of commands that end with 1 because of findings. */
export const failOnFlag: readonly [string, Flag] = [
  'fail-on',
  {
    kind: 'text',
    values: severities,
    usual: 'error',
    about: 'The least severity of a finding that makes the exit code 1.',
  },
];

/** 1 where a finding is at least as severe as asked for, else 0. */
export function exitCode({ findings }: Pick<Review, 'findings'>, failOn: Severity): number {
  const failing = severities.slice(0, severities.indexOf(failOn) + 1);
  return findings.some((finding) => failing.includes(finding.severity)) ? 1 : 0;
}
