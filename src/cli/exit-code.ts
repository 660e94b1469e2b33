import type { Finding, Severity } from '../findings/index.ts';
import { nearest } from '../ground/nearest.ts';
import { findingCodes } from '../report/index.ts';
import type { Review } from '../review/index.ts';
import type { CommandLine, Flag } from '../settings/index.ts';

/** The severities of findings, the worst first. */
export const severities = ['error', 'warning', 'info'] as const satisfies readonly Severity[];

/** What `--fail-on` takes: a severity, or that no finding counts. */
export const failOnChoices = [...severities, 'none'] as const;
export type FailOn = (typeof failOnChoices)[number];

/** The flag of commands that end with 1 because of findings. */
export const failOnFlag: readonly [string, Flag] = [
  'fail-on',
  {
    kind: 'text',
    values: failOnChoices,
    usual: 'error',
    about:
      'The least severity of a finding that makes the exit code 1; none for no finding at all.',
  },
];

/** The flag of commands that leave findings out. */
export const skipFlag: readonly [string, Flag] = [
  'skip',
  {
    kind: 'text',
    value: 'CODE,…',
    values: [...findingCodes.keys()],
    about: 'Leaves out findings of these codes; may be given several times.',
  },
];

/** The codes that a command line leaves out. One that there is not is a problem. */
export function skippedCodes(line: CommandLine, problems: string[]): ReadonlySet<string> {
  const codes = listOf(line, 'skip');
  for (const code of codes) {
    if (findingCodes.has(code)) continue;
    const meant = nearest(code, findingCodes.keys());
    const hint = meant === undefined ? 'see autoscrape findings' : `did you mean ${meant}?`;
    problems.push(`--skip: ${JSON.stringify(code)} is no code of a finding; ${hint}`);
  }
  return new Set(codes);
}

/** The values of a flag that takes lists: `a,b` is the same as giving it twice. */
export function listOf({ own }: CommandLine, flag: string): string[] {
  const words = (own.get(flag) ?? []).flatMap((value) => value.split(','));
  return words.map((word) => word.trim()).filter((word) => word !== '');
}

/** A review without findings of some codes. */
export function withoutCodes(review: Review, codes: ReadonlySet<string>): Review {
  if (codes.size === 0) return review;
  return { ...review, findings: review.findings.filter(({ code }) => !codes.has(code)) };
}

/** Tells whether a finding is at least as severe as asked for. */
export function isFailing({ severity }: Pick<Finding, 'severity'>, failOn: FailOn): boolean {
  return failOn !== 'none' && severities.indexOf(severity) <= severities.indexOf(failOn);
}

/** 1 where a finding is at least as severe as asked for, else 0. */
export function exitCode({ findings }: Pick<Review, 'findings'>, failOn: FailOn): number {
  return findings.some((finding) => isFailing(finding, failOn)) ? 1 : 0;
}
