import { createServer as plainServer, type RequestListener, type Server } from 'node:http';
import { createServer as tlsServer } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { afterEach, expect, test } from '@jest/globals';
import { auditCommand } from '../../../src/commands/audit.ts';
import { localCertificate } from '../../support/certificate.ts';
import { runCommand } from '../../support/command.ts';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function listening(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** A store that has nothing, and keeps what it was asked. */
function emptyStore(asked: { headers: string[]; forms: URLSearchParams[] }): RequestListener {
  return (request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const form = new URLSearchParams(body);
      asked.headers.push(request.headers.authorization ?? '');
      asked.forms.push(form);
      const data =
        form.get('query') === 'time()'
          ? { resultType: 'scalar', result: [1000, '1000'] }
          : { resultType: 'vector', result: [] };
      response.end(JSON.stringify({ status: 'success', data }));
    });
  };
}

const pool = `apiVersion: v1
kind: Pod
metadata: { name: pool-0, namespace: shop, labels: { app: pool, app.kubernetes.io/name: multipooler, app.kubernetes.io/component: pooler } }
spec: { containers: [{ name: main, image: x, ports: [{ name: metrics, containerPort: 9187 }] }] }
status: { phase: Running, podIP: 198.51.100.1 }
---
apiVersion: v1
kind: Service
metadata: { name: pool, namespace: shop, labels: { app.kubernetes.io/name: multipooler, app.kubernetes.io/component: pooler } }
spec: { selector: { app: pool }, ports: [{ name: metrics, port: 9187 }] }
---
apiVersion: operator.victoriametrics.com/v1beta1
kind: VMServiceScrape
metadata: { name: pool, namespace: shop }
spec: { selector: {}, endpoints: [{ port: metrics, path: /metrics }] }
`;

function audit(args: readonly string[], files: Readonly<Record<string, string>> = {}) {
  return runCommand('audit', auditCommand, ['-f', '-', ...args], { input: pool, files });
}

test('a store is asked as the flags say: token, authority, client certificate', async () => {
  const { certificate, key, ca } = await localCertificate();
  const asked = { headers: [], forms: [] };
  const shown: boolean[] = [];
  const answer = emptyStore(asked);
  const options = { cert: certificate, key, ca, requestCert: true, rejectUnauthorized: false };
  const server = tlsServer(options, (request, response) => {
    answer(request, response);
  });
  server.on('secureConnection', (socket: TLSSocket) =>
    shown.push(Object.keys(socket.getPeerCertificate()).length > 0),
  );
  const url = `https://127.0.0.1:${await listening(server)}`;
  const files = { token: 'secret\n', ca, cert: certificate, key };
  const trusting = ['--store', url, '--store-ca', 'ca', '--store-bearer-file', 'token'];
  const ran = await audit(
    [...trusting, '--store-cert', 'cert', '--store-key', 'key', '-o', 'json'],
    files,
  );
  expect({ code: ran.code, headline: JSON.parse(ran.out).headline }).toEqual({
    code: 0,
    headline:
      '0 of 1 component has samples; multipooler of shop has none: its scrape is right, and no sample of it is in the store.',
  });
  expect(new Set(asked.headers)).toEqual(new Set(['Bearer secret']));
  expect(new Set(shown)).toEqual(new Set([true]));
  shown.length = 0;
  const page = await audit([...trusting, '-o', 'html'], files);
  expect(page.out).toContain('<h2 id="verdict">0 of 1 component has samples; multipooler of shop');
  expect(new Set(shown)).toEqual(new Set([false]));
  expect((await audit(['--store', url])).err).toMatch(/certificate/);
});

test('a store of VictoriaMetrics is told to leave out its cache, and every query has one time', async () => {
  const asked: { headers: string[]; forms: URLSearchParams[] } = { headers: [], forms: [] };
  const url = `http://127.0.0.1:${await listening(plainServer(emptyStore(asked)))}`;
  await audit(['--store', `${url}/select/0/prometheus`, '--store-match', 'cluster="x"']);
  const [clock, ...others] = asked.forms;
  expect(clock?.get('query')).toBe('time()');
  expect(others.length).toBeGreaterThan(3);
  for (const form of others) {
    expect(Object.fromEntries(form)).toEqual({
      query: expect.stringContaining('cluster="x"'),
      nocache: '1',
      latency_offset: '1s',
      time: '1000',
      max_lookback: '300s',
      lookback_delta: '300s',
    });
  }
});

test('what is wrong with the flags is told at once', async () => {
  const wrong = ['--store', 'store', '--store-match', '{cluster="x"}', '--max-age', 'soon'];
  const lone = ['--targets', 'http://127.0.0.1:1', '--targets-cert', 'cert'];
  const { code, out, err } = await audit([...wrong, ...lone], { cert: 'x' });
  expect({ code, out, err }).toEqual({
    code: 2,
    out: '',
    err: [
      '--store: found "store", expected http://host:port',
      '--targets: --targets-cert and --targets-key belong together',
      '--store-match: found "{cluster=\\"x\\"}", expected cluster="x"',
      '--max-age: found "soon", expected a duration as 40s or 2m',
      '',
    ].join('\n'),
  });
});

test('an answer that is too long, or of something else, is no sample', async () => {
  const long = plainServer((_, response) => {
    response.end('x'.repeat(17 * 1024 * 1024));
  });
  const moved = plainServer((_, response) => {
    response.writeHead(302, { location: '/login' }).end();
  });
  const said = async (server: Server) => {
    const { code, err } = await audit(['--store', `http://127.0.0.1:${await listening(server)}`]);
    return `${code} ${err.replaceAll(/http:\S+/g, 'URL')}`;
  };
  expect(await said(long)).toBe('2 --store URL its answer is longer than 16777216 bytes\n');
  expect(await said(moved)).toBe(
    '2 --store URL it answers with HTTP 302, and leads to /login: give that URL\n',
  );
});

test('what one query does not tell is not known, and told', async () => {
  const server = plainServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const isClock = new URLSearchParams(body).get('query') === 'time()';
      const data = { resultType: 'scalar', result: [1000, '1000'] };
      const refused = { status: 'error', error: 'too many series' };
      response.writeHead(isClock ? 200 : 400);
      response.end(JSON.stringify(isClock ? { status: 'success', data } : refused));
    });
  });
  const url = `http://127.0.0.1:${await listening(server)}`;
  const { code, out, err } = await audit(['--store', url, '-o', 'json']);
  const { samples, findings } = JSON.parse(out);
  const [verdict] = samples;
  expect(findings.map((one: { code: string }) => one.code)).not.toContain('samples-missing');
  expect([code, verdict.state, verdict.because]).toEqual([
    0,
    'not-known',
    'the store does not tell: it refuses: too many series',
  ]);
  expect(err).toMatch(
    /^asked \d+ questions of http:\S+\nthe store did not answer all questions: it/,
  );
});
