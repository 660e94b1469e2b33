import { nearest } from '../../ground/nearest.ts';
import { isJson, type Json, member } from '../../kubernetes/index.ts';
import { roleOf } from '../../reading/index.ts';
import type { Check } from './check.ts';
import {
  type FieldType,
  fieldOf,
  hasType,
  isReference,
  isSource,
  nameOfType,
  nameOfValue,
} from './field-type.ts';
import { clipped, type Found, looksLikeMetrics, quoted } from './found.ts';
import { hasMetrics, hasNoMetrics } from './known-ports.ts';
import { oneWay, type Remedy, renaming, setting, writing } from './remedy.ts';
import { scrapeSchema } from './scrape-schema.ts';
import { unknownField } from './unknown-fields.ts';

/** More than this are not told of one scrape. */
const most = 20;

/** What of the scrape is missing, of the wrong type or misspelled: what the API server refuses or drops. */
export function formFindings(looked: Check): Found[] {
  const { scrape, spec: whole } = looked;
  const found: Found[] = [];
  if (scrape.spec !== undefined && !isJson(scrape.spec)) {
    return [wrongType('', scrape.spec, scrapeSchema, {})];
  }
  const endpoints = member(whole, 'endpoints');
  if (endpoints === undefined || endpoints === null) {
    found.push({
      code: 'endpoints-missing',
      field: 'endpoints',
      message: 'the field is required, and missing',
      ...endpointsFor(looked),
    });
  } else if (Array.isArray(endpoints) && endpoints.length === 0) {
    found.push({
      code: 'no-endpoints',
      field: 'endpoints',
      message: 'the list is empty, so that nothing is read',
      ...endpointsFor(looked),
    });
  }
  check({ whole, found, unknown: 0 }, whole, scrapeSchema, '', {});
  return [
    ...found,
    ...unknownValues(whole, scrape.discoveryRole !== undefined && roleOf(scrape) === undefined),
  ];
}

/** Endpoints that read the Services selected; with a word to replace where no port is sure to have metrics. */
function endpointsFor(looked: Check): Remedy {
  const offered = looked.services.flatMap((service) =>
    service.ports
      .filter((port) => port.name !== '' && !hasNoMetrics(looked, service, port))
      .map((port) => ({ name: port.name, isKnown: hasMetrics(looked, service, port) })),
  );
  const name = offered.find((one) => one.isKnown || looksLikeMetrics(one.name))?.name;
  return name === undefined
    ? { fix: 'write endpoints: [{port: NAME}] with the name of the port that has the metrics' }
    : oneWay(`write endpoints: [{port: ${name}}]`, setting('endpoints', [{ port: name }]));
}

/** A walk through a scrape. */
interface Walk {
  readonly whole: Json;
  readonly found: Found[];
  /** How many fields it has come by that the schema does not have. */
  unknown: number;
}

/** What more of them might have meant is not looked for. */
const mostUnknown = 64;

/** @param siblings the fields that may stand beside the value */
function check(
  walk: Walk,
  value: unknown,
  type: FieldType,
  field: string,
  siblings: Readonly<Record<string, FieldType>>,
): void {
  // Null counts as absent: the API server drops it.
  if (walk.found.length >= most || value === null || value === undefined) return;
  if (!hasType(value, type)) {
    walk.found.push(wrongType(field, value, type, siblings));
  } else if (typeof type === 'object') {
    checkMembers(walk, value, type, field);
  }
}

function checkMembers(walk: Walk, value: unknown, type: FieldType & object, field: string): void {
  if (Array.isArray(value)) {
    if (!('list' in type)) return;
    for (const [index, item] of value.entries()) {
      check(walk, item, type.list, `${field}[${index}]`, {});
    }
  } else if (isJson(value)) {
    for (const key of Object.keys(value)) {
      const below = field === '' ? key : `${field}.${key}`;
      if ('map' in type) {
        check(walk, value[key], type.map, below, {});
      } else if ('fields' in type) {
        const known = fieldOf(type.fields, key);
        if (known !== undefined) {
          check(walk, value[key], known, below, type.fields);
          continue;
        }
        walk.unknown += 1;
        if (walk.unknown > mostUnknown) continue;
        const slip = unknownField(walk.whole, value, key, type.fields, below);
        if (slip !== undefined && walk.found.length < most) walk.found.push(slip);
      }
    }
  }
}

function wrongType(
  field: string,
  value: unknown,
  type: FieldType,
  siblings: Readonly<Record<string, FieldType>>,
): Found {
  const kind = nameOfValue(value);
  // What stands where a Secret should be named may be the secret itself: it is not shown.
  const isSecret = isReference(type) || isSource(type);
  return {
    code: 'wrong-type',
    field,
    message: isSecret
      ? `it is ${kind}, and has to be ${nameOfType(type)}: the API server refuses the scrape`
      : `${quoted(value)} is ${kind}, not ${nameOfType(type)}`,
    ...(reference(field, value, type, siblings) ?? correction(field, value, type)),
  };
}

/** How a key of a Secret is named, where a text stands in its place; a path goes into the field for files. */
function reference(
  field: string,
  value: unknown,
  type: FieldType,
  siblings: Readonly<Record<string, FieldType>>,
): Remedy | undefined {
  if (!isReference(type) && !isSource(type)) return undefined;
  const key = lastKey(field);
  const file = `${key}File`;
  if (typeof value === 'string' && /^\/[\w./-]+$/.test(value) && Object.hasOwn(siblings, file)) {
    const fix = `write ${file}: ${clipped(value, 130)} instead of ${key}`;
    return oneWay(fix, renaming(field, file));
  }
  return isSource(type)
    ? { fix: `write ${key}: {secret: {name: NAME, key: KEY}} with the Secret's name and its key` }
    : { fix: `write ${key}: {name: NAME, key: KEY} with the Secret's name and its key` };
}

function lastKey(field: string): string {
  return field.slice(field.lastIndexOf('.') + 1);
}

/** How the value is written so that it has the type, where that can be told. */
function correction(field: string, value: unknown, type: FieldType): Remedy {
  const key = lastKey(field);
  const isScalar = typeof value !== 'object';
  if (type === 'string' && typeof value === 'number' && /interval|timeout/i.test(key)) {
    return writing(field, `${value}s`);
  }
  if ((type === 'string' || type === 'string or list of strings') && isScalar) {
    return oneWay(`write ${key}: "${String(value)}"`, setting(field, String(value)));
  }
  if (type === 'boolean' && (value === 'true' || value === 'false')) {
    return writing(field, value === 'true', ' without quotes');
  }
  if (type === 'integer' && typeof value === 'string' && /^\d+$/.test(value)) {
    return writing(field, Number(value), ' without quotes');
  }
  if (typeof type === 'object' && 'list' in type) {
    return typeof value === 'string'
      ? oneWay(`write ${key}: [${clipped(value, 130)}]`, setting(field, [value]))
      : { fix: `write it as a list: with a hyphen before each entry of ${key}` };
  }
  return { fix: `write ${nameOfType(type)}, or leave it out` };
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
  return {
    code: 'unknown-value',
    field,
    message: `${quoted(value)} is none of ${known.join(', ')}`,
    ...writing(field, intended),
  };
}
