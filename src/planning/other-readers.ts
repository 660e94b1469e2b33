import {
  type PodScrape,
  relabelRule,
  type Service,
  type StaticScrape,
  type StaticTargets,
} from '../kubernetes/index.ts';
import {
  classFor,
  containerPorts,
  discoveredBehind,
  ownRule,
  parsedRule,
  pathAndQuery,
  podPortOf,
  type Seat,
  type Target,
  type Trial,
  type TriedJob,
  tryJob,
} from '../reading/index.ts';
import { selectsLabels } from '../selection/index.ts';
import { type Listener, listeners } from './audience.ts';
import type { PlanContext } from './context.ts';
import { type Audited, type Reader, waysOf } from './ways.ts';

/** Returns the VMPodScrapes and VMStaticScrapes that mean a facet's port of some pods. */
export function otherReaders(audited: Audited, context: PlanContext): Reader[] {
  return [...podReaders(audited, context), ...staticReaders(audited, context)];
}

function* podReaders(audited: Audited, context: PlanContext): Iterable<Reader> {
  for (const scrape of context.inventory.podScrapes()) {
    const { namespaces, namespace, name, deleting } = scrape;
    if (namespaces !== undefined && !namespaces.includes(audited.namespace)) continue;
    let heard: Listener[] | undefined;
    for (const [endpoint] of scrape.endpoints.entries()) {
      const targets = audited.seats.flatMap((seat) => podTargets(seat, scrape, endpoint, audited));
      if (targets.length === 0) continue;
      heard ??= listeners(scrape, 'podScrape', context, undefined);
      const ways = heard.flatMap((one) =>
        waysOf(one, tryJob(podJob(scrape, endpoint, one), targets), audited.facet),
      );
      if (ways.length === 0) continue;
      const kind = 'VMPodScrape';
      yield { kind, namespace, name, endpoint, service: '', isOurs: false, deleting, ways };
    }
  }
}

/** The container ports of one pod that an endpoint of a VMPodScrape reads. */
function podTargets(
  seat: Seat,
  { selector, endpoints }: PodScrape,
  index: number,
  { namespace }: Audited,
): Target[] {
  if (seat.is === 'unknown') return [];
  if (selectsLabels(selector, seat.shape.labels, seat.is === 'pod') === 'no') return [];
  const { port, targetPort } = endpoints[index] ?? {};
  return containerPorts(seat.shape).flatMap((one): Target[] => {
    if (port !== undefined && port !== one.name) return [];
    if (port === undefined && targetPort && targetPort !== one.number && targetPort !== one.name) {
      return [];
    }
    const containerPort = { ...one, container: '', image: '', sidecar: undefined };
    const service = noService(namespace);
    return [{ service, seat, podPort: one.number, servicePort: undefined, containerPort }];
  });
}

/** Pods by themselves are discovered without a Service. */
function noService(namespace: string): Service {
  return {
    kind: 'Service',
    namespace,
    name: '',
    uid: '',
    resourceVersion: '',
    labels: {},
    owners: [],
    deleting: false,
    type: '',
    headless: false,
    selector: undefined,
    ports: [],
  };
}

/** The rules that can drop or move a target: the class's, the endpoint's and the agent's template. */
function podJob(scrape: PodScrape, index: number, { agent }: Listener): TriedJob {
  const endpoint = scrape.endpoints[index];
  const { path = '', query = '' } = endpoint?.path ? pathAndQuery(endpoint.path) : {};
  const classRules =
    agent === undefined ? [] : (classFor(agent, scrape.scrapeClass)?.relabelConfigs ?? []);
  const parsed = (rules: readonly Readonly<Record<string, unknown>>[]) =>
    rules.map((rule) => relabelRule(ownRule(rule)));
  const lists = [
    { from: 'class', rules: parsed(classRules) },
    { from: 'endpoint', rules: endpoint?.relabelRules ?? [] },
    { from: 'template', rules: parsed(agent?.podTemplate ?? []) },
  ] as const;
  return {
    name: `podScrape/${scrape.namespace}/${scrape.name}/${index}`,
    role: 'pod',
    rules: lists.flatMap(({ rules }) => rules.map(parsedRule)),
    sources: lists.flatMap(({ from, rules }) => rules.map((_, place) => ({ from, index: place }))),
    defaults: {
      path: query === '' ? path : `${path}?${query}`,
      scheme: endpoint?.scheme?.toLowerCase() ?? '',
      params: new Map(),
    },
    apiSelector: undefined,
    seesEverySlice: false,
    ...(scrape.tooLarge === undefined ? {} : { tooLarge: scrape.tooLarge }),
  };
}

function* staticReaders(audited: Audited, context: PlanContext): Iterable<Reader> {
  for (const scrape of context.inventory.staticScrapes()) {
    for (const [endpoint, targets] of scrape.targets.entries()) {
      const trials = staticTrials(targets, audited, context);
      if (trials.length === 0) continue;
      const ways = heardStatic(scrape, context).flatMap((one) =>
        waysOf(one, trials, audited.facet),
      );
      if (ways.length === 0) continue;
      const { namespace, name, deleting } = scrape;
      const kind = 'VMStaticScrape';
      yield { kind, namespace, name, endpoint, service: '', isOurs: false, deleting, ways };
    }
  }
}

function heardStatic(scrape: StaticScrape, context: PlanContext): Listener[] {
  return listeners({ ...scrape, spec: {} }, 'staticScrape', context, undefined);
}

/** The pods that written addresses lead to: by their own address, or by that of a Service. */
function staticTrials(
  { addresses, path, scheme, hasParams, relabelRules }: StaticTargets,
  { services, seats }: Audited,
  { inventory }: PlanContext,
): Trial[] {
  const asked = new Set(seats.map((seat) => seat.name));
  const request = {
    scheme: (scheme?.toLowerCase() ?? '') || 'http',
    ...(hasParams ? { path: undefined, query: undefined } : pathAndQuery(path || '/metrics')),
  };
  return services.flatMap((service) => {
    const { targets } = discoveredBehind(service, inventory);
    return targets
      .filter((target) => asked.has(target.seat.name))
      .flatMap((target): Trial[] => {
        const how = addressedAs(addresses, target);
        if (how === undefined) return [];
        const isSure = how === 'pod' && relabelRules.length === 0;
        return [
          {
            target,
            answer: isSure ? 'yes' : 'perhaps',
            at: how === 'pod' ? 'endpoint' : 'role',
            rule: -1,
            because: isSure ? '' : doubt(how, service),
            podPort: target.podPort,
            request,
            has: 'yes',
            series: () => undefined,
            labels: () => undefined,
            connects: { host: how === 'pod' ? 'own' : undefined, port: undefined },
          },
        ];
      });
  });
}

function doubt(how: 'pod' | 'service', { name }: Service): string {
  return how === 'pod'
    ? 'its relabelling is not followed'
    : `it reads the address of Service ${name}, where any one of its pods answers`;
}

function addressedAs(
  addresses: readonly string[],
  { seat, service, servicePort, podPort }: Target,
): 'pod' | 'service' | undefined {
  if (seat.is === 'pod' && seat.pod.ip !== '') {
    const own = seat.pod.ip.includes(':') ? `[${seat.pod.ip}]` : seat.pod.ip;
    if (addresses.some((one) => withoutScheme(one) === `${own}:${podPort}`)) return 'pod';
  }
  if (servicePort === undefined) return undefined;
  const host = `${service.name}.${service.namespace}`;
  const ports = service.headless ? [podPortOf(servicePort)] : [servicePort.port];
  const isMeant = addresses.some((one) => {
    const [name = '', port = ''] = withoutScheme(one).split(':');
    const isHost = name === host || name === `${host}.svc` || name.startsWith(`${host}.svc.`);
    return isHost && ports.some((wanted) => String(wanted) === port);
  });
  return isMeant ? 'service' : undefined;
}

function withoutScheme(address: string): string {
  return address.replace(/^https?:\/\//, '').replace(/\/.*$/s, '');
}
