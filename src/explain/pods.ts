import type { Pod, PodShape, Service, Workload } from '../kubernetes/index.ts';
import type { PlanContext } from '../planning/index.ts';
import { broken, type Step, step } from './types.ts';

/** The pods behind a Service, with the ports that they declare. */
export function podsStep(service: Service, { inventory }: PlanContext): Step {
  const selector = Object.entries(service.selector ?? {}).map(([key, value]) => `${key}=${value}`);
  if (service.type === 'ExternalName' || selector.length === 0) {
    return broken('It selects no pods, so that nothing can be read through it');
  }
  const workloads = inventory.workloadsBehind(service);
  const pods = inventory.podsBehind(service);
  const selects = `it selects ${selector.join(', ')}`;
  if (workloads.length + pods.length === 0) {
    return step('No pod behind it is known', [selects]);
  }
  return step(`Behind it: ${behind(workloads, pods)}`, [
    selects,
    ...inventory.podShapesBehind(service).flatMap(portLines),
  ]);
}

function behind(workloads: readonly Workload[], pods: readonly Pod[]): string {
  const names = workloads.map(({ kind, name }) => `${kind} ${name}`);
  const shown = pods.slice(0, 5).map((pod) => pod.name);
  const more = pods.length > shown.length ? ` and ${pods.length - shown.length} more` : '';
  const counted = pods.length === 0 ? [] : [`the pods ${shown.join(', ')}${more}`];
  return [...names, ...counted].join('; ');
}

/** A line for each container with ports. */
export function portLines(shape: PodShape): string[] {
  return shape.containers
    .filter((container) => container.ports.length > 0)
    .map(({ name, ports }) => {
      const declared = ports.map(({ name: port, number }) =>
        port === '' ? String(number) : `${port} ${number}`,
      );
      return `container ${name} declares ${declared.join(', ')}`;
    });
}
