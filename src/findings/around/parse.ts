import {
  child,
  isJson,
  type Json,
  labelsAt,
  member,
  objects,
  parseScrape,
  type Scrape,
  text,
} from '../../kubernetes/index.ts';
import { podReaderOf } from './pod-readers.ts';
import { hasArgument, membersCount, storeOf } from './stores.ts';
import type { Keyed, Maker, OtherPods, PodReader, Store, Surroundings } from './types.ts';

/** An object of an input, with the namespace that it gets. */
export interface PlacedObject {
  readonly namespace: string;
  readonly value: Json;
}

/** The kinds that are looked at here and are in a namespace, by group. */
const namespaced: ReadonlySet<string> = new Set([
  'monitoring.coreos.com PodMonitor',
  ' Secret',
  ' ConfigMap',
  'operator.victoriametrics.com VMCluster',
]);

/** Whether objects of a kind are looked at here, and have a namespace though they may not name it. */
export function isSurrounding(group: string, kind: string): boolean {
  return namespaced.has(`${group} ${kind}`);
}

/** Values of an object that are looked through for the names of Secrets. */
const mostMentions = 2000;

/** What the objects of an input show of what is around scrapes. What is being deleted counts as gone. */
export function surroundingsOf(input: Iterable<PlacedObject>): Surroundings {
  const podMonitors: PodReader[] = [];
  let hasPrometheus = false;
  const monitors: Scrape[] = [];
  const keyed: Keyed[] = [];
  const makers: Maker[] = [];
  const operators: (readonly string[])[] = [];
  const otherPods: OtherPods[] = [];
  const stores: Store[] = [];
  const sharing = new Set<string>();
  for (const placed of input) {
    const { namespace, value } = placed;
    const metadata = child(value, 'metadata');
    if (text(metadata, 'deletionTimestamp') !== undefined) continue;
    const kind = text(value, 'kind') ?? '';
    const [group = ''] = (text(value, 'apiVersion') ?? '').split('/');
    switch (`${group} ${kind}`) {
      case 'monitoring.coreos.com PodMonitor':
        podMonitors.push(podReaderOf('PodMonitor', namespace, value));
        break;
      case 'monitoring.coreos.com Prometheus':
      case 'monitoring.coreos.com PrometheusAgent':
        hasPrometheus = true;
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
      case 'operator.victoriametrics.com VMSingle':
      case 'operator.victoriametrics.com VMCluster':
        stores.push(storeOf(kind === 'VMSingle' ? kind : 'VMCluster', placed));
        break;
      case 'operator.victoriametrics.com VMAgent':
        if (hasArgument(child(value, 'spec'), membersCount)) {
          sharing.add(`VMAgent ${namespace}/${nameOf(value)}`);
        }
        break;
      case 'apps Deployment':
        operators.push(...watchedBy(value));
        break;
      default:
        otherPods.push(...podsOf(placed));
        if (!makesNone(group)) {
          makers.push({ namespace, mentions: mentionsOf(value) });
        }
    }
  }
  const watched = watchedByAll(operators);
  return {
    watched,
    podMonitors,
    monitors,
    hasPrometheus,
    otherPods,
    stores,
    sharing,
    keyed,
    makers,
  };
}

/** The pods of any object with a template for them, be it a CronJob's. */
function podsOf({ namespace, value }: PlacedObject): OtherPods[] {
  const spec = child(value, 'spec');
  const job = child(child(spec, 'jobTemplate'), 'spec');
  const metadata = child(child(job ?? spec, 'template'), 'metadata');
  const labels = labelsAt(metadata, 'labels');
  return labels === undefined ? [] : [{ namespace, labels }];
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

/** The members of a ServiceMonitor's endpoint that a VMServiceScrape calls otherwise. */
const renamed: Readonly<Record<string, string>> = {
  relabelings: 'relabelConfigs',
  metricRelabelings: 'metricRelabelConfigs',
};

/** The scrape that the operator makes of a ServiceMonitor, with its name and labels. */
function convertedMonitor({ namespace, value }: PlacedObject): Scrape | undefined {
  const spec = child(value, 'spec') ?? {};
  const endpoints = objects(spec, 'endpoints').map((endpoint) =>
    Object.fromEntries(Object.entries(endpoint).map(([key, one]) => [renamed[key] ?? key, one])),
  );
  const scrape = parseScrape({ metadata: child(value, 'metadata'), spec: { ...spec, endpoints } });
  return scrape === undefined ? undefined : { ...scrape, namespace };
}

function keyedOf(kind: Keyed['kind'], { namespace, value }: PlacedObject): Keyed {
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
