/** An object of a kind that is known from elsewhere: `namespace/name`. */
export type NamespacedName = `${string}/${string}`;

/** A workload of a namespace that is known from elsewhere: `StatefulSet/name`. */
export type KindName = `${string}/${string}`;

/** Makes a {@link NamespacedName}. */
export function namespacedName(namespace: string, name: string): NamespacedName {
  return `${namespace}/${name}`;
}

/** Takes a {@link NamespacedName} apart. A namespace has no slash (RFC 1123 label). */
export function partsOf(key: NamespacedName): {
  readonly namespace: string;
  readonly name: string;
} {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** Makes a {@link KindName}. */
export function kindName(kind: string, name: string): KindName {
  return `${kind}/${name}`;
}

/** Takes a {@link KindName} apart; of the empty text both are empty. */
export function kindAndName(text: KindName | ''): { readonly kind: string; readonly name: string } {
  const slash = text.indexOf('/');
  return slash < 0
    ? { kind: '', name: '' }
    : { kind: text.slice(0, slash), name: text.slice(slash + 1) };
}
