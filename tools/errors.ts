/**
 * Whether a failed call of Node has this code, for example `ENOENT`. Asked of the shape, not with
 * `instanceof`: under Jest, Node's own errors come from another realm.
 */
export function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}

/** What an error says. */
export function messageOf(error: unknown): string {
  const message =
    typeof error === 'object' && error !== null && 'message' in error ? error.message : error;
  return String(message);
}
