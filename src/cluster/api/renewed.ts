import type { Clock } from '../../ground/clock.ts';
import { reasonOf } from '../../ground/reason.ts';
import { AccessError, type Credentials, sameTls } from './access.ts';

/**
 * Credentials that are read again from time to time, because what they are read from is replaced while we run: the
 * kubelet renews a bound token's file when 80 % of its life is over
 * (https://kubernetes.io/docs/concepts/storage/projected-volumes/#serviceaccounttoken), and client-go looks once a
 * minute too. What was read last stays in use when a later reading fails, unless it was refused.
 *
 * @param read reads them, anew where the last ones were refused; its error is thrown when there is nothing to go on with
 * @param every milliseconds between two readings
 */
export function renewed(
  read: (refused: boolean) => Promise<Credentials>,
  clock: Clock,
  every = 60_000,
): (refused: boolean) => Promise<Credentials> {
  let last: { readonly credentials: Credentials; readonly at: number } | undefined;
  let reading: Promise<Credentials> | undefined;

  async function readAgain(refused: boolean): Promise<Credentials> {
    try {
      const found = await read(refused);
      const tls = last !== undefined && sameTls(last.credentials.tls, found.tls);
      const credentials =
        tls && last !== undefined ? { ...found, tls: last.credentials.tls } : found;
      last = { credentials, at: clock.now() };
      return credentials;
    } catch (error) {
      if (last === undefined || refused) throw asAccessError(error);
      // Tried again at the next request, but not at each: half of the time later.
      last = { credentials: last.credentials, at: clock.now() - every / 2 };
      return last.credentials;
    } finally {
      reading = undefined;
    }
  }

  return async (refused) => {
    const age = last === undefined ? Number.POSITIVE_INFINITY : clock.now() - last.at;
    if (last !== undefined && !refused && age < every) return last.credentials;
    reading ??= readAgain(refused);
    return reading;
  };
}

function asAccessError(cause: unknown): AccessError {
  if (cause instanceof AccessError) return cause;
  return new AccessError(reasonOf(cause), { cause });
}
