import { nearest } from '../../ground/nearest.ts';
import {
  type Endpoint,
  isJson,
  member,
  type Service,
  type ServicePort,
} from '../../kubernetes/index.ts';
import { passesPort, podPortOf, roleOf, type Target, trialsOf } from '../../reading/index.ts';
import { isPattern, patternOf } from '../../selection/index.ts';
import type { Check } from './check.ts';
import { clipped, type Found, listed, looksLikeMetrics, placed, quoted } from './found.ts';
import { hasMetrics, hasNoMetrics, isWithoutMetrics } from './known-ports.ts';
import { choosing, oneWay, type Remedy, removing, writing } from './remedy.ts';

/** What an endpoint's `port` and `targetPort` mean, against the ports that there are. */
export function portFindings(check: Check): Found[] {
  const found: Found[] = [];
  for (const [index, endpoint] of check.scrape.endpoints.entries()) {
    const one = portFinding(check, index, endpoint);
    if (one !== undefined) found.push(one);
  }
  return found;
}

function portFinding(check: Check, index: number, endpoint: Endpoint): Found | undefined {
  const raw = check.endpoints[index];
  const port = raw === undefined ? undefined : member(raw, 'port');
  const field = `endpoints[${index}]`;
  if (port !== undefined && port !== null && typeof port !== 'string') {
    return typeof port === 'number' ? numberAsPort(check, field, port) : portNotText(field, port);
  }
  if (endpoint.port) return namedPort(check, field, endpoint, endpoint.port);
  if (endpoint.targetPort && roleOf(check.scrape) === 'service') {
    return everyPort(check, field, endpoint, 'discoveryRole: service ignores targetPort, so that');
  }
  if (endpoint.targetPort) return targetPort(check, index, endpoint.targetPort);
  return isJson(raw) && member(raw, 'targetPort') === undefined
    ? noPort(check, field, endpoint)
    : undefined;
}

/** A port of one of the selected Services. */
interface Offer {
  readonly service: Service;
  readonly port: ServicePort;
}

function offers(check: Check): Offer[] {
  return check.services.flatMap((service) => service.ports.map((port) => ({ service, port })));
}

/** Tells the ports that may have metrics, as far as it is known. */
function eligible(check: Check): (offer: Offer) => boolean {
  return ({ service, port }) => !hasNoMetrics(check, service, port);
}

/** The different names of those ports that count, in the order of the Services. */
function namesOf(all: readonly Offer[], counts: (offer: Offer) => boolean = () => true): string[] {
  const names = new Set<string>();
  for (const offer of all) {
    const { name } = offer.port;
    if (name !== '' && !names.has(name) && counts(offer)) names.add(name);
  }
  return [...names];
}

/** A container port behind one of the selected Services. */
interface DeclaredPort {
  readonly name: string;
  readonly number: number;
  /** Whether it is known to have no metrics. */
  readonly isUseless: boolean;
}

/** The container ports behind the selected Services. */
function declared(check: Check): DeclaredPort[] {
  const ports = new Map<string, DeclaredPort>();
  for (const service of check.services) {
    for (const target of check.behind(service).targets) {
      const { containerPort } = target;
      if (containerPort === undefined || containerPort === 'none') continue;
      const { name, number } = containerPort;
      if (number === undefined || ports.has(`${name} ${number}`)) continue;
      ports.set(`${name} ${number}`, { name, number, isUseless: isWithoutMetrics(check, target) });
    }
  }
  return [...ports.values()];
}

/**
 * Chooses a port of a Service.
 *
 * @param field the endpoint
 * @param instead the field that names a wrong one
 */
function offered(
  check: Check,
  field: string,
  { service, port }: Offer,
  instead?: 'port' | 'targetPort',
): Remedy {
  if (port.name !== '') return choosing(field, 'port', port.name, instead);
  const podPort = podPortOf(port);
  const { targets, complete } = check.behind(service);
  const target = targets.find((one) => one.servicePort?.name === '');
  const isFound =
    !complete || (target?.containerPort !== undefined && target.containerPort !== 'none');
  return isFound
    ? choosing(field, 'targetPort', podPort, instead)
    : {
        fix: `name the port in Service ${placed(service, check.scrape.namespace)}, and write that name`,
      };
}

/** That a port is there does not make it the one with the metrics: then that is left to be found out. */
function whereItHas(remedy: Remedy, check: Check, { service, port }: Offer): Remedy {
  const isLikely =
    hasMetrics(check, service, port) ||
    looksLikeMetrics(port.name) ||
    looksLikeMetrics(String(port.targetPort ?? ''));
  return isLikely || remedy.ways === undefined
    ? remedy
    : { fix: `where port ${podPortOf(port)} has the metrics, ${remedy.fix}` };
}

function numberAsPort(check: Check, field: string, number: number): Found {
  const offer = offers(check).find(
    ({ port }) => port.port === number || port.targetPort === number,
  );
  return {
    code: 'wrong-type',
    field: `${field}.port`,
    message: `${number} is a number, and port is the name of a port of the Service`,
    ...(offer === undefined
      ? numberedPort(check, field, number)
      : offered(check, field, offer, 'port')),
  };
}

/** The fix where a number is wanted that no port of the Services has. */
function numberedPort(check: Check, field: string, number: number): Remedy {
  if (declared(check).some((one) => one.number === number && !one.isUseless)) {
    return choosing(field, 'targetPort', number, 'port');
  }
  return { fix: `add port ${number} to ${serviceText(check)} under a name, and write that name` };
}

function serviceText({ services, scrape }: Check): string {
  const [service] = services;
  return services.length === 1 && service !== undefined
    ? `Service ${placed(service, scrape.namespace)}`
    : 'the Service';
}

function portNotText(field: string, port: unknown): Found {
  return {
    code: 'wrong-type',
    field: `${field}.port`,
    message: `${quoted(port)} is no text, and port is the name of a port of the Service`,
    fix: 'write the name of the port',
  };
}

function namedPort(
  check: Check,
  field: string,
  endpoint: Endpoint,
  wanted: string,
): Found | undefined {
  const pattern = patternOf(wanted);
  if (!isPattern(pattern) || check.services.length === 0) return undefined;
  const all = offers(check);
  const meant = all.filter(({ port }) => pattern.matches(port.name));
  if (meant.length > 0) return ignoredTargetPort(field, endpoint, meant);
  // What a few of many Services lack, others may have.
  if (!check.complete) return undefined;
  const names = namesOf(all);
  const [service] = check.services;
  const whose =
    check.services.length === 1 && service !== undefined
      ? placed(service, check.scrape.namespace)
      : `${check.services.length} Services`;
  const number = /^\d{1,5}$/.test(wanted) ? Number(wanted) : undefined;
  const numbered = all.find(({ port }) => port.port === number || podPortOf(port) === number);
  const at = `${field}.port`;
  if (numbered !== undefined && numbered.port.name !== '') {
    return {
      code: 'port-is-number',
      field: at,
      message: `no port of ${whose} is called ${quoted(wanted)}; port ${numbered.port.port} is called ${clipped(numbered.port.name, 130)}`,
      ...offered(check, field, numbered, 'port'),
    };
  }
  const isGood = eligible(check);
  const unnamed = numbered ?? (names.length === 0 ? all.find(isGood) : undefined);
  if (unnamed !== undefined) {
    return {
      code: 'port-unnamed',
      field: at,
      message: `port ${unnamed.port.port} of ${placed(unnamed.service, check.scrape.namespace)} has no name, ${quoted(wanted)} or other`,
      ...(unnamed === numbered
        ? offered(check, field, unnamed, 'port')
        : whereItHas(offered(check, field, unnamed, 'port'), check, unnamed)),
    };
  }
  return {
    code: 'port-not-found',
    field: at,
    message: `${quoted(wanted)} is no port of ${whose}: there ${names.length === 1 ? 'is' : 'are'} ${listed(names) || 'none'}`,
    ...portMeant(check, field, all.filter(isGood), namesOf(all, isGood), wanted),
  };
}

/**
 * The fix for a port name that no Service has.
 *
 * @param names of ports that may have metrics
 */
function portMeant(
  check: Check,
  field: string,
  all: readonly Offer[],
  names: readonly string[],
  wanted: string,
): Remedy {
  const leadingThere = all.find(({ port }) => port.name !== '' && port.targetPort === wanted);
  if (leadingThere !== undefined) return offered(check, field, leadingThere, 'port');
  const alike = nearest(wanted, names);
  if (alike !== undefined) return choosing(field, 'port', alike);
  if (declared(check).some(({ name, isUseless }) => name === wanted && !isUseless)) {
    return choosing(field, 'targetPort', wanted, 'port');
  }
  if (/^\d{1,5}$/.test(wanted)) return numberedPort(check, field, Number(wanted));
  // That a port is there does not make it the one with the metrics.
  const metrics = names.find(looksLikeMetrics);
  if (metrics !== undefined) return choosing(field, 'port', metrics);
  const add = `add port ${clipped(wanted, 130)} to ${serviceText(check)}`;
  return {
    fix: names.length === 0 ? add : `${add}, or write the name of the port that has the metrics`,
  };
}

/** `port` goes before `targetPort`: told where the two mean different ports. */
function ignoredTargetPort(
  field: string,
  { port, targetPort }: Endpoint,
  meant: readonly Offer[],
): Found | undefined {
  if (!targetPort || meant.some((offer) => podPortOf(offer.port) === targetPort)) return undefined;
  const leadsTo = [...new Set(meant.map((offer) => String(podPortOf(offer.port))))];
  return {
    code: 'target-port-ignored',
    field: `${field}.targetPort`,
    message: `it is not looked at, because port ${quoted(port)} is there, which leads to ${listed(leadsTo)}`,
    ...oneWay('remove targetPort', removing(`${field}.targetPort`)),
    fix: 'remove targetPort, or port',
  };
}

function targetPort(check: Check, index: number, wanted: number | string): Found | undefined {
  const at = `endpoints[${index}].targetPort`;
  const isQuoted = typeof wanted === 'string' && /^\d+$/.test(wanted);
  const known = declared(check);
  if (isQuoted) return quotedTargetPort(check, at, wanted, known);
  if (!isUndeclared(check, index) || (known.length === 0 && offers(check).length === 0)) {
    return undefined;
  }
  const shown = known.map(({ name, number }) =>
    name === '' ? `${number}` : `${name} (${number})`,
  );
  return {
    code: 'target-port-undeclared',
    field: at,
    message: `no container declares port ${quoted(wanted)}; they declare ${listed(shown) || 'none'}`,
    ...containerPortMeant(check, `endpoints[${index}]`, known, wanted),
  };
}

/** Whether no pod of the selected Services has the port. */
function isUndeclared({ scrape, services, complete, behind }: Check, index: number): boolean {
  if (!complete || services.length === 0) return false;
  return services.every((service) => {
    const discovered = behind(service);
    // Without a known pod there is no telling; Services without endpoints have no pods to declare anything.
    return discovered.complete && !trialsOf(scrape, index, discovered).some(passesPort);
  });
}

/** A number in quotes; if no container declares it either, both are said. */
function quotedTargetPort(
  check: Check,
  field: string,
  wanted: string,
  known: readonly DeclaredPort[],
): Found {
  const code = 'target-port-quoted';
  const { services, complete, behind } = check;
  const shown = clipped(wanted, 130);
  const message = `${quoted(wanted)} in quotes is the name of a container port, and no port can have that name`;
  const isKnown = complete && services.length > 0 && services.every((one) => behind(one).complete);
  if (!isKnown || known.some(({ number }) => String(number) === wanted)) {
    return { code, field, message, ...writing(field, Number(wanted), ' without quotes') };
  }
  const offer = offers(check).find(
    ({ port }) => port.name !== '' && String(podPortOf(port)) === wanted,
  );
  return {
    code,
    field,
    message: `${message}; nor does any container declare port ${shown}`,
    ...(offer === undefined
      ? {
          fix: `write targetPort: ${shown} without quotes, and declare containerPort ${shown} in the pods`,
        }
      : choosing(parentOf(field), 'port', offer.port.name, 'targetPort')),
  };
}

function parentOf(field: string): string {
  return field.slice(0, field.lastIndexOf('.'));
}

/** The fix for a container port that no pod declares. */
function containerPortMeant(
  check: Check,
  field: string,
  all: readonly DeclaredPort[],
  wanted: number | string,
): Remedy {
  const isMeant = ({ port }: Offer) =>
    port.name !== '' &&
    (port.name === wanted || port.port === wanted || podPortOf(port) === wanted);
  const offer = offers(check).filter(eligible(check)).find(isMeant);
  if (offer !== undefined) return choosing(field, 'port', offer.port.name, 'targetPort');
  const known = all.filter((one) => !one.isUseless);
  const names = known.map(({ name }) => name).filter((name) => name !== '');
  if (typeof wanted === 'string') {
    const intended = nearest(wanted, names) ?? names.find(looksLikeMetrics);
    if (intended !== undefined) return choosing(field, 'targetPort', intended);
  }
  const metrics = known.find(({ name }) => looksLikeMetrics(name));
  if (metrics !== undefined) return choosing(field, 'targetPort', metrics.number);
  const what =
    typeof wanted === 'number' ? `containerPort ${wanted}` : `a port named ${clipped(wanted, 130)}`;
  return {
    fix: `declare ${what} in the pods${known.length === 0 ? '' : ', or write the port that has the metrics'}`,
  };
}

function noPort(check: Check, field: string, endpoint: Endpoint): Found | undefined {
  return everyPort(check, field, endpoint, 'without port or targetPort');
}

/** @param because a clause that ends before "every port is read" */
function everyPort(
  check: Check,
  field: string,
  endpoint: Endpoint,
  because: string,
): Found | undefined {
  const selectsPort = endpoint.relabelRules.some(({ sourceLabels }) =>
    sourceLabels.some((name) => name === '__address__' || name.includes('port')),
  );
  if (selectsPort) return undefined;
  const { services, complete } = check;
  const readPorts = services.map((service) => portsRead(check, service));
  const isOnePort = readPorts.every((ports) => ports !== undefined && ports.length <= 1);
  if (complete && services.length > 0 && isOnePort) return undefined;
  const all = offers(check).filter(eligible(check));
  const shown = [...new Set(readPorts.flatMap((ports) => (ports ?? []).map(nameOf)))];
  return {
    code: 'no-port',
    field,
    message: `${because} every port is read${shown.length > 1 ? `: ${listed(shown)}` : ''}`,
    ...onePort(check, field, all),
  };
}

/** Chooses the port that has the metrics by its name, or as the catalogue knows; else it is left to be found out. */
function onePort(check: Check, field: string, all: readonly Offer[]): Remedy {
  const named = all.filter(({ port }) => port.name !== '');
  const likely =
    named.find(({ service, port }) => hasMetrics(check, service, port)) ??
    named.find(({ port }) => looksLikeMetrics(port.name));
  if (likely !== undefined) {
    const remedy = choosing(field, 'port', likely.port.name);
    const otherwise = `where port ${clipped(likely.port.name, 130)} has all of the metrics, ${remedy.fix}`;
    return { ...remedy, otherwise };
  }
  const names = namesOf(named);
  if (names.length > 0) {
    return { fix: `write as port the name of the one that has the metrics: ${listed(names)}` };
  }
  const [first] = all;
  return first !== undefined && roleOf(check.scrape) !== 'service'
    ? whereItHas(offered(check, field, first), check, first)
    : { fix: "write port: with the name of the Service's metrics port" };
}

/** The ports that are read without a choice, each once; undefined where pods may have more. */
function portsRead(check: Check, service: Service): readonly Target[] | undefined {
  const { targets, complete } = check.behind(service);
  const isService = roleOf(check.scrape) === 'service';
  const ports = isService ? targets.filter((one) => one.servicePort !== undefined) : targets;
  const each = [...new Map(ports.map((one) => [one.podPort, one])).values()];
  return complete || isService || each.length > 1 ? each : undefined;
}

function nameOf({ servicePort, containerPort, podPort }: Target): string {
  if (servicePort?.name) return servicePort.name;
  if (containerPort !== undefined && containerPort !== 'none' && containerPort.name !== '') {
    return containerPort.name;
  }
  return String(podPort);
}
