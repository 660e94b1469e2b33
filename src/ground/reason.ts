/** Returns the message of whatever was thrown. */
export function reasonOf(error: unknown): string {
  const message: unknown = Reflect.get(Object(error), 'message');
  return typeof message === 'string' ? message : String(error);
}
