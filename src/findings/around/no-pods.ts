import { contains, labelOf, type Scrape, type Service } from '../../kubernetes/index.ts';
import type { PlanContext } from '../../planning/index.ts';
import { hasEndpoints } from '../../reading/index.ts';
import { oneWay } from '../scrapes/remedy.ts';
import { type Around, around, yamlText } from './found.ts';
import type { Surroundings } from './types.ts';

/** More Services of a scrape, and more workloads of a namespace, are not looked at. */
const mostServices = 16;
const mostWorkloads = 200;

/**
 * Says that a scrape reads nothing because its Services select no pods, where a workload is at hand that lacks one of
 * the labels and that no Service selects. Something else may make the pods, so that their absence alone says nothing.
 */
export function noPodsFindings(
  scrape: Scrape,
  surroundings: Surroundings,
  { inventory }: PlanContext,
): Around[] {
  const services = inventory.servicesSelectedBy(scrape, mostServices);
  const near = services.map((service) => nearWorkload(service, surroundings, inventory));
  const [first] = near;
  if (first === undefined || near.includes(undefined)) return [];
  const { service, workload, key, value } = first;
  const name = `${service.namespace}/${service.name}`;
  const wanted = labelOf(service.selector ?? {}, key) ?? '';
  return [
    around('selects-no-pods', {
      field: 'spec.selector',
      message: `Service ${name} selects no pod: ${key} is ${JSON.stringify(wanted)} there, and ${value === undefined ? 'missing' : JSON.stringify(value)} in ${workload}`,
      ...(value === undefined
        ? {
            fix: `add label ${key} to the pods of ${workload}, or remove spec.selector[${key}] in Service ${name}`,
          }
        : oneWay(`write spec.selector: {${key}: ${yamlText(value)}} in Service ${name}`, {
            action: 'set',
            path: ['spec', 'selector', key],
            value,
            object: {
              apiVersion: 'v1',
              kind: 'Service',
              namespace: service.namespace,
              name: service.name,
            },
          })),
    }),
  ];
}

interface NearService {
  readonly service: Service;
  readonly workload: string;
  readonly key: string;
  /** Undefined where the pods lack the label. */
  readonly value: string | undefined;
}

/** The only workload that a Service would select but for one label; undefined where pods may be there. */
function nearWorkload(
  service: Service,
  { otherPods, makers }: Surroundings,
  inventory: PlanContext['inventory'],
): NearService | undefined {
  const { namespace, selector = {} } = service;
  const isUnsure =
    !hasEndpoints(service) ||
    inventory.podsBehind(service).length > 0 ||
    inventory.workloadsBehind(service).length > 0 ||
    makers.some((one) => one.namespace === namespace || one.namespace === '') ||
    otherPods.some((one) => one.namespace === namespace && contains(one.labels, selector));
  if (isUnsure) return undefined;
  const found: NearService[] = [];
  for (const { kind, name, template } of [...inventory.workloads(namespace)].slice(
    0,
    mostWorkloads,
  )) {
    const [key, ...more] = Object.keys(selector).filter(
      (one) => labelOf(template.labels, one) !== labelOf(selector, one),
    );
    if (key === undefined || more.length > 0 || Object.keys(selector).length < 2) continue;
    if (inventory.servicesSelecting(namespace, template.labels).length > 0) continue;
    const value = labelOf(template.labels, key);
    found.push({ service, workload: `${kind} ${name}`, key, value });
  }
  return found.length === 1 ? found[0] : undefined;
}
