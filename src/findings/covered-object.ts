import { kindAndName } from '../kubernetes/index.ts';
import type { Coverage } from '../planning/index.ts';
import type { ObjectRef } from './finding.ts';

/** Returns the object that stands for a set of pods: the workload, else the first Service. */
export function coveredObject({
  namespace,
  workload,
  services,
}: Pick<Coverage, 'namespace' | 'workload' | 'services'>): ObjectRef {
  const { kind, name } = kindAndName(workload);
  if (kind === 'StatefulSet' || kind === 'Deployment') {
    return { apiVersion: 'apps/v1', kind, namespace, name };
  }
  const [service] = services;
  if (service !== undefined) return { apiVersion: 'v1', kind: 'Service', namespace, name: service };
  return { apiVersion: '', kind, namespace, name };
}
