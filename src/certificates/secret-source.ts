import { type Clock, pause } from '../ground/clock.ts';
import type { CertificateSource } from './files.ts';
import type { Keeper } from './keeper.ts';

/** How long a start waits for the API server to give the certificate, in milliseconds: what comes later is served then. */
const mostAtStart = 2_000;

/** The certificate that a {@link Keeper} has chosen to be served. It says of every change. */
export function certificateSecret(
  keeper: Pick<Keeper, 'looked' | 'pair' | 'problem' | 'watch'>,
  name: string,
  clock: Clock,
): CertificateSource {
  return {
    name,
    settle: 0,
    read: async () => {
      await Promise.race([keeper.looked, pause(clock, mostAtStart)]);
      const { pair, problem } = keeper;
      if (pair === undefined) throw new Error(problem ?? 'the Secret was not read yet');
      return pair;
    },
    watch: (changed) => keeper.watch(changed),
  };
}
