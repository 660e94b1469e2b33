import type { Service, Workload } from '../kubernetes/index.ts';
import type { Finding, Severity } from '../scrape/index.ts';

/** What admission finds in Services and workloads: the codes, with the severity that each has. */
export const additionFindings = {
  /** A label that would be added has a value that Kubernetes refuses (longer than 63 characters, mostly). */
  'label-value-invalid': 'info',
  /** A standard label says something else than the catalogue; it stays. */
  'label-differs': 'info',
  /** A standard label was not added: with it the object would be taken for another component. */
  'label-would-mislead': 'info',
  /** Another port has the name of the metrics port. */
  'port-name-taken': 'warning',
  /** Another port has the number of the metrics port. */
  'port-number-taken': 'warning',
  /** A Service with a metrics port becomes reachable from outside the cluster. */
  'port-exposed': 'warning',
} as const satisfies Readonly<Record<string, Severity>>;

/** The code of a finding of admission. */
export type AdditionCode = keyof typeof additionFindings;

/** A finding about a Service or a workload. None of them is ever a reason to refuse the object. */
export function finding(
  code: AdditionCode,
  object: Service | Workload,
  field: string,
  message: string,
  fix: string,
): Finding {
  return {
    code,
    severity: additionFindings[code],
    object: {
      apiVersion: object.kind === 'Service' ? 'v1' : 'apps/v1',
      kind: object.kind,
      namespace: object.namespace,
      name: object.name,
    },
    field,
    message,
    fix,
    certain: true,
  };
}

/** A text from outside as a message shows it: in quotes, and never longer than a line. */
export function quoted(value: string): string {
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
}
