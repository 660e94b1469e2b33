import { webcrypto } from 'node:crypto';
import {
  type CertificateSource,
  certificateFiles,
  certificateManager,
  certificateSecret,
  Keeper,
  serviceNames,
} from '../certificates/index.ts';
import { owningAccount } from '../cluster/api/index.ts';
import type { ReadinessCheck } from '../ground/check.ts';
import { systemClock } from '../ground/clock.ts';
import type { Log } from '../ground/log.ts';
import type { Settings } from '../settings/index.ts';
import type { ClusterSide } from './cluster-side.ts';

/** Where the certificate comes from, with what it says of itself. */
export interface ChosenSource extends CertificateSource {
  /** What readiness depends on, beside the certificate. */
  readonly checks: () => readonly ReadinessCheck[];
  /** What it is still waiting for. */
  readonly waiting: () => readonly ReadinessCheck[];
  /** Ends its writes. */
  readonly stop: () => Promise<void>;
}

/** The source that the settings name. */
export function certificateSource(
  { kubernetes: { namespace }, server: { tls } }: Settings,
  { clientAs, leads }: Pick<ClusterSide, 'clientAs' | 'leads'>,
  log: Log,
): ChosenSource {
  if (tls.mode === 'files') {
    const none = () => [];
    return { ...certificateFiles(tls), checks: none, waiting: none, stop: async () => {} };
  }
  const keeper = new Keeper({
    client: () => clientAs(certificateManager),
    leads,
    secret: { namespace, name: tls.secret },
    registrations: tls.registrations,
    owners: (client) => owningAccount(client, namespace),
    names: { dns: serviceNames(tls.service, namespace), ips: [] },
    lifetimes: { certificate: tls.lifetime, authority: tls.authorityLifetime },
    poll: tls.poll,
    clock: systemClock,
    random: Math.random,
    crypto: webcrypto,
    log,
  });
  keeper.start();
  return {
    ...certificateSecret(keeper, `Secret ${namespace}/${tls.secret}`, systemClock),
    checks: () => [keeper.check()],
    waiting: () => keeper.waiting(),
    stop: () => keeper.stop(),
  };
}
