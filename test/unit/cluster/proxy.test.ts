import { describe, expect, test } from '@jest/globals';
import { proxyAt, proxyInEnvironment } from '../../../src/cluster/api/proxy.ts';
import { localCertificate } from '../../support/certificate.ts';
import { connectProxy } from '../../support/connect-proxy.ts';
import { goodAnswer, plainTls, rawServer } from '../../support/raw-server.ts';

const get = { verb: 'get', path: '/x', resource: 'things' } as const;

describe('a proxy', () => {
  test('connects to a server, whose certificate is asked for as without it, and the connection is kept', async () => {
    await using proxy = await connectProxy();
    const { url, asked } = proxy;
    const { certificate, key, ca } = await localCertificate({ dns: ['api.example'], ips: [] });
    await using server = await rawServer((socket) => socket.write(goodAnswer), {
      host: 'api.example',
      secure: { cert: certificate, key },
      tls: () => tls,
      proxy: new URL(`http://me:p%40ss@${url.host}`),
    });
    const tls = { ...plainTls, ca };
    const answers = [await server.transport.send(get), await server.transport.send(get)];
    const words = `Basic ${Buffer.from('me:p@ss').toString('base64')}`;
    expect({ answers, asked }).toEqual({
      answers: answers.map(() => ({ ok: true, value: 'ok' })),
      asked: [[`api.example:${server.port}`, words]],
    });
  });

  test('connects to a server without TLS too', async () => {
    await using proxy = await connectProxy();
    const { url, asked } = proxy;
    await using server = await rawServer((socket) => socket.write(goodAnswer), { proxy: url });
    expect(await server.transport.send(get)).toEqual({ ok: true, value: 'ok' });
    expect(asked).toEqual([[`127.0.0.1:${server.port}`, undefined]]);
  });

  test('that leads to somebody else is found out', async () => {
    await using proxy = await connectProxy();
    const { url } = proxy;
    const [other, { ca }] = await Promise.all([localCertificate(), localCertificate()]);
    await using server = await rawServer((socket) => socket.write(goodAnswer), {
      secure: { cert: other.certificate, key: other.key },
      tls: () => tls,
      proxy: url,
    });
    const tls = { ...plainTls, ca };
    expect(await server.transport.send(get)).toMatchObject({
      ok: false,
      error: { code: 'unreachable', message: expect.stringContaining('certificate') },
    });
  });

  test('that refuses is told with its answer', async () => {
    await using proxy = await connectProxy('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    const { url } = proxy;
    await using server = await rawServer(() => {}, { proxy: url });
    expect(await server.transport.send(get)).toMatchObject({
      error: {
        code: 'unreachable',
        message: `get things: the proxy ${url.host} answers 407 Proxy Authentication Required`,
      },
    });
  });

  test('that says nothing costs no more than the time of the request', async () => {
    await using proxy = await connectProxy('');
    const { url } = proxy;
    await using server = await rawServer(() => {}, { proxy: url });
    expect(await server.transport.send({ ...get, timeout: 50 })).toMatchObject({
      error: { code: 'timeout' },
    });
  });

  test('that is not there is told', async () => {
    const { url, [Symbol.asyncDispose]: stop } = await connectProxy();
    await stop();
    await using server = await rawServer(() => {}, { proxy: url });
    expect(await server.transport.send(get)).toMatchObject({
      error: {
        code: 'unreachable',
        message: `get things: the proxy ${url.host}: connect ECONNREFUSED ${url.host}`,
      },
    });
  });
});

describe('the proxy that the environment names', () => {
  const proxied = (server: string, environment: Record<string, string>) =>
    proxyInEnvironment(new URL(server), environment)?.href;

  test.each<[string, string, Record<string, string>, string | undefined]>([
    ['is of TLS', 'https://api', { HTTPS_PROXY: 'http://p:1' }, 'http://p:1/'],
    [
      'may be written in small letters',
      'https://api',
      { https_proxy: 'http://p:1' },
      'http://p:1/',
    ],
    ['may lack its scheme', 'https://api', { HTTPS_PROXY: 'p:1' }, 'http://p:1/'],
    ['is not that of plain HTTP', 'https://api', { HTTP_PROXY: 'http://p:1' }, undefined],
    ['of plain HTTP is another', 'http://api', { HTTP_PROXY: 'http://p:1' }, 'http://p:1/'],
    ['is none where it is empty', 'https://api', { HTTPS_PROXY: '' }, undefined],
    ['is not for this machine', 'https://localhost:6443', { HTTPS_PROXY: 'p:1' }, undefined],
    ['is not for 127.0.0.0/8', 'https://127.1.2.3', { HTTPS_PROXY: 'p:1' }, undefined],
    ['is not for ::1', 'https://[::1]:6443', { HTTPS_PROXY: 'p:1' }, undefined],
  ])('%s', (_, server, environment, expected) => {
    expect(proxied(server, environment)).toBe(expected);
  });

  test.each<[string, string, boolean]>([
    ['*', 'https://api.example.org', true],
    ['example.org', 'https://api.example.org', true],
    ['example.org', 'https://example.org', true],
    ['example.org', 'https://anexample.org', false],
    ['.example.org', 'https://api.example.org', true],
    ['.example.org', 'https://example.org', false],
    ['*.example.org', 'https://api.example.org', true],
    ['EXAMPLE.org', 'https://API.example.ORG', true],
    ['api.example.org:6443', 'https://api.example.org:6443', true],
    ['api.example.org:6443', 'https://api.example.org', false],
    ['api.example.org:443', 'https://api.example.org', true],
    ['198.51.100.7', 'https://198.51.100.7:6443', true],
    ['198.51.100.7:6443', 'https://198.51.100.7:6443', true],
    ['198.51.100.7:443', 'https://198.51.100.7:6443', false],
    ['198.51.100.0/24', 'https://198.51.100.7', true],
    ['198.51.100.0/28', 'https://198.51.100.70', false],
    ['2001:db8::/32', 'https://[2001:db8::1]:6443', true],
    ['2001:DB8::1', 'https://[2001:db8:0::1]', true],
    ['[2001:db8::1]:443', 'https://[2001:db8::1]', true],
    ['2001:db8::/32', 'https://198.51.100.7', false],
    ['nonsense/99, , other , example.org', 'https://example.org', true],
    ['198.51.100.0/99', 'https://198.51.100.7', false],
  ])('with NO_PROXY=%s leaves out %s: %s', (noProxy, server, left) => {
    const found = proxied(server, { HTTPS_PROXY: 'p:1', NO_PROXY: noProxy });
    expect(found).toBe(left ? undefined : 'http://p:1/');
  });

  test('that can not be asked is refused without its password', () => {
    expect(() => proxied('https://api', { HTTPS_PROXY: 'socks5://me:secret@p:1' })).toThrow(
      'HTTPS_PROXY: expected the address of an http or https proxy, found socks5://',
    );
    expect(() => proxyAt('p :1', 'proxy-url')).toThrow(
      'proxy-url: expected the address of an http or https proxy',
    );
  });
});
