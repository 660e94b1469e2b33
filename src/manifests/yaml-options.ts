/**
 * How every document is read: Kubernetes' own reader merges `<<` (YAML 1.1), takes keys as texts, as JSON has them, and
 * refuses one that stands twice.
 */
export const yamlOptions = {
  merge: true,
  prettyErrors: false,
  stringKeys: true,
  uniqueKeys: true,
} as const;

/** Aliases of one document that are followed; more is an attack, or a mistake. */
export const maxAliasCount = 1_000;
