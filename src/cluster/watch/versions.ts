const decimal = /^[0-9]+$/;

/**
 * True where `a` is certainly an older resource version than `b`. Resource versions of one resource are decimal
 * numbers of any length and can be compared
 * (https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions); of others nothing is said.
 */
export function isOlder(a: string, b: string): boolean {
  if (!decimal.test(a) || !decimal.test(b)) return false;
  return a.length === b.length ? a < b : a.length < b.length;
}
