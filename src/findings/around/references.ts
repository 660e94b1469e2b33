import { nearest } from '../../ground/nearest.ts';
import { isJson, list, member, type Scrape, stepsOf, text } from '../../kubernetes/index.ts';
import { type FoundEdit, oneWay } from '../scrapes/remedy.ts';
import { type Around, around, listed } from './found.ts';
import type { Keyed, Surroundings } from './types.ts';

/** A key of a Secret or ConfigMap that an endpoint names. */
export interface Reference {
  readonly kind: Keyed['kind'];
  readonly name: string;
  readonly key: string;
  readonly field: string;
}

/** The members of an endpoint that hold references, and how deep they are looked into. */
const holders = [
  'tlsConfig',
  'basicAuth',
  'bearerTokenSecret',
  'authorization',
  'oauth2',
  'vm_scrape_params',
];
const deepest = 6;
const mostEndpoints = 32;

/** Everything that a scrape's endpoints take from Secrets and ConfigMaps, but for what may be missing. */
export function referencesOf(scrape: Scrape): Reference[] {
  const endpoints = isJson(scrape.spec) ? list(scrape.spec, 'endpoints') : [];
  return endpoints
    .slice(0, mostEndpoints)
    .flatMap((endpoint, index) =>
      isJson(endpoint)
        ? holders.flatMap((holder) =>
            within(member(endpoint, holder), holder, `spec.endpoints[${index}].${holder}`, deepest),
          )
        : [],
    );
}

function within(value: unknown, holder: string, field: string, depth: number): Reference[] {
  if (!isJson(value) || depth === 0) return [];
  const [name, key] = [text(value, 'name'), text(value, 'key')];
  if (name !== undefined && key !== undefined) {
    if (name === '' || key === '' || member(value, 'optional') === true) return [];
    return [{ kind: holder === 'configMap' ? 'ConfigMap' : 'Secret', name, key, field }];
  }
  return Object.keys(value).flatMap((inner) =>
    within(value[inner], inner, `${field}.${inner}`, depth - 1),
  );
}

/** ConfigMaps that Kubernetes and OpenShift put into every namespace. */
const everywhere = new Set(['kube-root-ca.crt', 'openshift-service-ca.crt']);

/** Whether there is something to look a reference up in. */
export function isLookedUp(
  { kind }: Reference,
  namespace: string,
  { keyed }: Surroundings,
): boolean {
  return keyed.some((one) => one.kind === kind && one.namespace === namespace);
}

/** Secrets and ConfigMaps that a scrape names and that are not there, or lack the key. */
export function referenceFindings(scrape: Scrape, surroundings: Surroundings): Around[] {
  const { namespace } = scrape;
  return referencesOf(scrape).flatMap((reference): Around[] => {
    const { kind, name, key, field } = reference;
    const known = surroundings.keyed.filter(
      (one) => one.kind === kind && one.namespace === namespace,
    );
    if (known.length === 0 || (kind === 'ConfigMap' && everywhere.has(name))) return [];
    const found = known.findLast((one) => one.name === name);
    if (found === undefined) {
      return isMade(reference, namespace, surroundings)
        ? []
        : [missing(reference, namespace, known)];
    }
    if (found.keys === undefined || found.keys.has(key)) return [];
    const keys = [...found.keys];
    const meant = nearest(key, keys) ?? (keys.length === 1 ? keys[0] : undefined);
    return [
      around('secret-missing', {
        field: `${field}.key`,
        message: `${kind} ${name} has no key ${JSON.stringify(key)}${keys.length === 0 ? '' : `: there ${keys.length === 1 ? 'is' : 'are'} ${listed(keys)}`}`,
        ...(meant === undefined
          ? { fix: `add the key ${key} to ${kind} ${namespace}/${name}` }
          : oneWay(`write key: ${meant}`, replacing(`${field}.key`, meant))),
      }),
    ];
  });
}

/** Names a reference of a scrape that is certainly not there, in words; undefined where none is. */
export function missingReference(scrape: Scrape, surroundings: Surroundings): string | undefined {
  return surroundings.keyed.length === 0
    ? undefined
    : referenceFindings(scrape, surroundings)[0]?.message;
}

/** Another object mentions the name: it may be what makes it. */
function isMade({ name }: Reference, namespace: string, { makers }: Surroundings): boolean {
  return makers.some(
    (maker) =>
      (maker.namespace === '' || maker.namespace === namespace) && maker.mentions.has(name),
  );
}

/** @param field from the object's root on */
function replacing(field: string, value: string): FoundEdit {
  return { action: 'set', path: stepsOf(field), value };
}

function missing(
  { kind, name, key, field }: Reference,
  namespace: string,
  known: readonly Keyed[],
): Around {
  const meant = nearest(
    name,
    known.map((one) => one.name),
  );
  return around('secret-missing', {
    field: `${field}.name`,
    message: `there is no ${kind} ${name} in namespace ${namespace}: the operator leaves the scrape out`,
    ...(meant === undefined
      ? { fix: `create ${kind} ${namespace}/${name} with the key ${key}` }
      : oneWay(`write name: ${meant}`, replacing(`${field}.name`, meant))),
  });
}
