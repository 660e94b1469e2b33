import type { Endpoint, Scrape, Service, ServicePort } from '../../kubernetes/index.ts';
import type { PortChoice, Reading } from '../../reading/index.ts';
import { podPortOf, type Target } from '../../reading/index.ts';
import type { Check, KnownPort } from './check.ts';
import { clipped, type Found, placed } from './found.ts';
import { choosing, oneWay, type Remedy, removing, writing } from './remedy.ts';

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
  return knownServicePort(check, service, port)?.metrics === false;
}

/** Whether a port of a Service is known to have metrics. */
export function hasMetrics(check: Check, service: Service, port: ServicePort): boolean {
  return knownServicePort(check, service, port)?.metrics === true;
}

function knownServicePort(
  check: Check,
  service: Service,
  port: ServicePort,
): KnownPort | undefined {
  const wanted = podPortOf(port);
  const target = check.behind(service).targets.find((one) => one.servicePort === port);
  return target === undefined
    ? check.portsOf(service)({
        number: typeof wanted === 'number' ? wanted : port.port,
        name: port.name === '' ? undefined : port.name,
      })
    : knownTarget(check, target);
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
  const field = `endpoints[${index}]`;
  const named = scrape.endpoints[index]?.port ? 'port' : 'targetPort';
  return {
    code: 'no-metrics-there',
    field,
    message: `port ${clipped(String(podPort), 130)} of ${placed(service, scrape.namespace)} has no metrics: ${because}`,
    ...(other === undefined
      ? removal(scrape, field, otherwise)
      : choosing(field, 'port', other, named)),
  };
}

/** @param beside what brings the metrics, a clause; empty where nothing does */
function removal(scrape: Scrape, field: string, beside: string): Remedy {
  const isOnly = scrape.endpoints.length === 1;
  const what = isOnly ? `VMServiceScrape ${placed(scrape, '')}` : `spec.${field}`;
  return oneWay(
    `remove ${what}${beside === '' ? '' : `, and ${beside}`}`,
    isOnly ? { action: 'remove', path: [] } : removing(field),
  );
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
    ...(isPlain || instead === undefined
      ? writing(`${field}.scheme`, scheme)
      : choosingPort(field, instead, named)),
  };
}

function choosingPort(field: string, choice: PortChoice, named: 'port' | 'targetPort'): Remedy {
  return 'port' in choice
    ? choosing(field, 'port', choice.port, named)
    : choosing(field, 'targetPort', choice.targetPort, named);
}
