import type { Facet } from '../catalogue/index.ts';
import {
  type Container,
  type ContainerPort,
  labelOf,
  type PodShape,
  type Service,
  type ServicePort,
} from '../kubernetes/index.ts';
import type { PortChoice } from '../reading/index.ts';

/** Where a facet's metrics are in the pods, or why they are nowhere. */
export type PodPort =
  | {
      /** The container port's number and name, as far as the pods declare them. */
      readonly number: number | undefined;
      readonly name: string | undefined;
      /** Whether a container declares it: what is not declared, discovery by `targetPort` can't find. */
      readonly declared: boolean;
    }
  | { readonly impossible: string };

/** The port of the pods that serves a facet's metrics, as the containers declare it, else as the catalogue says. */
export function podPort(facet: Facet, shapes: readonly PodShape[]): PodPort {
  const containers = shapes.flatMap((shape) => shape.containers);
  if (facet.instead !== undefined && containers.some((one) => speaksOtherwise(one, facet))) {
    const { targetPort } = facet.instead;
    const declared = portsOf(containers).find((port) => port.name === targetPort);
    if (declared !== undefined)
      return { number: declared.number, name: targetPort, declared: true };
    return {
      impossible: `port ${facet.port.number} speaks TLS and no container declares a port named ${targetPort}`,
    };
  }
  const ports = portsOf(containers);
  const declared =
    ports.find((port) => port.number === facet.port.number) ??
    ports.find((port) => port.name === facet.port.name);
  if (declared === undefined) {
    return { number: facet.port.number, name: facet.port.name, declared: false };
  }
  return {
    number: declared.number,
    name: declared.name === '' ? undefined : declared.name,
    declared: true,
  };
}

/** A port of a pod that serves a facet's metrics, and how it is asked. */
export interface MetricsPlace {
  readonly number: number | undefined;
  readonly name: string | undefined;
  readonly scheme: 'http' | 'https';
}

/**
 * Returns the ports of a pod that serve a facet's metrics: several where the usual one speaks TLS and another does not.
 *
 * @param shapes one pod's; none where no pod is known
 */
export function metricsPlaces(facet: Facet, shapes: readonly PodShape[]): MetricsPlace[] {
  const containers = shapes.flatMap((shape) => shape.containers);
  const tls = facet.instead !== undefined && containers.some((one) => speaksOtherwise(one, facet));
  const usual = portsOf(containers).find((one) => one.number === facet.port.number);
  const byTls: MetricsPlace[] = tls
    ? [
        {
          number: facet.port.number,
          name: usual === undefined || usual.name === '' ? facet.port.name : usual.name,
          scheme: 'https',
        },
      ]
    : [];
  const port = podPort(facet, shapes);
  if ('impossible' in port) return byTls;
  return [...byTls, { number: port.number, name: port.name, scheme: 'http' }];
}

function portsOf(containers: readonly Container[]): ContainerPort[] {
  return containers.flatMap((one) => one.ports).filter((port) => port.protocol === 'TCP');
}

/**
 * True where a variable, or the flag of the same meaning, says that the usual port speaks something else. etcd reads
 * `--listen-client-urls` and `ETCD_LISTEN_CLIENT_URLS` alike (https://etcd.io/docs/latest/op-guide/configuration/).
 */
function speaksOtherwise(container: Container, facet: Facet): boolean {
  if (facet.instead === undefined) return false;
  const { env, prefix } = facet.instead;
  if (labelOf(container.env, env)?.startsWith(prefix) === true) return true;
  const flag = `--${env
    .replace(/^[A-Z]+_/, '')
    .toLowerCase()
    .replaceAll('_', '-')}=`;
  return container.flags.some((one) => one.startsWith(flag + prefix));
}

/** What an endpoint can name to read a facet's metrics through a Service; undefined where the Service can't give it. */
export function portChoice(
  service: Service,
  facet: Facet,
  shapes: readonly PodShape[],
): PortChoice | { readonly impossible: string } {
  if (!selectsPods(service)) {
    return { impossible: `Service ${service.name} selects no pods` };
  }
  const port = podPort(facet, shapes);
  if ('impossible' in port) return port;
  const exposed = exposedPort(service, facet, port);
  if (exposed !== undefined && exposed.name !== '') return { port: exposed.name };
  if (service.ports.length === 0 && shapes.length > 0) {
    // Discovery gets to the ports of a pod by way of those of the Service (vmagent, role endpoints).
    return { impossible: `Service ${service.name} has no port at all: nothing is found behind it` };
  }
  if (port.declared) return { targetPort: port.name ?? port.number ?? facet.port.number };
  if (exposed !== undefined) return { targetPort: targetOf(exposed) };
  if (shapes.length === 0 && facet.addPort) return { targetPort: facet.port.number };
  return {
    impossible: `Service ${service.name} has no port ${facet.port.name} (${facet.port.number})${
      shapes.length === 0 ? '' : ', and no container of its pods declares it'
    }`,
  };
}

/** True for a Service with pods behind it: neither ExternalName nor without a selector. */
export function selectsPods(service: Service): boolean {
  if (service.type === 'ExternalName' || service.selector === undefined) return false;
  return Object.keys(service.selector).length > 0;
}

/** The Service's port that leads to the metrics; a named one is preferred to an unnamed one. */
function exposedPort(
  service: Service,
  facet: Facet,
  pod: Exclude<PodPort, { impossible: string }>,
): ServicePort | undefined {
  const leading = service.ports.filter((port) => leadsTo(port, facet, pod));
  return leading.find((port) => port.name !== '') ?? leading[0];
}

/** A port leads to the metrics by its target, as the containers declare it; where none does, as the Service itself shows. */
function leadsTo(
  port: ServicePort,
  facet: Facet,
  pod: Exclude<PodPort, { impossible: string }>,
): boolean {
  if (!pod.declared) return carriesMetrics(port, facet);
  if (port.protocol !== 'TCP') return false;
  const target = targetOf(port);
  return target === pod.number || (pod.name !== undefined && target === pod.name);
}

/**
 * Whether a Service's port carries a facet's metrics, as far as the Service alone shows it: the port targets their
 * number or name, whatever its own number; or has their number and nothing speaks against it (its name is theirs or
 * absent, or it targets a name that only the pods can tell).
 */
export function carriesMetrics(port: ServicePort, facet: Facet): boolean {
  if (port.protocol !== 'TCP') return false;
  const target = targetOf(port);
  if (target === facet.port.number || target === facet.port.name) return true;
  if (port.port !== facet.port.number) return false;
  return port.name === '' || port.name === facet.port.name || typeof target === 'string';
}

/** What a Service's port leads to: 0 and the empty text mean its own number (core/v1, defaults of ServicePort.targetPort). */
export function targetOf(port: ServicePort): number | string {
  return port.targetPort === undefined || port.targetPort === 0 || port.targetPort === ''
    ? port.port
    : port.targetPort;
}

/** Whether the pods behind send metrics by OTLP (OpenTelemetry, environment variable specification). */
export function pushesMetrics(shapes: readonly PodShape[]): boolean {
  return shapes.some((shape) =>
    shape.containers.some((one) => {
      const exporters = labelOf(one.env, 'OTEL_METRICS_EXPORTER') ?? '';
      return exporters.split(',').some((exporter) => exporter.trim() === 'otlp');
    }),
  );
}
