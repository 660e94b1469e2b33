import { isJson, type Json, member, type Service } from '../../kubernetes/index.ts';
import { nearest } from '../../settings/index.ts';
import { roleOf } from '../job.ts';
import type { Check } from './check.ts';
import { clipped, type Found, likeliest, quoted } from './found.ts';

/** The type of a field in the CRD (v0.40 to v0.74 of the operator alike). `free` is whatever later checks look at. */
type Type =
  | 'string'
  | 'boolean'
  | 'integer'
  | 'integer or string'
  | 'string or list of strings'
  | 'object'
  | 'free'
  | { readonly list: Type }
  | { readonly map: Type }
  | { readonly fields: ReadonlyMap<string, Type> };

function fields(types: Readonly<Record<string, Type>>): Type {
  return { fields: new Map(Object.entries(types)) };
}

const relabelRules: Type = {
  list: fields({
    action: 'string',
    if: 'free',
    labels: { map: 'string' },
    match: 'string',
    modulus: 'integer',
    regex: 'string or list of strings',
    replacement: 'string',
    separator: 'string',
    sourceLabels: { list: 'string' },
    source_labels: { list: 'string' },
    targetLabel: 'string',
    target_label: 'string',
  }),
};

const endpoint: Type = fields({
  attach_metadata: 'object',
  authorization: 'object',
  basicAuth: 'object',
  bearerTokenFile: 'string',
  bearerTokenSecret: 'object',
  follow_redirects: 'boolean',
  honorLabels: 'boolean',
  honorTimestamps: 'boolean',
  interval: 'string',
  max_scrape_size: 'string',
  metricRelabelConfigs: relabelRules,
  oauth2: 'object',
  params: { map: { list: 'string' } },
  path: 'string',
  // A number here is the subject of the port checks, which know the Services.
  port: 'free',
  proxyURL: 'string',
  relabelConfigs: relabelRules,
  sampleLimit: 'integer',
  scheme: 'string',
  scrapeTimeout: 'string',
  scrape_interval: 'string',
  seriesLimit: 'integer',
  targetPort: 'integer or string',
  tlsConfig: 'object',
  vm_scrape_params: fields({
    disable_compression: 'boolean',
    disable_keep_alive: 'boolean',
    headers: { list: 'string' },
    metric_relabel_debug: 'boolean',
    no_stale_markers: 'boolean',
    proxy_client_config: 'object',
    relabel_debug: 'boolean',
    scrape_align_interval: 'string',
    scrape_offset: 'string',
    stream_parse: 'boolean',
  }),
});

const spec: Type = fields({
  attach_metadata: 'object',
  discoveryRole: 'string',
  endpoints: { list: endpoint },
  jobLabel: 'string',
  namespaceSelector: fields({ any: 'boolean', matchNames: { list: 'string' } }),
  podTargetLabels: { list: 'string' },
  sampleLimit: 'integer',
  scrapeClass: 'string',
  selector: fields({
    matchExpressions: {
      list: fields({ key: 'string', operator: 'string', values: { list: 'string' } }),
    },
    matchLabels: { map: 'string' },
  }),
  seriesLimit: 'integer',
  targetLabels: { list: 'string' },
});

/** More than this are not told of one scrape. */
const most = 20;

/** What of the scrape is missing, of the wrong type or misspelled: what the API server refuses or drops. */
export function formFindings({ scrape, spec: whole, services }: Check): Found[] {
  const found: Found[] = [];
  if (scrape.spec !== undefined && !isJson(scrape.spec)) {
    return [wrongType('', scrape.spec, spec)];
  }
  const endpoints = member(whole, 'endpoints');
  if (endpoints === undefined || endpoints === null) {
    found.push({
      code: 'endpoints-missing',
      field: 'endpoints',
      message: 'the field is required, and missing',
      fix: `write endpoints: ${endpointsFor(services)}`,
    });
  } else if (Array.isArray(endpoints) && endpoints.length === 0) {
    found.push({
      code: 'no-endpoints',
      field: 'endpoints',
      message: 'the list is empty, so that nothing is read',
      fix: `write endpoints: ${endpointsFor(services)}`,
    });
  }
  check(whole, spec, '', found);
  return [
    ...found,
    ...unknownValues(whole, scrape.discoveryRole !== undefined && roleOf(scrape) === undefined),
  ];
}

/** Endpoints that read the Services selected; with a word to replace where there is no port to name. */
function endpointsFor(services: readonly Service[]): string {
  const names = services.flatMap(({ ports }) => ports.map((port) => port.name)).filter(Boolean);
  const name = likeliest(names) ?? names[0];
  return name === undefined
    ? '[{port: NAME}] with the name of a port of the Service'
    : `[{port: ${name}}]`;
}

function check(value: unknown, type: Type, field: string, found: Found[]): void {
  // Null counts as absent: the API server drops it.
  if (found.length >= most || value === null || value === undefined) return;
  if (!hasType(value, type)) {
    found.push(wrongType(field, value, type));
  } else if (typeof type === 'object') {
    checkMembers(value, type, field, found);
  }
}

function checkMembers(value: unknown, type: Type & object, field: string, found: Found[]): void {
  if (Array.isArray(value)) {
    if (!('list' in type)) return;
    for (const [index, item] of value.entries())
      check(item, type.list, `${field}[${index}]`, found);
  } else if (isJson(value)) {
    for (const key of Object.keys(value)) {
      const below = field === '' ? key : `${field}.${key}`;
      if ('map' in type) check(value[key], type.map, below, found);
      else if ('fields' in type) checkField(value, key, type.fields, below, found);
    }
  }
}

function checkField(
  parent: Json,
  key: string,
  known: ReadonlyMap<string, Type>,
  field: string,
  found: Found[],
): void {
  const type = known.get(key);
  if (type !== undefined) {
    check(parent[key], type, field, found);
    return;
  }
  const intended = spelledAlike(key, known.keys()) ?? nearest(key, known.keys());
  // A field that newer operators have is none of ours to judge: only what looks like a slip is told.
  if (intended === undefined || Object.hasOwn(parent, intended) || found.length >= most) return;
  found.push({
    code: 'unknown-field',
    field: clipped(field, 130),
    message: 'there is no such field: the API server drops it',
    fix: writeInstead(intended),
  });
}

function writeInstead(field: string): string {
  return `write ${field} instead`;
}

/** The field that differs only in case, underscores and hyphens: `scrapeInterval`, `matchlabels`. */
function spelledAlike(key: string, known: Iterable<string>): string | undefined {
  if (key.length > 40) return undefined;
  const plain = (name: string) => name.toLowerCase().replaceAll(/[_-]/g, '');
  for (const name of known) if (plain(name) === plain(key)) return name;
  return undefined;
}

function hasType(value: unknown, type: Type): boolean {
  switch (type) {
    case 'free':
      return true;
    case 'string':
    case 'boolean':
      return typeof value === type;
    case 'integer':
      return Number.isInteger(value);
    case 'integer or string':
      return typeof value === 'string' || Number.isInteger(value);
    case 'string or list of strings':
      return (
        typeof value === 'string' ||
        (Array.isArray(value) && value.every((item) => typeof item === 'string'))
      );
    case 'object':
      return isJson(value);
    default:
      return 'list' in type ? Array.isArray(value) : isJson(value);
  }
}

function wrongType(field: string, value: unknown, type: Type): Found {
  const key = field.slice(field.lastIndexOf('.') + 1);
  return {
    code: 'wrong-type',
    field,
    message: `${quoted(value)} is ${nameOf(value)}, not ${nameOfType(type)}`,
    fix: correction(key, value, type),
  };
}

function nameOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (isJson(value)) return 'a map';
  return typeof value === 'number' && !Number.isInteger(value) ? 'a fraction' : `a ${typeof value}`;
}

function nameOfType(type: Type): string {
  if (typeof type === 'object') return 'list' in type ? 'a list' : 'a map';
  if (type === 'object') return 'a map';
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

/** How the value is written so that it has the type, where that can be told. */
function correction(key: string, value: unknown, type: Type): string {
  const isScalar = typeof value !== 'object';
  if (type === 'string' && typeof value === 'number' && /interval|timeout/i.test(key)) {
    return `write ${key}: ${value}s`;
  }
  if (type === 'string' && isScalar) return `write ${key}: "${String(value)}"`;
  if (type === 'string or list of strings' && isScalar) return `write ${key}: "${String(value)}"`;
  if (type === 'boolean' && (value === 'true' || value === 'false')) {
    return `write ${key}: ${value} without quotes`;
  }
  if (type === 'integer' && typeof value === 'string' && /^\d+$/.test(value)) {
    return `write ${key}: ${clipped(value, 130)} without quotes`;
  }
  if (typeof type === 'object' && 'list' in type) {
    return typeof value === 'string'
      ? `write ${key}: [${clipped(value, 130)}]`
      : `write it as a list: with a hyphen before each entry of ${key}`;
  }
  return `write ${nameOfType(type)}, or leave it out`;
}

function unknownValues(whole: Json, isUnknownRole: boolean): Found[] {
  const found: Found[] = [];
  const role = member(whole, 'discoveryRole');
  if (isUnknownRole && typeof role === 'string') {
    const roles = ['endpoints', 'endpointslices', 'service'];
    found.push(unknownValue('discoveryRole', role, roles, nearest(role, roles) ?? 'endpoints'));
  }
  const endpoints = member(whole, 'endpoints');
  for (const [index, one] of (Array.isArray(endpoints) ? endpoints : []).entries()) {
    const scheme = isJson(one) ? member(one, 'scheme') : undefined;
    // Capitals are valid from v0.49 of the operator on.
    if (typeof scheme !== 'string' || /^(?:https?|HTTPS?|)$/.test(scheme)) continue;
    const known = ['http', 'https'];
    const field = `endpoints[${index}].scheme`;
    found.push(unknownValue(field, scheme, known, nearest(scheme, known) ?? 'http'));
    if (found.length >= most) break;
  }
  return found;
}

function unknownValue(field: string, value: string, known: string[], intended: string): Found {
  const key = field.slice(field.lastIndexOf('.') + 1);
  return {
    code: 'unknown-value',
    field,
    message: `${quoted(value)} is none of ${known.join(', ')}`,
    fix: `write ${key}: ${intended}`,
  };
}
