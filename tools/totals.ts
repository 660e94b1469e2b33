import * as v from 'valibot';

/** What Jest's `--json` report says in numbers. */
const reportSchema = v.object({
  numPassedTests: v.number(),
  numFailedTests: v.number(),
  numPendingTests: v.number(),
  numTodoTests: v.number(),
  /** Suites that could not run, of which no test is counted. */
  numRuntimeErrorTestSuites: v.number(),
});

/** How a run of tests ended. */
export type Totals = {
  /** One line: `N passed, N failed, N skipped`. A suite that could not run counts as one that failed. */
  readonly text: string;
  /** Something passed, and nothing failed. */
  readonly good: boolean;
};

/** The totals of a report of Jest's; an empty one means that nothing ran. */
export function totalsOf(report: string): Totals {
  if (report === '') return { text: '0 passed, 0 failed, 0 skipped', good: false };
  const found = v.parse(reportSchema, JSON.parse(report));
  const failed = found.numFailedTests + found.numRuntimeErrorTestSuites;
  const skipped = found.numPendingTests + found.numTodoTests;
  return {
    text: `${found.numPassedTests} passed, ${failed} failed, ${skipped} skipped`,
    good: found.numPassedTests > 0 && failed === 0,
  };
}
