import type { CertificateState } from '../certificates/index.ts';
import type { ReadinessCheck } from '../ground/check.ts';
import type { Log } from '../ground/log.ts';
import type { ConnectionWitness, Traffic, Witness } from '../server/index.ts';
import { errorText, rarely, type Telemetry } from '../telemetry/index.ts';
import type { LiveConfiguration } from './live-configuration.ts';

/** What readiness depends on: without these no answer is right. */
export function checksOf(
  certificate: CertificateState,
  configuration: Pick<LiveConfiguration, 'current' | 'problems'>,
  traffic: Traffic,
  now: Date,
): readonly ReadinessCheck[] {
  return [
    certificateCheck(certificate, now),
    configurationCheck(configuration),
    traffic.draining
      ? { name: 'serving', ok: false, message: 'told to stop' }
      : { name: 'serving', ok: true, message: 'until told to stop' },
  ];
}

/** A configuration that was refused is told; the one before it is in force, so that it is no reason to be unready. */
function configurationCheck({
  current,
  problems,
}: Pick<LiveConfiguration, 'current' | 'problems'>): ReadinessCheck {
  const { byComponent, dialects } = current().catalogue;
  const catalogue = `${byComponent.size} components in ${dialects.length} dialects`;
  const [first, ...more] = problems();
  if (first === undefined) return { name: 'catalogue', ok: true, message: catalogue };
  const others = more.length === 0 ? '' : ` (and ${more.length} more problems)`;
  return {
    name: 'catalogue',
    ok: true,
    message: `${catalogue}; the changed configuration is refused: ${first}${others}`,
  };
}

function certificateCheck({ served, problem }: CertificateState, now: Date): ReadinessCheck {
  const name = 'certificate';
  if (served === undefined) return { name, ok: false, message: `none: ${problem ?? 'not read'}` };
  const until = served.notAfter.toISOString();
  if (served.notAfter <= now) return { name, ok: false, message: `expired at ${until}` };
  const renewal =
    problem === undefined ? '' : `; the one that is there now is not served: ${problem}`;
  return { name, ok: true, message: `valid until ${until}${renewal}` };
}

/** What is said to the log and counted of all that is not an answered review. */
export interface Witnesses {
  readonly requests: Omit<Witness, 'ended'>;
  readonly connections: ConnectionWitness;
  readonly certificate: (state: CertificateState, before: CertificateState) => void;
  /** The API server could not be asked whether a caller may read a page. */
  readonly unasked: (because: string) => void;
  readonly pageFailed: (path: string, thrown: unknown) => void;
  readonly unexpected: (kind: 'exception' | 'rejection', thrown: unknown) => void;
}

/** Of what anyone can cause, one line of a kind in this many milliseconds. */
const once = 60_000;

/**
 * Witnesses that count everything, and log what callers cause once a minute.
 *
 * @param now a clock that never goes back, in milliseconds
 */
export function witnesses(
  log: Log,
  { server }: Pick<Telemetry, 'server'>,
  now: () => number,
): Witnesses {
  const say = rarely(once, now);
  const unexpected = (kind: 'exception' | 'rejection' | 'request', thrown: unknown) => {
    server.unexpected(kind);
    const error = errorText(thrown);
    say(`${kind} ${error.slice(0, 200)}`, (untold) =>
      log.error({ kind, error, untold }, 'an error that nobody expected'),
    );
  };
  return {
    requests: {
      // Not its message: that may quote what came.
      refused: (path, { code }, thrown) => {
        server.refused(path, code);
        if (thrown !== undefined) unexpected('request', thrown);
        say(`refused ${path} ${code}`, (untold) =>
          log.warn({ path, code, untold }, 'turned a request away'),
        );
      },
      abandoned: (path) => {
        server.abandoned(path);
        say(`abandoned ${path}`, (untold) =>
          log.warn({ path, untold }, 'a caller went away before its answer'),
        );
      },
      brokeAfterwards: (_path, thrown) => unexpected('request', thrown),
    },
    connections: {
      broken: (code) => {
        server.broken(code);
        say(`broken ${code}`, (untold) =>
          log.debug({ code, untold }, 'a connection never became a request'),
        );
      },
      dropped: () => {
        server.dropped();
        say('dropped', (untold) => log.warn({ untold }, 'too many connections'));
      },
    },
    certificate: (state, before) => certificateLine(log, server, state, before),
    unasked: (because) =>
      say('unasked', (untold) =>
        log.warn({ because, untold }, 'a caller of the metrics port could not be checked'),
      ),
    pageFailed: (_path, thrown) => unexpected('request', thrown),
    unexpected,
  };
}

function certificateLine(
  log: Log,
  server: Telemetry['server'],
  { served, problem }: CertificateState,
  before: CertificateState,
): void {
  if (served !== undefined && served !== before.served) {
    server.certificateChanged('served');
    const { names, notAfter, fingerprint } = served;
    log.info({ names, notAfter: notAfter.toISOString(), fingerprint }, 'serving a certificate');
  }
  if (problem === undefined && before.problem !== undefined && served === before.served) {
    log.info({}, 'the certificate can be served again');
  }
  if (problem !== undefined && problem !== before.problem) {
    server.certificateChanged('refused');
    const stays = served === undefined ? 'there is none' : 'the one before it stays';
    log.warn({ because: problem }, `the certificate can't be served, ${stays}`);
  }
}
