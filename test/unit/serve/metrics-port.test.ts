import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:tls';
import { afterEach, expect, test } from '@jest/globals';
import type { CertificatePair } from '../../../src/certificates/index.ts';
import { metricsPort } from '../../../src/serve/metrics-port.ts';
import type { Listening } from '../../../src/server/index.ts';
import { request } from '../../../tools/http.ts';
import { serverSettings, testAuthority } from '../../support/site.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function listening(metricsTls: boolean, first?: CertificatePair) {
  const witness = { broken: () => {}, dropped: () => {} };
  const port = metricsPort({ ...(await serverSettings()), metricsTls }, witness);
  if (first !== undefined) port.serve(first);
  const at = await port.listen((_request, response) => response.end('ok'));
  ends.push(at.close);
  return { at, port };
}

/** The certificate that a client who checks none is shown. */
async function shown({ port }: Listening): Promise<X509Certificate | undefined> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const certificate = socket.getPeerX509Certificate();
  socket.destroy();
  return certificate;
}

test('without TLS speaks HTTP, and takes certificates without a word', async () => {
  const { at } = await listening(false, await (await testAuthority()).pair());
  expect(await request(`http://127.0.0.1:${at.port}/`)).toEqual({ status: 200, body: 'ok' });
});

test('with TLS and no certificate answers who checks none, and no agent, until there is one', async () => {
  const authority = await testAuthority();
  const { at, port } = await listening(true);
  const url = `https://127.0.0.1:${at.port}/`;
  expect((await shown(at))?.subjectAltName).toBe('DNS:autoscrape.invalid');
  await expect(request(url, { ca: authority.ca })).rejects.toThrow('certificate');

  const pair = await authority.pair();
  port.serve(pair);
  expect((await shown(at))?.raw).toEqual(new X509Certificate(pair.certificate).raw);
  expect(await request(url, { ca: authority.ca })).toEqual({ status: 200, body: 'ok' });
});

test('with TLS and a certificate shows that one from the start', async () => {
  const authority = await testAuthority();
  const { at } = await listening(true, await authority.pair());
  const answer = await request(`https://127.0.0.1:${at.port}/`, { ca: authority.ca });
  expect(answer).toEqual({ status: 200, body: 'ok' });
});
