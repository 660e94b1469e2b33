import type { AdmissionRecord } from '../admission/index.ts';
import type { PageAdmission } from '../report/index.ts';

/** The admissions that the page tells of. */
export interface LastAdmissions {
  /** Remembers one. On the path of admission: it costs one place in a list. */
  readonly remember: (record: AdmissionRecord) => void;
  /** The newest first. */
  readonly tell: () => readonly PageAdmission[];
}

/** As many that did something, or found something, are remembered, */
const notable = 60;
/** and as many that did nothing: operators write thousands of those. */
const quiet = 20;

/** Codes of findings that are told of one admission. */
const mostCodes = 5;

/** Remembers the last admissions: names and reasons, never an object or a value from it. */
export function lastAdmissions(now: () => Date): LastAdmissions {
  const told = ring<Remembered>(notable);
  const quietly = ring<Remembered>(quiet);
  return {
    remember: (record) => {
      const isQuiet =
        record.findings.length === 0 &&
        (record.outcome === 'unchanged' || record.outcome === 'ignored');
      (isQuiet ? quietly : told).put({ at: now(), record });
    },
    tell: () =>
      [...told.all(), ...quietly.all()]
        .sort((a, b) => b.at.getTime() - a.at.getTime())
        .map(({ at, record }) => admission(at, record)),
  };
}

interface Remembered {
  readonly at: Date;
  readonly record: AdmissionRecord;
}

function admission(at: Date, record: AdmissionRecord): PageAdmission {
  const { kind, operation, namespace, name, dryRun, component, outcome, because } = record;
  return {
    at,
    kind,
    operation,
    namespace,
    name,
    dryRun,
    component,
    outcome,
    because,
    additions: record.operations.length,
    findings: [...new Set(record.findings.map(({ code }) => code))].slice(0, mostCodes),
  };
}

/** The last `size` of what was put, the newest first. */
function ring<T>(size: number) {
  const places: T[] = [];
  let next = 0;
  return {
    put: (one: T): void => {
      places[next] = one;
      next = (next + 1) % size;
    },
    all: (): T[] => [...places.slice(next), ...places.slice(0, next)].reverse(),
  };
}
