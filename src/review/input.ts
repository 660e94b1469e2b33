import type { ObjectRef } from '../findings/index.ts';
import { isSurrounding } from '../findings/index.ts';
import type { Kind } from '../inventory/index.ts';
import {
  child,
  groupOf,
  type Json,
  type Labels,
  parseNamespace,
  parseObject,
  text,
} from '../kubernetes/index.ts';
import type { Manifest, SourceFile } from '../manifests/index.ts';

/** One object of an input, by name. */
export interface InputObject {
  readonly manifest: Manifest;
  readonly ref: ObjectRef;
}

/** The objects of an input, in its order. */
export function entriesOf(files: readonly SourceFile[], defaultNamespace: string): InputObject[] {
  return files
    .flatMap((file) => file.manifests)
    .map((manifest) => ({ manifest, ref: refOf(manifest.value, defaultNamespace) }));
}

export function isScrape({ ref }: InputObject): boolean {
  return ref.kind === 'VMServiceScrape';
}

function refOf(value: Json, defaultNamespace: string): ObjectRef {
  const metadata = child(value, 'metadata');
  const namespace = text(metadata, 'namespace') ?? '';
  const object = parseObject(value);
  const apiVersion = text(value, 'apiVersion') ?? '';
  const kind = text(value, 'kind') ?? '';
  const isNamespaced =
    (object !== undefined && object.kind !== 'Namespace') ||
    isSurrounding(groupOf(apiVersion), kind);
  return {
    apiVersion,
    kind,
    namespace: namespace === '' && isNamespaced ? defaultNamespace : namespace,
    name: text(metadata, 'name') ?? '',
  };
}

/** The labels of the Namespaces in an input, by name. */
export function namespaceLabels(input: readonly InputObject[]): ReadonlyMap<string, Labels> {
  return new Map(
    input
      .filter(({ ref }) => ref.apiVersion === 'v1' && ref.kind === 'Namespace')
      .map(({ ref, manifest }) => [ref.name, parseNamespace(manifest.value)?.labels ?? {}]),
  );
}

/** A kind of which all objects are at hand. */
export interface KnownKind {
  readonly kind: Kind;
  /** Only in these namespaces; undefined for all. */
  readonly namespaces?: readonly string[];
}

/**
 * Returns the kinds that an input has. Of a kind that it lacks nobody knows whether the cluster has it; of Services in
 * namespaces that it has nothing of neither; and of Namespaces there are always others than those that files make.
 */
export function knownKinds(input: readonly InputObject[]): KnownKind[] {
  const kinds = new Set(input.flatMap(({ manifest }) => parseObject(manifest.value)?.kind ?? []));
  const namespaces = [...new Set(input.map(({ ref }) => ref.namespace))].filter(Boolean);
  // An agent is a VMAgent or a VMSingle: who shows one kind, shows both.
  if (kinds.has('VMAgent') || kinds.has('VMSingle')) kinds.add('VMAgent').add('VMSingle');
  kinds.delete('Namespace');
  return [...kinds].map((kind) => (kind === 'Service' ? { kind, namespaces } : { kind }));
}

/** The same for two documents of one object. */
export function keyOf({ apiVersion, kind, namespace, name }: ObjectRef): string {
  return JSON.stringify([groupOf(apiVersion), kind, namespace, name]);
}
