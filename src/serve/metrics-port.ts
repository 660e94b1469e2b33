import { webcrypto } from 'node:crypto';
import type { RequestListener } from 'node:http';
import type { CertificatePair } from '../certificates/index.ts';
import {
  type ConnectionWitness,
  type Listening,
  listenPlainly,
  secureServer,
} from '../server/index.ts';
import type { ServerSettings } from '../settings/index.ts';

/** The port of metrics, before it listens. */
export interface MetricsPort {
  /** Serves a certificate from now on, where the port speaks TLS. */
  readonly serve: (pair: CertificatePair) => void;
  readonly listen: (listener: RequestListener) => Promise<Listening>;
}

/**
 * The port of metrics and health, in TLS or without as the settings say. While there is no certificate it shows one
 * that nobody else knows: probes of a kubelet check none, and would otherwise end a process that only waits for its
 * certificate; an agent that checks does not believe it, and gets nothing.
 */
export function metricsPort(settings: ServerSettings, witness: ConnectionWitness): MetricsPort {
  if (!settings.metricsTls) {
    return {
      serve: () => {},
      listen: (listener) => listenPlainly(settings, listener, witness),
    };
  }
  const server = secureServer({ ...settings, port: settings.metricsPort }, witness);
  let served = false;
  return {
    serve: (pair) => {
      server.serve(pair);
      served = true;
    },
    listen: async (listener) => {
      const passing = served ? undefined : await passingCertificate();
      // The real one may have come meanwhile.
      if (passing !== undefined && !served) server.serve(passing);
      return server.listen(listener);
    },
  };
}

/** A certificate of an authority that is forgotten at once. */
async function passingCertificate(): Promise<CertificatePair> {
  // Loaded only where it is used.
  const { issue, makeAuthority } = await import('../certificates/index.ts');
  const validity = { now: new Date(), days: 365 };
  const authority = await makeAuthority('autoscrape without a certificate', validity, webcrypto);
  return issue(authority, { dns: ['autoscrape.invalid'], ips: [] }, validity, webcrypto);
}
