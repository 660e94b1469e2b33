import { type Entry, type Facet, imageName } from '../catalogue/index.ts';
import { child, isJson, type Json, text } from '../kubernetes/index.ts';
import { isAbsent } from './absent.ts';
import type { Component } from './component.ts';
import type { Operation } from './types.ts';

/** A port of a container of the template, with where it stands. */
interface TemplatePort {
  readonly container: number;
  readonly at: number;
  readonly name: string;
  readonly number: unknown;
  readonly protocol: string;
}

/**
 * Metrics ports that the containers of a template lack, and names for those that have none. A container port is
 * information for discovery: no address is opened by it. But on the host's network it reserves the host's port
 * (core/v1 ContainerPort.hostPort), so that nothing is added there.
 *
 * Nothing is added either where it is not clear which container serves the metrics.
 *
 * @param template core/v1 PodTemplateSpec as it came
 */
export function containerPorts(template: Json, { entry, scraped }: Component): Operation[] {
  const spec = child(template, 'spec');
  if (spec === undefined || scraped.length === 0) return [];
  const containers = listOf(spec, 'containers');
  const sidecars = listOf(spec, 'initContainers');
  if (containers === undefined || sidecars === undefined) return [];
  const declared = portsOf(containers);
  const beside = portsOf(sidecars);
  if (declared === undefined || beside === undefined) return [];

  const taken = new Set([...declared, ...beside].map((port) => port.name));
  const filled = new Set(containers.map((one, at) => (isAbsent(one, 'ports') ? -1 : at)));
  const operations: Operation[] = [];
  for (const facet of scraped) {
    const { port } = facet;
    if (beside.some((one) => carries(one, facet)) || taken.has(port.name)) continue;
    const carriers = declared.filter((one) => carries(one, facet));
    if (carriers.some((one) => one.name !== '')) continue;
    const [unnamed] = carriers;
    if (unnamed !== undefined) {
      const path = `${pathOf(unnamed.container)}/ports/${unnamed.at}/name`;
      operations.push({ op: 'add', path, value: port.name });
      taken.add(port.name);
      continue;
    }
    if (!facet.addPort || facet.optional || spec.hostNetwork === true) continue;
    const container = containerOf(containers, entry, facet);
    if (container === undefined) continue;
    const value = { name: port.name, containerPort: port.number, protocol: 'TCP' };
    const path = `${pathOf(container)}/ports`;
    operations.push(
      filled.has(container)
        ? { op: 'add', path: `${path}/-`, value }
        : { op: 'add', path, value: [value] },
    );
    filled.add(container);
    taken.add(port.name);
  }
  return operations;
}

function pathOf(container: number): string {
  return `/spec/template/spec/containers/${container}`;
}

/** A list of objects; empty where it is absent, undefined where it is anything else. */
function listOf(object: Json, key: string): readonly Json[] | undefined {
  if (isAbsent(object, key)) return [];
  const list = object[key];
  return Array.isArray(list) && list.every(isJson) ? list : undefined;
}

/** All ports of a list of containers; undefined where one of them is odd. */
function portsOf(containers: readonly Json[]): readonly TemplatePort[] | undefined {
  const ports: TemplatePort[] = [];
  for (const [container, one] of containers.entries()) {
    const list = listOf(one, 'ports');
    if (list === undefined) return undefined;
    for (const [at, port] of list.entries()) {
      if (!isAbsent(port, 'name') && typeof port.name !== 'string') return undefined;
      const number = port.containerPort;
      const protocol = text(port, 'protocol') ?? 'TCP';
      ports.push({ container, at, name: text(port, 'name') ?? '', number, protocol });
    }
  }
  return ports;
}

function carries(port: TemplatePort, facet: Facet): boolean {
  return port.protocol === 'TCP' && port.number === facet.port.number;
}

/** The index of the container that serves a facet: the only one, or the only one whose name or image says so. */
function containerOf(containers: readonly Json[], entry: Entry, facet: Facet): number | undefined {
  if (containers.length === 1) return 0;
  const known = new Set([facet.component]);
  if (facet.component === entry.component) {
    for (const name of [entry.labels.component, ...entry.aliases, ...entry.images]) known.add(name);
  }
  const named = containers.flatMap((one, at) =>
    known.has(text(one, 'name') ?? '') || known.has(imageName(text(one, 'image') ?? ''))
      ? [at]
      : [],
  );
  return named.length === 1 ? named[0] : undefined;
}
