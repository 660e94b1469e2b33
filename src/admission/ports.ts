import type { Facet } from '../catalogue/index.ts';
import type { Finding } from '../findings/index.ts';
import {
  child,
  isJson,
  isServicePortName,
  type Json,
  type Service,
  type ServicePort,
  text,
} from '../kubernetes/index.ts';
import { carriesMetrics, targetOf } from '../planning/index.ts';
import { isAbsent } from './absent.ts';
import { finding, quoted } from './findings.ts';
import type { Additions, Operation } from './types.ts';

/** What becomes of a Service's ports, facet by facet. */
interface Draft {
  readonly service: Service;
  /** The ports as they will be: the Service's own, then those that are added. */
  readonly ports: ServicePort[];
  readonly names: Operation[];
  readonly findings: Finding[];
}

/**
 * The metrics ports that a Service lacks, and names for those that have none.
 *
 * A second port forces a name on an unnamed first one: the API server refuses unnamed ports in a Service of several
 * (core/v1 ServicePort.name). Names are unique among all ports, numbers among those of one protocol. Where a name or
 * a number is taken nothing is added.
 *
 * @param raw the same Service as it came
 * @param facets what is to be scraped in its pods
 */
export function metricsPorts(service: Service, raw: Json, facets: readonly Facet[]): Additions {
  const spec = child(raw, 'spec');
  if (facets.length === 0 || spec === undefined) return nothing;
  const isListed = !isAbsent(spec, 'ports');
  if (isListed && !isPortList(spec.ports)) return nothing;

  const draft: Draft = { service, ports: [...service.ports], names: [], findings: [] };
  if (service.type === 'ClusterIP') {
    const mayGrow = mayGetPort(service, spec);
    for (const facet of facets) lookAfter(facet, draft, facets, mayGrow);
  }
  nameNeighbour(draft, facets);
  const added = draft.ports.slice(service.ports.length);
  return { operations: [...draft.names, ...appended(added, isListed)], findings: draft.findings };
}

/** Sees to it that a facet's port is there and has a name, or that a finding says why not. */
function lookAfter(facet: Facet, draft: Draft, facets: readonly Facet[], mayGrow: boolean): void {
  const { service, ports, findings } = draft;
  const { name, number } = facet.port;
  const at = carrierOf(ports, facet);
  const carrier = ports[at];
  if (carrier !== undefined) {
    if (carrier.name === name && ports.some((port) => port !== carrier && port.name === name)) {
      findings.push(nameTwice(service, ports, at, facet));
    }
    if (carrier.name !== '') return;
    if (isNameTaken(ports, name)) findings.push(nameTaken(service, ports, facet));
    else giveName(draft, at, name);
    return;
  }
  if (!mayGrow || !facet.addPort || facet.optional) return;
  if (isNameTaken(ports, name)) findings.push(nameTaken(service, ports, facet));
  else if (isNumberTaken(ports, number)) findings.push(numberTaken(service, ports, facet));
  // Of several ports one without a name is its author's mistake, which the API server points out.
  else if (isNamedBeside(ports, facets)) ports.push(metricsPort(facet));
}

function giveName({ ports, names }: Draft, at: number, name: string): void {
  const port = ports[at];
  if (port === undefined) return;
  ports[at] = { ...port, name };
  names.push({ op: 'add', path: `/spec/ports/${at}/name`, value: name });
}

/**
 * Names the one unnamed port that its author may leave unnamed, because all others are ours. Ours need not be new:
 * when an author gives the only port another number, `kubectl apply` and server-side apply put the new one, unnamed,
 * beside the one that was added before, and without a name the API server would refuse it.
 */
function nameNeighbour(draft: Draft, facets: readonly Facet[]): void {
  const { ports } = draft;
  if (ports.length < 2 || !isNamedBeside(ports, facets)) return;
  const at = ports.findIndex((port) => port.name === '');
  const port = ports[at];
  if (port !== undefined) giveName(draft, at, nameFor(port, ports));
}

/** True where all ports have names, or all but one and the others are such as we add. */
function isNamedBeside(ports: readonly ServicePort[], facets: readonly Facet[]): boolean {
  const unnamed = ports.filter((port) => port.name === '').length;
  if (unnamed === 0) return true;
  return unnamed === 1 && ports.every((port) => port.name === '' || isAsAdded(port, facets));
}

function isAsAdded(port: ServicePort, facets: readonly Facet[]): boolean {
  return facets.some(
    (facet) =>
      facet.addPort &&
      port.name === facet.port.name &&
      port.port === facet.port.number &&
      port.protocol === 'TCP' &&
      targetOf(port) === facet.port.number,
  );
}

const nothing: Additions = { operations: [], findings: [] };

/** True for a list of ports that the API server could have sent: anything else is not ours to add to. */
function isPortList(ports: unknown): boolean {
  return Array.isArray(ports) && ports.every(isPort);
}

function isPort(port: unknown): boolean {
  if (!isJson(port)) return false;
  const { targetPort } = port;
  return (
    Number.isInteger(port.port) &&
    isTextOrAbsent(port.name) &&
    isTextOrAbsent(port.protocol) &&
    (isTextOrAbsent(targetPort) || Number.isInteger(targetPort))
  );
}

function isTextOrAbsent(value: unknown): boolean {
  return value === undefined || value === null || typeof value === 'string';
}

/**
 * Only Services that are reachable from inside the cluster alone, and that have pods to send to: on any other a
 * metrics port would show the metrics to the world or lead nowhere. A Service without any port is accepted by the
 * API server only when it is headless; any other is refused, which is not ours to prevent.
 */
function mayGetPort(service: Service, spec: Json): boolean {
  const { externalIPs } = spec;
  const isInside =
    isAbsent(spec, 'externalIPs') || (Array.isArray(externalIPs) && externalIPs.length === 0);
  return isInside && (service.headless || service.ports.length > 0);
}

/** The index of the port that leads to a facet's metrics, a named one first; -1 where there is none. */
function carrierOf(ports: readonly ServicePort[], facet: Facet): number {
  let unnamed = -1;
  for (let at = 0; at < ports.length; at += 1) {
    const port = ports[at];
    if (port === undefined || !carriesMetrics(port, facet)) continue;
    if (port.name !== '') return at;
    if (unnamed < 0) unnamed = at;
  }
  return unnamed;
}

function isNameTaken(ports: readonly ServicePort[], name: string): boolean {
  return ports.some((port) => port.name === name);
}

function isNumberTaken(ports: readonly ServicePort[], number: number): boolean {
  return ports.some((port) => port.port === number && port.protocol === 'TCP');
}

/** A name for an unnamed port: the container port's that it targets, else one made of its number. */
function nameFor(port: ServicePort, ports: readonly ServicePort[]): string {
  const { targetPort } = port;
  const isFit =
    typeof targetPort === 'string' &&
    isServicePortName(targetPort) &&
    !isNameTaken(ports, targetPort);
  if (isFit) return targetPort;
  const name = `port-${port.port}`;
  return isNameTaken(ports, name) ? `${name}-${port.protocol.toLowerCase()}` : name;
}

/**
 * The number is the target too: endpoints are made from it for every pod, whether or not the pod's container declares
 * the port under the usual name.
 */
function metricsPort(facet: Facet): ServicePort {
  return {
    name: facet.port.name,
    port: facet.port.number,
    protocol: 'TCP',
    targetPort: facet.port.number,
  };
}

function appended(ports: readonly ServicePort[], listed: boolean): Operation[] {
  if (ports.length === 0) return [];
  if (!listed) return [{ op: 'add', path: '/spec/ports', value: ports }];
  return ports.map((port) => ({ op: 'add', path: '/spec/ports/-', value: port }));
}

function nameTaken(service: Service, ports: readonly ServicePort[], facet: Facet): Finding {
  const at = ports.findIndex((port) => port.name === facet.port.name);
  const { name, number } = facet.port;
  return finding(
    'port-name-taken',
    service,
    `spec.ports[${at}].name`,
    `the name ${quoted(name)} belongs to a port that does not lead to ${number}, where the metrics of ${facet.component} are: no port was ${carrierOf(ports, facet) < 0 ? 'added' : 'named'}`,
    `give that port another name, or let it target ${number}`,
  );
}

function nameTwice(
  service: Service,
  ports: readonly ServicePort[],
  carrier: number,
  facet: Facet,
): Finding {
  const { name, number } = facet.port;
  const at = ports.findIndex((port, index) => index !== carrier && port.name === name);
  return finding(
    'port-name-taken',
    service,
    `spec.ports[${at}].name`,
    `the name ${quoted(name)} is also that of port ${number}, where the metrics of ${facet.component} are, and which autoscrape may have added`,
    `give this port another name, or remove port ${number} first`,
  );
}

function numberTaken(service: Service, ports: readonly ServicePort[], facet: Facet): Finding {
  const { name, number } = facet.port;
  const at = ports.findIndex((port) => port.port === number && port.protocol === 'TCP');
  const taken = ports[at];
  return finding(
    'port-number-taken',
    service,
    `spec.ports[${at}].port`,
    `number ${number}, where the metrics of ${facet.component} are, belongs to port ${quoted(taken?.name ?? '')}, which leads elsewhere: no port was added`,
    `give that port another number, or add a port ${quoted(name)} that targets ${number} under a free one`,
  );
}

/**
 * A Service that was reachable from inside alone and no longer is, with a metrics port that autoscrape may have
 * added: the port stays, because nobody can tell any more whose it is, but its writer should know.
 *
 * @param before the stored Service as it came
 */
export function exposedPorts(
  service: Service,
  before: Json | undefined,
  facets: readonly Facet[],
): Finding[] {
  if (service.type !== 'LoadBalancer' && service.type !== 'NodePort') return [];
  if (text(child(before, 'spec'), 'type') !== 'ClusterIP') return [];
  return facets.flatMap((facet) => {
    const at = carrierOf(service.ports, facet);
    return at < 0 || !facet.addPort ? [] : [exposed(service, at, facet)];
  });
}

function exposed(service: Service, at: number, facet: Facet): Finding {
  return finding(
    'port-exposed',
    service,
    `spec.ports[${at}]`,
    `as a ${service.type} the Service shows the metrics of ${facet.component} (port ${facet.port.number}) outside the cluster`,
    'remove the port if that is not meant',
  );
}
