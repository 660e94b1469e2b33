import { reasonOf } from '../ground/reason.ts';
import type { CertificateSource } from './files.ts';
import { type CertificatePair, type ServableCertificate, servable } from './servable.ts';

/** What is served, and what is wrong with what should be. */
export interface CertificateState {
  /** Undefined where there was none yet that could be served. */
  readonly served: ServableCertificate | undefined;
  /** Why the pair that is there now is not the one that is served; undefined where it is. */
  readonly problem: string | undefined;
}

export interface KeptCertificate {
  readonly state: () => CertificateState;
  readonly stop: () => void;
}

export interface KeepOptions {
  readonly source: CertificateSource;
  /** Serves the pair to new connections from now on. */
  readonly serve: (pair: CertificatePair) => void;
  /** Told when what is served or the problem has changed. */
  readonly changed: (state: CertificateState, before: CertificateState) => void;
  /** How often the source is read in any case, in milliseconds. */
  readonly poll: number;
  readonly now: () => Date;
}

/**
 * Serves a certificate and keeps up with its renewals: when the source says that it changed, and every `poll`. A pair
 * that can't be served is left alone, the one before it stays, and the next look may find a better one.
 *
 * @returns once the source was read for the first time, whatever was found there
 */
export async function keepCertificate(options: KeepOptions): Promise<KeptCertificate> {
  const { source, serve, changed, poll, now } = options;
  let state: CertificateState = { served: undefined, problem: 'not read yet' };
  let looking: Promise<void> | undefined;
  let settling: NodeJS.Timeout | undefined;

  const look = async () => {
    const before = state;
    state = await next(source, state.served, serve, now());
    if (before.served !== state.served || before.problem !== state.problem) changed(state, before);
  };
  const lookOnce = () => {
    looking ??= look().finally(() => {
      looking = undefined;
    });
    return looking;
  };
  const soon = () => {
    settling ??= setTimeout(() => {
      settling = undefined;
      void lookOnce();
    }, source.settle).unref();
  };

  await lookOnce();
  // Watched anew at each look: a directory that was not there at first, or was replaced, is found again.
  let unwatch = source.watch(soon);
  const timer = setInterval(() => {
    unwatch();
    unwatch = source.watch(soon);
    void lookOnce();
  }, poll).unref();

  return {
    state: () => state,
    stop: () => {
      clearInterval(timer);
      clearTimeout(settling);
      unwatch();
    },
  };
}

async function next(
  source: CertificateSource,
  served: ServableCertificate | undefined,
  serve: (pair: CertificatePair) => void,
  now: Date,
): Promise<CertificateState> {
  try {
    const pair = await source.read();
    const isServed = pair.certificate === served?.pair.certificate && pair.key === served.pair.key;
    const checked = servable(pair, now);
    if ('because' in checked) return { served, problem: checked.because };
    if (isServed) return { served, problem: undefined };
    serve(pair);
    return { served: checked, problem: undefined };
  } catch (error) {
    return { served, problem: reasonOf(error) };
  }
}
