import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
import type { PlacedFinding } from '../../src/review/index.ts';

/** What a fix is done to. */
export interface FixInput {
  readonly objects: readonly Plain[];
  /** What stands beside the objects and may be added. */
  readonly additions: readonly Plain[];
  /** The scrapes that are missing. */
  readonly missing: readonly Plain[];
}

export interface Plain {
  [key: string]: unknown;
}

export function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Objects after somebody has done what the fix of a finding says, to the letter; of several ways the first. Throws
 * where a fix can't be followed.
 */
export function fixed(finding: PlacedFinding, input: FixInput): Plain[] {
  const objects = structuredClone([...input.objects]);
  const place = { objects, finding, input };
  for (const instruction of finding.fix.split('; ')) {
    const done = ways.some(([pattern, follow]) => {
      const match = pattern.exec(instruction.replace(/^where [^,]*, |^or .*/, ''));
      if (match === null) return false;
      follow(
        place,
        match.slice(1).map((group) => group ?? ''),
      );
      return true;
    });
    if (!done && !instruction.startsWith('or '))
      throw new Error(`no way to follow: ${instruction}`);
  }
  return objects.filter((object) => Object.keys(object).length > 0);
}

interface Place {
  readonly objects: Plain[];
  readonly finding: PlacedFinding;
  readonly input: FixInput;
}

type Follow = (place: Place, groups: readonly string[]) => void;

/** The variables that the database's operator sets for fields of `spec.observability`. */
const variables: Readonly<Record<string, string>> = {
  otlpMetricsEndpoint: 'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT',
  otlpProtocol: 'OTEL_EXPORTER_OTLP_PROTOCOL',
  metricsExporter: 'OTEL_METRICS_EXPORTER',
  metricsTemporality: 'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE',
};

/** Does to the workloads of a cluster what the operator does when its resource is changed. */
function observe({ objects }: Place, cluster: string, fields: unknown): void {
  if (!isPlain(fields)) throw new Error('these are no fields');
  const set = Object.entries(fields).map(([field, value]) => ({ name: variables[field], value }));
  for (const object of objects) {
    const labels = at(object, stepsOf('spec.template.metadata.labels'));
    const containers = at(object, stepsOf('spec.template.spec.containers'));
    if (!isPlain(labels) || labels['app.kubernetes.io/instance'] !== cluster) continue;
    for (const container of Array.isArray(containers) ? containers.filter(isPlain) : []) {
      const env = Array.isArray(container.env) ? container.env.filter(isPlain) : [];
      container.env = [...env, ...set];
    }
  }
}

const ways: readonly (readonly [RegExp, Follow])[] = [
  [
    /^set spec\.observability: (\{.*?\}) in MultigresCluster \S+\/([^\s,]+)/,
    (place, [fields = '', name = '']) => observe(place, name, readValue(fields)),
  ],
  [
    /^kubectl patch multigrescluster (\S+) -n \S+ --type merge -p '(.*)'$/,
    (place, [name = '', patch = '']) =>
      observe(place, name, at(readValue(patch), stepsOf('spec.observability'))),
  ],
  [
    /^take (.+) out of the environment of Deployment (\S+)\/([^\s,]+)/,
    (place, [names = '', namespace = '', name = '']) => {
      eachMap(objectOf(place, 'Deployment', namespace, name), (map) => {
        if (!Array.isArray(map.env)) return;
        map.env = map.env.filter(
          (one) => !isPlain(one) || !names.split(', ').includes(String(one.name)),
        );
      });
    },
  ],
  [/^(?:it rolls the pods|operators before)/, () => {}],
  [
    /^write (\S+): (.+?) in (VMAgent|VMSingle|Namespace|Service) (?:(\S+)\/)?([^\s,]+)/,
    (place, [path = '', value = '', kind = '', namespace = '', name = '']) =>
      set(objectOf(place, kind, namespace, name), stepsOf(path), readValue(value)),
  ],
  [
    /^write targetPort: (\d+) without quotes, and declare containerPort \d+ in the pods$/,
    (place, [number = '']) => {
      set(subject(place), stepsOf(place.finding.field), Number(number));
      declare(place, { name: 'declared', containerPort: Number(number) });
    },
  ],
  [
    /^declare (?:containerPort (\d+)|a port named (\S+)) in the pods(?:, .*|)$/,
    (place, [number = '', name = '']) =>
      declare(place, { name: name || 'declared', containerPort: Number(number || 19_999) }),
  ],
  [
    /^add port (\S+) to Service (\S+?)(?: under a name, and write that name|, or .*|)$/,
    (place, [port = '', name = '']) => {
      const { namespace } = place.finding.object;
      const isNumber = /^\d+$/.test(port);
      const added = { name: isNumber ? 'added' : port, port: isNumber ? Number(port) : 19_999 };
      const spec = at(objectOf(place, 'Service', namespace, name), ['spec']);
      if (!isPlain(spec)) throw new Error('the Service has no spec');
      spec.ports = [...(Array.isArray(spec.ports) ? spec.ports : []), added];
      set(subject(place), stepsOf(place.finding.field), added.name);
    },
  ],
  [
    /^split it into several scrapes/,
    (place) => {
      const scrape = subject(place);
      const rest = structuredClone(scrape);
      const endpoints = at(scrape, stepsOf('spec.endpoints'));
      if (!Array.isArray(endpoints)) throw new Error('there are no endpoints');
      set(scrape, stepsOf('spec.endpoints'), endpoints.slice(0, 32));
      set(rest, stepsOf('spec.endpoints'), endpoints.slice(32));
      set(rest, stepsOf('metadata.name'), 'rest');
      place.objects.push(rest);
    },
  ],
  [
    /^write it under matchExpressions: (.+)$/,
    (place, [value = '']) => {
      const selector = at(subject(place), stepsOf('spec.selector'));
      const expression = readValue(value);
      if (!isPlain(selector) || !isPlain(expression)) throw new Error('no selector');
      if (isPlain(selector.matchLabels)) delete selector.matchLabels[String(expression.key)];
      const there = Array.isArray(selector.matchExpressions) ? selector.matchExpressions : [];
      selector.matchExpressions = [...there, expression];
    },
  ],
  [
    /^write (\w+) instead$/,
    (place, [key = '']) => {
      const steps = stepsOf(place.finding.field);
      const value = at(subject(place), steps);
      remove(subject(place), steps);
      set(subject(place), [...steps.slice(0, -1), key], value);
    },
  ],
  [
    /^move it to (\S+?)(?:, .*|)$/,
    (place, [path = '']) => {
      const steps = stepsOf(place.finding.field);
      const value = at(subject(place), steps);
      remove(subject(place), steps);
      set(subject(place), stepsOf(path), value);
    },
  ],
  [
    /^write (\w+): (.+?)(?: instead of (\w+)| instead)$/,
    (place, [key = '', value = '', other = '']) => {
      const parent = stepsOf(place.finding.field).slice(0, -1);
      remove(subject(place), [...parent, other === '' ? 'port' : other]);
      set(subject(place), [...parent, key], readValue(value));
    },
  ],
  [
    /^write ((?:spec|metadata)\.\S+): (.+?)(?:, or .*|)$/,
    (place, [path = '', value = '']) => set(subject(place), stepsOf(path), readValue(value)),
  ],
  [
    /^write ([\w./-]+): (.+?)(?: without quotes| for .*| with .*|, or .*|)$/,
    (place, [key = '', value = '']) => {
      const field = stepsOf(place.finding.field);
      const isHere = field.at(-1) === key;
      const inside = at(subject(place), field);
      const steps = isHere ? field : [...(isPlain(inside) ? field : field.slice(0, -1)), key];
      set(subject(place), steps, readValue(value));
    },
  ],
  [
    /^write ("?)([\w-]+)\1(?: if .*)?$/,
    (place, [, value = '']) => set(subject(place), stepsOf(place.finding.field), value),
  ],
  [
    /^add relabelConfigs: (.+)$/,
    (place, [value = '']) =>
      set(subject(place), [...stepsOf(place.finding.field), 'relabelConfigs'], readValue(value)),
  ],
  [
    /^add (\S+) to WATCH_NAMESPACE of the operator$/,
    (place, [namespace = '']) => {
      for (const object of place.objects) {
        eachMap(object, (map) => {
          if (map.name === 'WATCH_NAMESPACE') map.value = `${String(map.value)},${namespace}`;
        });
      }
    },
  ],
  [/^add the /, ({ objects, input }) => objects.push(...structuredClone(input.additions))],
  [
    /^create (Secret|ConfigMap) (\S+)\/(\S+) with the key (\S+)$/,
    ({ objects }, [kind = '', namespace = '', name = '', key = '']) =>
      objects.push({ apiVersion: 'v1', kind, metadata: { namespace, name }, data: { [key]: '' } }),
  ],
  [
    /^(?:correct or )?remove ([A-Z]\w+) (\S+)\/([^\s,]+)/,
    (place, [kind = '', namespace = '', name = '']) =>
      clear(objectOf(place, kind, namespace, name)),
  ],
  [
    /^remove the one in \S+:(\d+),/,
    // The earlier one of two documents of the same object.
    ({ objects, finding }) => {
      const [earlier] = objects.filter((object) => isNamed(object, finding.object));
      clear(earlier ?? {});
    },
  ],
  [
    /^remove all but one of these scrapes/,
    (place) => {
      const named = [...place.finding.message.matchAll(/(\S+)\/(\S+) through/g)];
      for (const [, namespace = '', name = ''] of named.slice(1)) {
        clear(objectOf(place, 'VMServiceScrape', namespace, name));
      }
    },
  ],
  [
    /^remove the annotation (\S+) from the pods/,
    ({ objects }, [annotation = '']) => {
      for (const object of objects) {
        eachMap(object, (map) => {
          if (isPlain(map.annotations)) delete map.annotations[annotation];
        });
      }
    },
  ],
  [
    /^(?:correct or )?remove (the port|[\w.[\]]+)/,
    (place, [what = '']) => {
      const field = stepsOf(place.finding.field);
      const path = stepsOf(what);
      const steps =
        what === 'the port' || what === 'it' || field.at(-1) === what
          ? field
          : what.startsWith('spec.')
            ? path
            : [
                ...(endsWith(field, path.slice(0, -1)) ? field.slice(0, 1 - path.length) : field),
                ...path,
              ];
      remove(subject(place), steps);
    },
  ],
  [
    /^rename it/,
    (place) => set(subject(place), ['metadata', 'name'], `${place.finding.object.name}-renamed`),
  ],
  [
    /^give that port another name/,
    (place) => set(subject(place), stepsOf(place.finding.field), 'another'),
  ],
  [
    /^give that port another number/,
    (place) => set(subject(place), stepsOf(place.finding.field), 19_999),
  ],
  [
    /^set the labels? yourself$/,
    (place) => set(subject(place), stepsOf(place.finding.field), 'by-hand'),
  ],
  [
    /^run autoscrape, which makes VMServiceScrape (\S+)\/([^\s,]+)/,
    ({ objects, input }, [, name = '']) => {
      const made = input.missing.filter(
        (one) => isPlain(one.metadata) && one.metadata.name === name,
      );
      if (made.length !== 1) throw new Error(`no scrape ${name} is missing`);
      objects.push(...structuredClone(made));
    },
  ],
  [
    /^add a Service whose selector has labels of these pods/,
    ({ objects, finding }) => {
      const pods = objects.find((object) => isNamed(object, finding.object)) ?? {};
      const labels = at(pods, stepsOf('spec.template.metadata.labels'));
      const { namespace, name } = finding.object;
      objects.push({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { namespace, name, labels },
        spec: { selector: labels, ports: [{ name: 'http', port: 8080 }] },
      });
    },
  ],
];

/** Adds a port to the first container of every workload. */
function declare({ objects }: Place, port: Plain): void {
  for (const object of objects) {
    const container = at(object, stepsOf('spec.template.spec.containers[0]'));
    if (isPlain(container)) {
      container.ports = [...(Array.isArray(container.ports) ? container.ports : []), port];
    }
  }
}

function endsWith(steps: readonly unknown[], end: readonly unknown[]): boolean {
  return end.length > 0 && isDeepStrictEqual(steps.slice(-end.length), end);
}

/** `spec.ports[0].name`, `metadata.labels["a.b/c"]` as steps. */
function stepsOf(path: string): (string | number)[] {
  return [...path.matchAll(/\["([^"]+)"\]|\[(\d+)\]|\[([^\]]+)\]|([^.[\]]+)/g)].map(
    ([, quoted, index, key, plain]) =>
      index === undefined ? (quoted ?? key ?? plain ?? '') : Number(index),
  );
}

function readValue(text: string): unknown {
  return parse(text);
}

function isNamed(
  object: Plain,
  { kind, namespace, name }: { kind: string; namespace: string; name: string },
): boolean {
  const { metadata } = object;
  return (
    object.kind === kind &&
    isPlain(metadata) &&
    metadata.name === name &&
    (metadata.namespace ?? '') === namespace
  );
}

function objectOf({ objects }: Place, kind: string, namespace: string, name: string): Plain {
  const found = objects.find((object) => isNamed(object, { kind, namespace, name }));
  if (found === undefined) throw new Error(`there is no ${kind} ${namespace}/${name}`);
  return found;
}

/** The object that the finding is about, the last document of it. */
function subject({ objects, finding }: Place): Plain {
  const found = objects.findLast((object) => isNamed(object, finding.object));
  if (found === undefined) throw new Error('the object of the finding is not there');
  return found;
}

function clear(object: Plain): void {
  for (const key of Object.keys(object)) delete object[key];
}

function at(object: unknown, steps: readonly (string | number)[]): unknown {
  return steps.reduce<unknown>((value, step) => {
    if (Array.isArray(value)) return value[Number(step)];
    return isPlain(value) ? value[step] : undefined;
  }, object);
}

/** Sets a value; a map is merged into one that is there. */
function set(object: Plain, steps: readonly (string | number)[], value: unknown): void {
  const [last = ''] = steps.slice(-1);
  const parents = steps.slice(0, -1);
  let parent: unknown = object;
  for (const step of parents) {
    if (isPlain(parent) && parent[step] === undefined) parent[step] = {};
    parent = at(parent, [step]);
  }
  if (Array.isArray(parent)) parent[Number(last)] = value;
  else if (isPlain(parent)) {
    const there = parent[last];
    parent[last] = isPlain(there) && isPlain(value) ? { ...there, ...value } : value;
  } else throw new Error(`there is nothing at ${parents.join('.')}`);
}

function remove(object: Plain, steps: readonly (string | number)[]): void {
  const parent = at(object, steps.slice(0, -1));
  const [last = ''] = steps.slice(-1);
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else if (isPlain(parent)) delete parent[last];
}

function eachMap(value: unknown, look: (map: Plain) => void): void {
  if (Array.isArray(value)) for (const one of value) eachMap(one, look);
  if (!isPlain(value)) return;
  look(value);
  for (const one of Object.values(value)) eachMap(one, look);
}
