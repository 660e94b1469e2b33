import {
  child,
  isJson,
  type Json,
  type Labels,
  list,
  member,
  objects,
  parseScrape,
  type Scrape,
  strings,
  text,
} from '../kubernetes/index.ts';
import { labelSelectorAt } from './labels.ts';
import type { Agent, Choice, Keyed, Maker, PodEndpoint, PodScrape, Surroundings } from './types.ts';

/** An object of an input, with the namespace that it gets. */
export interface Placed {
  readonly namespace: string;
  readonly value: Json;
}

/** The kinds that are looked at here and are in a namespace, by group. */
const namespaced: ReadonlySet<string> = new Set([
  'operator.victoriametrics.com VMAgent',
  'operator.victoriametrics.com VMSingle',
  'operator.victoriametrics.com VMPodScrape',
  'monitoring.coreos.com PodMonitor',
  ' Secret',
  ' ConfigMap',
]);

/** Whether objects of a kind are looked at here, and have a namespace though they may not name it. */
export function isSurrounding(group: string, kind: string): boolean {
  return namespaced.has(`${group} ${kind}`);
}

/** Values of an object that are looked through for the names of Secrets. */
const mostMentions = 2000;

/** What the objects of an input show of what is around scrapes. What is being deleted counts as gone. */
export function surroundingsOf(input: Iterable<Placed>): Surroundings {
  const agents: Agent[] = [];
  const podScrapes: PodScrape[] = [];
  const monitors: Scrape[] = [];
  const keyed: Keyed[] = [];
  const makers: Maker[] = [];
  const operators: (readonly string[])[] = [];
  for (const placed of input) {
    const { namespace, value } = placed;
    const metadata = child(value, 'metadata');
    if (text(metadata, 'deletionTimestamp') !== undefined) continue;
    const kind = text(value, 'kind') ?? '';
    const [group = ''] = (text(value, 'apiVersion') ?? '').split('/');
    switch (`${group} ${kind}`) {
      case 'operator.victoriametrics.com VMAgent':
      case 'operator.victoriametrics.com VMSingle': {
        const one = agentOf(kind === 'VMAgent' ? kind : 'VMSingle', placed);
        if (one !== undefined) agents.push(one);
        break;
      }
      case 'operator.victoriametrics.com VMPodScrape':
        podScrapes.push(podScrapeOf('VMPodScrape', placed));
        break;
      case 'monitoring.coreos.com PodMonitor':
        podScrapes.push(podScrapeOf('PodMonitor', placed));
        break;
      case 'monitoring.coreos.com ServiceMonitor': {
        const one = convertedMonitor(placed);
        if (one !== undefined) monitors.push(one);
        break;
      }
      case 'v1 Secret':
      case 'v1 ConfigMap':
        keyed.push(keyedOf(kind === 'Secret' ? kind : 'ConfigMap', placed));
        break;
      case 'apps Deployment':
        operators.push(...watchedBy(value));
        break;
      default:
        if (!makesNone(group)) {
          makers.push({ namespace, mentions: mentionsOf(value) });
        }
    }
  }
  return { agents, watched: watchedByAll(operators), podScrapes, monitors, keyed, makers };
}

/** What Kubernetes itself has, and what only uses Secrets as scrapes do. */
function makesNone(group: string): boolean {
  return (
    !group.includes('.') ||
    group.endsWith('.k8s.io') ||
    group === 'operator.victoriametrics.com' ||
    group === 'monitoring.coreos.com'
  );
}

function nameOf(value: Json): string {
  return text(child(value, 'metadata'), 'name') ?? '';
}

function labelsOf(value: Json): Labels {
  const labels = child(child(value, 'metadata'), 'labels') ?? {};
  return Object.fromEntries(
    Object.entries(labels).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  );
}

/** Undefined for one that only takes in what others send: a VMSingle unless it is told otherwise. */
function agentOf(kind: Agent['kind'], { namespace, value }: Placed): Agent | undefined {
  const spec = child(value, 'spec') ?? {};
  const ingestsOnly = member(spec, 'ingestOnlyMode') ?? kind === 'VMSingle';
  if (ingestsOnly === true) return undefined;
  return {
    kind,
    namespace,
    name: nameOf(value),
    takesAll: member(spec, 'selectAllByDefault') === true,
    services: choiceOf(spec, 'serviceScrape'),
    pods: choiceOf(spec, 'podScrape'),
    perNode: member(spec, 'daemonSetMode') === true,
    ignoresNamespaces: member(spec, 'ignoreNamespaceSelectors') === true,
    hasOwnAccount: (text(spec, 'serviceAccountName') ?? '') !== '',
  };
}

function choiceOf(spec: Json, kind: 'serviceScrape' | 'podScrape'): Choice {
  return {
    selector: labelSelectorAt(spec, `${kind}Selector`),
    namespaceSelector: labelSelectorAt(spec, `${kind}NamespaceSelector`),
  };
}

/** VMPodScrape and PodMonitor say the same in almost the same words. */
function podScrapeOf(kind: PodScrape['kind'], { namespace, value }: Placed): PodScrape {
  const spec = child(value, 'spec') ?? {};
  return {
    kind,
    namespace,
    name: nameOf(value),
    labels: labelsOf(value),
    selector: labelSelectorAt(spec, 'selector') ?? { matchLabels: {}, matchExpressions: [] },
    namespaces: namespacesOf(child(spec, 'namespaceSelector'), namespace),
    endpoints: objects(spec, 'podMetricsEndpoints').map(podEndpointOf),
  };
}

function namespacesOf(selector: Json | undefined, own: string): readonly string[] | undefined {
  if (selector !== undefined && member(selector, 'any') === true) return undefined;
  const names = strings(selector, 'matchNames');
  return names.length === 0 ? [own] : names;
}

function podEndpointOf(endpoint: Json): PodEndpoint {
  const port = [text(endpoint, 'port'), member(endpoint, 'portNumber')].find(Boolean);
  const path = text(endpoint, 'path') || '/metrics';
  const rules = [...list(endpoint, 'relabelConfigs'), ...list(endpoint, 'relabelings')];
  return {
    port: portOf(port ?? member(endpoint, 'targetPort')),
    path: path.startsWith('/') ? path : `/${path}`,
    params: JSON.stringify(member(endpoint, 'params') ?? {}),
    undecided: rules.length > 0,
  };
}

function portOf(port: unknown): string | number | undefined {
  return (typeof port === 'string' && port !== '') || (typeof port === 'number' && port !== 0)
    ? port
    : undefined;
}

/** The members of a ServiceMonitor's endpoint that a VMServiceScrape calls otherwise. */
const renamed: Readonly<Record<string, string>> = {
  relabelings: 'relabelConfigs',
  metricRelabelings: 'metricRelabelConfigs',
};

/** The scrape that the operator makes of a ServiceMonitor, with its name and labels. */
function convertedMonitor({ namespace, value }: Placed): Scrape | undefined {
  const spec = child(value, 'spec') ?? {};
  const endpoints = objects(spec, 'endpoints').map((endpoint) =>
    Object.fromEntries(Object.entries(endpoint).map(([key, one]) => [renamed[key] ?? key, one])),
  );
  const scrape = parseScrape({ metadata: child(value, 'metadata'), spec: { ...spec, endpoints } });
  return scrape === undefined ? undefined : { ...scrape, namespace };
}

function keyedOf(kind: Keyed['kind'], { namespace, value }: Placed): Keyed {
  const members = ['data', 'stringData', 'binaryData'].flatMap((key): Json[] => {
    const held = child(value, key);
    return held === undefined ? [] : [held];
  });
  return {
    kind,
    namespace,
    name: nameOf(value),
    keys: members.length === 0 ? undefined : new Set(members.flatMap((one) => Object.keys(one))),
  };
}

/** For each container of a Deployment that is the operator: the namespaces that it watches, none for all. */
function watchedBy(deployment: Json): string[][] {
  const pod = child(child(child(deployment, 'spec'), 'template'), 'spec');
  return objects(pod, 'containers')
    .filter((one) => /(?:^|\/)victoriametrics\/operator(?:[:@]|$)/.test(text(one, 'image') ?? ''))
    .map((container) => {
      const variable = objects(container, 'env').find(
        (one) => text(one, 'name') === 'WATCH_NAMESPACE',
      );
      return (text(variable, 'value') ?? '')
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '');
    });
}

function watchedByAll(operators: readonly (readonly string[])[]): Surroundings['watched'] {
  if (operators.length === 0 || operators.some((names) => names.length === 0)) return undefined;
  return new Set(operators.flat());
}

/** Every text in an object that could be the name of another one. */
function mentionsOf(value: Json): Set<string> {
  const mentions = new Set<string>([nameOf(value)]);
  const open: unknown[] = [member(value, 'spec')];
  for (let looked = 0; open.length > 0 && looked < mostMentions; looked += 1) {
    const one = open.pop();
    if (typeof one === 'string') mentions.add(one);
    else if (Array.isArray(one)) open.push(...one.slice(0, mostMentions));
    else if (isJson(one)) open.push(...Object.values(one).slice(0, mostMentions));
  }
  return mentions;
}
