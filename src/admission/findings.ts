import type { Finding } from '../findings/index.ts';
import type { Service, Workload } from '../kubernetes/index.ts';
import { type AdditionCode, additionFindings } from './finding-codes.ts';

/** A finding about a Service or a workload; the catalogue of codes adds the rest. */
export function finding(
  code: AdditionCode,
  object: Service | Workload,
  field: string,
  message: string,
  fix: string,
): Finding {
  const { severity, certain } = additionFindings[code];
  return {
    code,
    severity,
    object: {
      apiVersion: object.kind === 'Service' ? 'v1' : 'apps/v1',
      kind: object.kind,
      namespace: object.namespace,
      name: object.name,
    },
    field,
    message,
    fix,
    certain,
  };
}

/** A text from outside as a message shows it: in quotes, and never longer than a line. */
export function quoted(value: string): string {
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
}
