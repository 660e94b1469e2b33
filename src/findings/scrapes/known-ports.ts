import type { Endpoint, Service, ServicePort } from '../../kubernetes/index.ts';
import type { PortChoice, Reading } from '../../reading/index.ts';
import { podPortOf, type Target } from '../../reading/index.ts';
import type { Check, KnownPort } from './check.ts';
import { clipped, type Found, placed } from './found.ts';

/** What the catalogue knows of the port that a reading is of. */
export function knownPortOf(check: Check, { service, podPort }: Reading): KnownPort | undefined {
  const target = check.behind(service).targets.find((one) => one.podPort === podPort);
  return target === undefined ? undefined : knownTarget(check, target);
}

function knownTarget(
  { portsOf }: Check,
  { service, podPort, servicePort, containerPort }: Target,
): KnownPort | undefined {
  const declared = containerPort === 'none' ? undefined : containerPort?.name;
  const names = [declared, servicePort?.name, typeof podPort === 'string' ? podPort : undefined];
  const number = typeof podPort === 'number' ? podPort : servicePort?.port;
  for (const name of new Set(names.filter((one) => one !== undefined && one !== ''))) {
    const known = portsOf(service)({ number, name });
    if (known !== undefined) return known;
  }
  return portsOf(service)({ number, name: undefined });
}

/** Whether a target is known to have no metrics: no fix names such a port. */
export function isWithoutMetrics(check: Check, target: Target): boolean {
  return knownTarget(check, target)?.metrics === false;
}

/** Whether a port of a Service is known to have no metrics: no fix names such a port. */
export function hasNoMetrics(check: Check, service: Service, port: ServicePort): boolean {
  const wanted = podPortOf(port);
  const target = check.behind(service).targets.find((one) => one.servicePort === port);
  const known =
    target === undefined
      ? check.portsOf(service)({
          number: typeof wanted === 'number' ? wanted : port.port,
          name: port.name === '' ? undefined : port.name,
        })
      : knownTarget(check, target);
  return known?.metrics === false;
}

/** A port that has no metrics, or is asked in another scheme than it speaks, as the catalogue knows. */
export function knownPortFinding(
  check: Check,
  index: number,
  endpoint: Endpoint,
  readings: readonly Reading[],
): Found | undefined {
  // An endpoint without a port reads all of them, which is told already.
  if (!endpoint.port && !endpoint.targetPort) return undefined;
  for (const reading of readings) {
    if (reading.certainty !== 'yes') continue;
    const known = knownPortOf(check, reading);
    if (known === undefined) continue;
    const found = known.metrics
      ? otherScheme(check, index, reading, known)
      : noMetrics(check, index, reading, known);
    if (found !== undefined) return found;
  }
  return undefined;
}

function noMetrics(
  check: Check,
  index: number,
  { service, podPort }: Reading,
  { because, otherwise }: KnownPort & { readonly metrics: false },
): Found {
  const { scrape } = check;
  const [other] = service.ports.flatMap((port) => {
    const target = check.behind(service).targets.find((one) => one.servicePort === port);
    const known = target === undefined ? undefined : knownTarget(check, target);
    return known?.metrics === true && port.name !== '' ? [port.name] : [];
  });
  const remove =
    scrape.endpoints.length > 1
      ? `remove spec.endpoints[${index}]`
      : `remove VMServiceScrape ${placed(scrape, '')}`;
  return {
    code: 'no-metrics-there',
    field: `endpoints[${index}]`,
    message: `port ${clipped(String(podPort), 130)} of ${placed(service, scrape.namespace)} has no metrics: ${because}`,
    fix:
      other === undefined
        ? `${remove}${otherwise === '' ? '' : `, and ${otherwise}`}`
        : `write port: ${clipped(other, 130)}`,
  };
}

function otherScheme(
  { scrape }: Check,
  index: number,
  { service, podPort, request }: Reading,
  { scheme, instead }: KnownPort & { readonly metrics: true },
): Found | undefined {
  if (request.scheme === undefined || request.scheme === scheme) return undefined;
  const field = `endpoints[${index}]`;
  const named = scrape.endpoints[index]?.port ? 'port' : 'targetPort';
  const isPlain = scheme === 'http';
  return {
    code: 'wrong-scheme',
    field: isPlain || instead === undefined ? `${field}.scheme` : `${field}.${named}`,
    message: `port ${clipped(String(podPort), 130)} of ${placed(service, scrape.namespace)} speaks ${isPlain ? 'plain HTTP' : 'TLS'}, and is asked by ${request.scheme}`,
    fix: isPlain || instead === undefined ? `write scheme: ${scheme}` : choosing(instead, named),
  };
}

function choosing(choice: PortChoice, named: 'port' | 'targetPort'): string {
  const [key, value] =
    'port' in choice ? ['port', choice.port] : ['targetPort', String(choice.targetPort)];
  const isOther = key !== named ? ` instead of ${named}` : '';
  return `write ${key}: ${clipped(value, 130)}${isOther}`;
}
