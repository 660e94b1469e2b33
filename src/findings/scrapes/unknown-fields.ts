import { nearest } from '../../ground/nearest.ts';
import { isJson, type Json, list, stepsOf, valueAt } from '../../kubernetes/index.ts';
import { type Fields, type FieldType, isReference } from './field-type.ts';
import { clipped, type Found } from './found.ts';
import { oneWay, removing, renaming, setting } from './remedy.ts';
import { scrapeSchema } from './scrape-schema.ts';

/** Words of Prometheus and of ServiceMonitors for fields that a VMServiceScrape spells in no similar way. */
const elsewhereCalled: Readonly<Record<string, string>> = {
  relabelings: 'relabelConfigs',
  metricrelabelings: 'metricRelabelConfigs',
  metricspath: 'path',
  timeout: 'scrapeTimeout',
  insecureskiptlsverify: 'insecureSkipVerify',
  skipverify: 'insecureSkipVerify',
  namespaces: 'namespaceSelector',
};

/** A longer key is no slip of the pen. */
const longestKey = 40;

/**
 * Says what was meant by a field that does not exist. Undefined where nothing comes near: what newer operators have is
 * not judged.
 *
 * @param whole the scrape's `spec`
 * @param fields the fields that there are in the place of the unknown one
 * @param field where it stands, from `spec` on
 */
export function unknownField(
  whole: Json,
  parent: Json,
  key: string,
  fields: Fields,
  field: string,
): Found | undefined {
  if (key.length > longestKey) return undefined;
  const names = Object.keys(fields);
  const here =
    names.find((name) => plain(name) === plain(key)) ??
    names.find((name) => name === elsewhereCalled[plain(key)]);
  const misplaced = here === undefined ? placeOf(key, field) : undefined;
  if (misplaced !== undefined) return movedTo(whole, misplaced, field);
  const meant = here ?? nearest(key, names);
  if (meant === undefined || Object.hasOwn(parent, meant)) return undefined;
  return {
    code: 'unknown-field',
    field: clipped(field, 130),
    message: 'there is no such field: the API server drops it',
    ...oneWay(`write ${meant} instead`, renaming(field, meant)),
    meant: field.replace(/[^.]*$/, meant),
  };
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[_-]/g, '');
}

/** Names that are at home in too many places to tell which was meant. */
const commonplace: ReadonlySet<string> = new Set(['any', 'headers', 'labels', 'type', 'values']);

/** Where fields of each name are at home, without indexes: `endpoints.tlsConfig.caFile`. */
const homes = new Map<string, string[]>();
collect(scrapeSchema, '');

function collect(type: FieldType, path: string): void {
  if (typeof type !== 'object') return;
  if ('list' in type) collect(type.list, path);
  if (!('fields' in type) || isReference(type) || /[rR]elabelConfigs$/.test(path)) return;
  for (const [name, inner] of Object.entries(type.fields)) {
    const below = path === '' ? name : `${path}.${name}`;
    if (!commonplace.has(name)) {
      homes.set(plain(name), [...(homes.get(plain(name)) ?? []), below]);
    }
    collect(inner, below);
  }
}

/** The home of a field that stands at the wrong level: the nearest above or below, else the only one. */
function placeOf(key: string, field: string): string | undefined {
  const known = homes.get(plain(elsewhereCalled[plain(key)] ?? key)) ?? [];
  const here = parentOf(field.replaceAll(/\[\d+\]/g, ''));
  const inLine = known
    .filter((home) => isWithin(parentOf(home), here) || isWithin(here, parentOf(home)))
    .toSorted((a, b) => distance(a, here) - distance(b, here));
  return inLine[0] ?? (known.length === 1 ? known[0] : undefined);
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('.')));
}

function isWithin(path: string, outer: string): boolean {
  return outer === '' || path === outer || path.startsWith(`${outer}.`);
}

function distance(home: string, here: string): number {
  return Math.abs(home.split('.').length - here.split('.').length);
}

/** Undefined where the field stands in the right place as well. */
function movedTo(whole: Json, home: string, field: string): Found | undefined {
  const endpoints = list(whole, 'endpoints');
  const [, own] = /^endpoints\[(\d+)\]/.exec(field) ?? [];
  const isOfEndpoint = home.startsWith('endpoints.');
  const steps = home.split('.');
  const places = endpoints.length === 0 ? [{}] : endpoints;
  const isThere = isOfEndpoint
    ? own === undefined
      ? places.every((endpoint) => has(endpoint, steps.slice(1)))
      : has(endpoints[Number(own)], steps.slice(1))
    : has(whole, steps);
  if (isThere) return undefined;
  const place = isOfEndpoint ? home.replace('endpoints', `endpoints[${own ?? 0}]`) : home;
  const others =
    isOfEndpoint && own === undefined && endpoints.length > 1
      ? ', and to the other endpoints that need it'
      : '';
  return {
    code: 'unknown-field',
    field: clipped(field, 130),
    message: `the API server drops it here: ${steps.at(-1)} is a field of ${ownerOf(home)}`,
    fix: `move it to spec.${place}${others}`,
    ...(others === ''
      ? oneWay(
          `move it to spec.${place}`,
          removing(field),
          setting(place, valueAt(whole, stepsOf(field))),
        )
      : {}),
    meant: place,
  };
}

function ownerOf(home: string): string {
  const parent = parentOf(home);
  if (parent === '') return 'spec';
  return parent === 'endpoints' ? 'each endpoint' : parent.slice(parent.lastIndexOf('.') + 1);
}

function has(value: unknown, [step, ...rest]: readonly string[]): boolean {
  if (step === undefined) return true;
  return isJson(value) && Object.hasOwn(value, step) && has(value[step], rest);
}
