import type { AdmissionRecord } from '../admission/index.ts';
import type { Log } from '../ground/log.ts';
import type { LogSettings } from '../settings/index.ts';

/** Of lists in a record, as many entries are logged. */
const mostListed = 20;

/**
 * Writes the one line of each admission: what was decided about which object and why, never the object itself or a
 * value from it.
 */
export function decisionLog(log: Log, { decisions }: Pick<LogSettings, 'decisions'>) {
  return function decided(record: AdmissionRecord, thrown: unknown, seconds: number): void {
    if (decisions === 'none' || (decisions === 'changes' && isQuiet(record))) return;
    const fields = decisionFields(record, thrown, seconds);
    if (record.outcome === 'error') log.error(fields, 'admitted as it was: something broke');
    else if (record.outcome === 'skipped') log.warn(fields, 'admitted as it was: out of time');
    else log.info(fields, sentences[record.outcome]);
  };
}

const sentences = {
  patched: 'admitted with additions',
  unchanged: 'admitted, nothing to add',
  ignored: 'admitted, not ours',
  denied: 'refused',
} as const;

function isQuiet({ outcome, findings }: AdmissionRecord): boolean {
  return (outcome === 'unchanged' || outcome === 'ignored') && findings.length === 0;
}

/** The fields of an admission's line. */
export function decisionFields(record: AdmissionRecord, thrown: unknown, seconds: number): object {
  const { operations, findings } = record;
  return {
    webhook: record.webhook,
    uid: record.uid.slice(0, 64),
    kind: record.kind,
    operation: record.operation,
    namespace: record.namespace,
    name: record.name,
    component: record.component,
    outcome: record.outcome,
    because: record.because,
    ms: Math.round(seconds * 1e6) / 1e3,
    ...(record.dryRun ? { dryRun: true } : {}),
    ...(operations.length === 0
      ? {}
      : {
          patch: operations.slice(0, mostListed).map((operation) => operation.path.slice(0, 256)),
        }),
    ...(findings.length === 0
      ? {}
      : { findings: findings.slice(0, mostListed).map((finding) => finding.code) }),
    ...(thrown === undefined ? {} : { error: errorText(thrown) }),
  };
}

const longestError = 4_096;

/** What was thrown, as a text of bounded length: with its stack where it has one. */
export function errorText(thrown: unknown): string {
  const text = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  return text.slice(0, longestError);
}
