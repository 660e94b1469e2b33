import { randomUUID } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { type Answered, admitFor, type Route, routes } from '../admission/index.ts';
import { keepCertificate } from '../certificates/index.ts';
import { accessOf } from '../cli/cluster-access.ts';
import type { Shell } from '../cli/command.ts';
import type { Access } from '../cluster/api/index.ts';
import { systemClock } from '../ground/clock.ts';
import type { Log } from '../ground/log.ts';
import { reasonOf } from '../ground/reason.ts';
import {
  admissions,
  drain,
  guard,
  pages,
  type Respond,
  readiness,
  requestTimer,
  secureServer,
  Traffic,
  timedRequests,
  webhook,
} from '../server/index.ts';
import type { CommandLine, Settings } from '../settings/index.ts';
import { decisionLog, pageContentType, startLog, startTelemetry } from '../telemetry/index.ts';
import { version } from '../version.ts';
import { callerReviews } from './caller-reviews.ts';
import { certificateSource } from './certificate-source.ts';
import { type ClusterSide, startClusterSide } from './cluster-side.ts';
import { expectUid } from './cluster-uid.ts';
import { lastAdmissions } from './last-admissions.ts';
import { type Configured, liveConfiguration } from './live-configuration.ts';
import { metricsPort } from './metrics-port.ts';
import { probeWebhook } from './probe.ts';
import { watchRegistration } from './registration-watch.ts';
import { statusPages } from './status-page.ts';
import { untilTold } from './stop-signal.ts';
import { checksOf, witnesses } from './witnesses.ts';

/**
 * Serves until it is told to stop.
 *
 * @param line where the configuration came from: its files are followed
 * @returns the exit code
 */
export async function serve(
  configured: Configured,
  line: CommandLine,
  shell: Shell,
): Promise<number> {
  const { settings } = configured;
  const started = startLog(settings.log, 1);
  const { log } = started;
  const expected = expectUid(systemClock);
  const identity = { version, instance: randomUUID(), cluster: expected.uid };
  const telemetry = await startTelemetry(settings, identity, started);
  const watched = witnesses(log, telemetry, () => performance.now());
  const told = untilTold(shell.process, watched.unexpected, started.flushNow);

  const findAccess = () => accessOf(settings, shell.environment);
  const access = await reach(settings, findAccess, log);
  if ('problem' in access) {
    shell.err(`${access.problem}\n`);
    return 2;
  }
  const traffic = new Traffic();
  const cluster = startClusterSide(
    { ...configured, identity, log, telemetry, findAccess, clusterFound: expected.found },
    access.found,
  );
  const server = secureServer(settings.server, watched.connections);
  const metricsServer = metricsPort(settings.server, watched.connections);
  const source = certificateSource(settings, cluster, log);
  const certificate = await keepCertificate({
    source,
    serve: (pair) => {
      server.serve(pair);
      metricsServer.serve(pair);
    },
    changed: watched.certificate,
    poll: settings.server.tls.poll,
    now: shell.now,
  });
  telemetry.gauge('certificateExpiry', () => {
    const { served } = certificate.state();
    return served === undefined ? [] : [{ value: served.notAfter.getTime() / 1_000, labels: {} }];
  });
  telemetry.gauge('admissionsInFlight', () => [{ value: traffic.inFlight, labels: {} }]);

  const decided = decisionLog(log, settings.log);
  const admitted = lastAdmissions(shell.now);
  const answered = (outcome: Answered, seconds: number) => {
    if (probe.isOwn(outcome.record)) return;
    telemetry.admission.answered(outcome.record, seconds);
    decided(outcome.record, outcome.thrown, seconds);
    admitted.remember(outcome.record);
    if (outcome.touched !== undefined) cluster.touched(outcome.touched);
  };
  const probe = probeWebhook({
    settings: settings.probe,
    labels: () => live.current().settings.labels,
    catalogue: () => live.current().catalogue,
    client: cluster.client,
    leads: cluster.leads,
    clock: systemClock,
    log,
  });
  telemetry.gauge('webhookReached', probe.values);
  let responds = admissionResponds(configured, cluster, answered);
  const live = await liveConfiguration(configured, {
    line,
    shell,
    log,
    changed: (next) => {
      responds = admissionResponds(next, cluster, answered);
      cluster.reconfigure(next);
      registered.again();
    },
    judged: telemetry.server.configurationChanged,
    poll: settings.configuration.poll,
  });

  const registered = watchRegistration({
    client: cluster.client,
    catalogue: () => live.current().catalogue,
    name: settings.server.tls.registrations,
    clock: systemClock,
    log,
  });
  telemetry.gauge('registrationMisfit', registered.values);

  const state = () =>
    readiness(
      [...checksOf(certificate.state(), live, traffic, shell.now()), ...source.checks()],
      [...cluster.waiting(), ...source.waiting(), ...probe.waiting()],
    );
  const health = { readiness: state, traffic, failed: watched.pageFailed };
  const metrics = { path: '/metrics', contentType: pageContentType, render: telemetry.page };
  const status = statusPages({
    version,
    planned: cluster.planned,
    waiting: () => [...cluster.waiting(), ...probe.waiting()],
    admissions: admitted,
    clock: systemClock,
    background: cluster.background,
    now: shell.now,
  });

  const now = () => performance.now();
  const timer = (scheme: 'http' | 'https') =>
    settings.telemetry.disabled ? undefined : requestTimer(scheme, telemetry.server.requested, now);
  const admit = webhook({
    routes: new Map(
      Object.values(routes).map(({ webhook: name, path }): [string, Respond] => [
        path,
        (review, late) => responds[name](review, late),
      ]),
    ),
    settings: settings.server,
    traffic,
    witness: { ...watched.requests, ended: timer('https') },
    now,
  });
  const timed = (listener: RequestListener, scheme: 'http' | 'https'): RequestListener => {
    const ended = timer(scheme);
    return ended === undefined ? listener : timedRequests(listener, knownPaths, ended, now);
  };
  const secureHealth = timed(pages({ ...health, pages: [] }), 'https');
  const secure = await server.listen((request, response) => {
    if (!admit(request, response)) secureHealth(request, response);
  });
  const readers =
    settings.server.metricsAccess === 'open'
      ? {}
      : {
          guard: guard({
            reviews: callerReviews(cluster.client),
            unasked: watched.unasked,
            now: () => performance.now(),
          }),
        };
  const plain = await metricsServer.listen(
    timed(
      pages({ ...health, ...readers, pages: [metrics, ...status] }),
      settings.server.metricsTls ? 'https' : 'http',
    ),
  );
  const { port } = secure;
  log.info({ version, port, metricsPort: plain.port, ready: state().ready }, 'serving');

  const end = await told;
  log.info({ because: end.because, inFlight: traffic.inFlight }, 'stopping');
  const sleep = (milliseconds: number) => wait(milliseconds, undefined, { ref: false });
  // Leadership goes to another at once; reviews are answered to the end.
  const [{ cut }] = await Promise.all([
    drain([secure, plain], traffic, settings.server.drain, sleep),
    source.stop().then(cluster.stop),
  ]);
  certificate.stop();
  live.stop();
  registered.stop();
  probe.stop();
  cluster.background.stop();
  log.info({ cut }, 'stopped');
  await telemetry.stop(lastExport);
  await started.flush();
  return end.code;
}

/** Paths that metrics tell apart. */
const knownPaths: ReadonlySet<string> = new Set([
  '/metrics',
  '/status',
  '/status.json',
  '/healthz',
  '/readyz',
]);

/** How long the last export of metrics may hold up the end, in milliseconds. */
const lastExport = 2_000;

/**
 * The way to the API server. A kubeconfig that was named and is wrong is a wrong setting; where none was named, and
 * nothing is found, autoscrape serves without.
 */
async function reach(
  settings: Settings,
  findAccess: () => Promise<Access>,
  log: Log,
): Promise<{ readonly found: Access | undefined } | { readonly problem: string }> {
  try {
    return { found: await findAccess() };
  } catch (error) {
    const because = reasonOf(error);
    if (settings.kubernetes.kubeconfig !== undefined) {
      return { problem: `kubernetes.kubeconfig: ${because}` };
    }
    log.warn({ because }, 'no way to an API server: reviews are answered, no scrapes are made');
    return { found: undefined };
  }
}

/** How each webhook's reviews are answered under one configuration, by the webhook's name. */
function admissionResponds(
  pipeline: Configured,
  { findingsOf }: ClusterSide,
  answered: (outcome: Answered, seconds: number) => void,
): Responds {
  const respond = (route: Route): Respond =>
    admissions(admitFor(route, pipeline, findingsOf), answered);
  const { strong, inject, scrapes } = routes;
  return {
    [strong.webhook]: respond(strong),
    [inject.webhook]: respond(inject),
    [scrapes.webhook]: respond(scrapes),
  };
}

type Responds = Readonly<Record<(typeof routes)[keyof typeof routes]['webhook'], Respond>>;
