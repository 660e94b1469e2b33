import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { temporaryFolder } from '../../../tools/processes.ts';
import { localCertificate } from '../../support/certificate.ts';
import { samplesOf } from '../../support/metrics-page.ts';
import { recordedTelemetry } from '../../support/telemetry.ts';

const begins = { level: 'warn', message: 'metrics do not arrive by OTLP' };
const heals = { level: 'info', message: 'metrics arrive by OTLP again' };

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  ends.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function sending(url: string, more: Readonly<Record<string, string>> = {}) {
  const telemetry = await recordedTelemetry({
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_METRIC_EXPORT_INTERVAL: '1000',
    OTEL_EXPORTER_OTLP_TIMEOUT: '400',
    ...more,
  });
  ends.push(() => telemetry.stop(200));
  const dropped = async (): Promise<number> => {
    const samples = samplesOf(await telemetry.page());
    const found = samples.find(({ name }) => name === 'autoscrape_otlp_export_failures_total');
    return found === undefined ? Number.NaN : found.value;
  };
  return { telemetry, dropped };
}

test('a receiver that does not answer holds one request at a time, and each is dropped and counted', async () => {
  const open = new Set<ServerResponse>();
  const state = { answers: false, most: 0 };
  const server = createServer((request, response) => {
    request.resume();
    if (state.answers) {
      response.end();
      return;
    }
    open.add(response);
    state.most = Math.max(state.most, open.size);
    response.once('close', () => open.delete(response));
  });
  const { telemetry, dropped } = await sending(`http://127.0.0.1:${await listening(server)}`);
  while ((await dropped()) < 3) await sleep(50);
  expect({ most: state.most, lines: telemetry.lines }).toEqual({ most: 1, lines: [begins] });
  state.answers = true;
  while (telemetry.lines.length < 2) await sleep(50);
  expect(telemetry.lines).toEqual([begins, heals]);
});

test('a receiver that asks for half a minute of patience is asked again at the next interval', async () => {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(429, { 'retry-after': '30' }).end();
  });
  const { telemetry, dropped } = await sending(`http://127.0.0.1:${await listening(server)}`);
  while ((await dropped()) < 3) await sleep(50);
  expect(telemetry.lines).toEqual([begins]);
});

test('a receiver with a certificate of another authority gets nothing, one of the right one does', async () => {
  const folder = await temporaryFolder('receiver');
  ends.push(folder.remove);
  const [own, other] = await Promise.all([localCertificate(), localCertificate()]);
  const file = (name: string) => join(folder.path, name);
  await writeFile(file('ca.crt'), own.ca);
  await writeFile(file('other.crt'), other.ca);
  let received = 0;
  const server = createSecureServer(
    { cert: own.certificate, key: own.key },
    (request, response) => {
      received += 1;
      request.resume();
      response.end();
    },
  );
  const url = `https://127.0.0.1:${await listening(server)}`;

  const wrong = await sending(url, { OTEL_EXPORTER_OTLP_CERTIFICATE: file('other.crt') });
  while ((await wrong.dropped()) < 2) await sleep(50);
  expect({ received, lines: wrong.telemetry.lines }).toEqual({ received: 0, lines: [begins] });

  const right = await sending(url, { OTEL_EXPORTER_OTLP_CERTIFICATE: file('ca.crt') });
  while (received < 2) await sleep(50);
  expect({ dropped: await right.dropped(), lines: right.telemetry.lines }).toEqual({
    dropped: 0,
    lines: [],
  });
});

test('while a receiver hangs, what is recorded goes on, is sent by one request at a time, and takes no more room', async () => {
  const open = new Set<unknown>();
  let most = 0;
  const server = createServer((request, response) => {
    request.resume();
    open.add(response);
    most = Math.max(most, open.size);
    response.once('close', () => open.delete(response));
  });
  const { telemetry, dropped } = await sending(`http://127.0.0.1:${await listening(server)}`);
  const review = {
    webhook: 'strong',
    kind: 'Service',
    operation: 'CREATE',
    component: 'etcd',
    outcome: 'patched',
    because: 'owner',
    findings: [],
  };
  telemetry.admission.answered(review, 0.001);
  const before = own(samplesOf(await telemetry.page()));
  let recorded = 1;
  while ((await dropped()) < 2) {
    for (let count = 0; count < 1_000; count += 1) telemetry.admission.answered(review, 0.001);
    recorded += 1_000;
    await sleep(10);
  }
  const samples = samplesOf(await telemetry.page());
  const counts = samples.filter(
    ({ name }) => name === 'autoscrape_admission_duration_seconds_count',
  );
  expect(counts.map(({ value }) => value)).toEqual([recorded]);
  // Sums are all that is kept, and of no more things than before.
  expect({ most, own: own(samples) }).toEqual({ most: 1, own: before });
});

/** How many series there are but for those of the runtime, which come with time. */
function own(samples: readonly { readonly name: string }[]): number {
  return samples.filter(({ name }) => !/^(?:nodejs|v8js)_/.test(name)).length;
}
