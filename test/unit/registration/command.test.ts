import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { describe, expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { dispatch } from '../../../src/cli/dispatch.ts';

const deploy = join(import.meta.dirname, '../../../deploy/kustomize/base');
const [one = '', two = ''] = rootCertificates;

/** What `autoscrape manifests` leaves, in a world that has these files. */
async function manifests(args: readonly string[], files: Readonly<Record<string, string>> = {}) {
  const said = { out: '', err: '' };
  const load = () => import('../../../src/commands/manifests.ts');
  const code = await dispatch(
    new Map([['manifests', { summary: '', load }]]),
    ['manifests', ...args],
    {
      environment: {},
      out: (text) => {
        said.out += text;
      },
      err: (text) => {
        said.err += text;
      },
      readFile: async (path) => {
        const text = files[path];
        if (text === undefined) throw new Error('no such file');
        return text;
      },
      now: () => new Date(0),
      process,
    },
  );
  return { code, ...said };
}

function webhooks(yaml: string) {
  return parseAllDocuments(yaml).flatMap((document) => Object(document.toJS()).webhooks);
}

test('without flags it prints what the plain manifests have', async () => {
  const { code, out, err } = await manifests([]);
  const lines = readFileSync(join(deploy, 'webhooks.yaml'), 'utf8').split('\n');
  expect({ code, out, err }).toEqual({
    code: 0,
    // Labels of a release are none of the catalogue's business.
    out: lines
      .filter((line) => !/^#|^ +app\.kubernetes\.io\/(?:instance|version):/.test(line))
      .join('\n'),
    err: '',
  });
});

test('with a CA every webhook trusts it', async () => {
  const text = `some words\n${one}\n${two}`;
  const { out } = await manifests(['--ca-bundle', 'ca.crt'], { 'ca.crt': text });
  const bundles = webhooks(out).map(({ clientConfig }) => clientConfig.caBundle);
  expect(bundles).toEqual(Array(3).fill(Buffer.from(`${one}\n${two}\n`).toString('base64')));
});

test('a Service, an account and a namespace of other names stand where they belong', async () => {
  const { out } = await manifests([
    ...['--kubernetes-namespace', 'metrics', '--service', 'hook', '--service-account', 'robot'],
    ...['--name', 'mine'],
  ]);
  const [strong, , scrapes] = webhooks(out);
  expect({
    names: parseAllDocuments(out).map((document) => document.getIn(['metadata', 'name'])),
    service: strong.clientConfig.service,
    spared: strong.namespaceSelector.matchExpressions[0].values,
    writtenBy: scrapes.matchConditions[1].expression,
  }).toEqual({
    names: ['mine', 'mine'],
    service: { namespace: 'metrics', name: 'hook', path: '/admit/strong', port: 443 },
    spared: ['kube-system', 'metrics'],
    writtenBy: 'request.userInfo.username != "system:serviceaccount:metrics:robot"',
  });
});

test('a URL stands instead of the Service', async () => {
  const { out } = await manifests(['--url', 'https://127.0.0.1:9443/']);
  expect(webhooks(out).map(({ clientConfig }) => clientConfig)).toEqual([
    { url: 'https://127.0.0.1:9443/admit/strong' },
    { url: 'https://127.0.0.1:9443/admit/inject' },
    { url: 'https://127.0.0.1:9443/validate/scrapes' },
  ]);
});

test('nobody asks for findings: no scrape is sent', async () => {
  const { out } = await manifests(['--scrapes-findings', 'off']);
  expect(webhooks(out).map(({ name }) => name)).toEqual([
    'strong.autoscrape.multigres.com',
    'inject.autoscrape.multigres.com',
  ]);
});

describe('what is wrong is said, all at once, and nothing is printed', () => {
  const files = {
    'key.pem': `${one}\n-----BEGIN PRIVATE KEY-----\nMC4\n-----END PRIVATE KEY-----\n`,
    'empty.pem': 'nothing',
    'broken.pem': `${one}\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`,
  };
  test.each([
    [
      ['--url', 'http://x', '--service', 'A B', '--ca-bundle', 'none.pem', 'word'],
      [
        '"word": manifests takes flags alone',
        '--service: found "A B", expected a name (a DNS subdomain)',
        '--url: found --service too, expected one of them',
        '--url: found "http://x", expected https://host:port and no path',
        "--ca-bundle: none.pem can't be read: no such file",
      ],
    ],
    [
      ['--ca-bundle', 'key.pem'],
      ['--ca-bundle: key.pem holds a private key, expected certificates alone'],
    ],
    [['--ca-bundle', 'empty.pem'], ['--ca-bundle: empty.pem holds no certificate (PEM)']],
    [['--ca-bundle', 'broken.pem'], ["--ca-bundle: broken.pem: certificate 2 can't be read"]],
    [
      ['--url', 'https://user:word@x:1'],
      ['--url: found "https://user:word@x:1", expected https://host:port and no path'],
    ],
    [
      ['--url', 'https://x/path'],
      ['--url: found "https://x/path", expected https://host:port and no path'],
    ],
  ])('%j', async (args, expected) => {
    const { code, out, err } = await manifests(args, files);
    expect({ code, out, err: err.trimEnd().split('\n') }).toEqual({
      code: 2,
      out: '',
      err: expected,
    });
  });

  test('together with what is wrong in the settings', async () => {
    const { code, err } = await manifests(['--scrapes-findings', 'maybe', '--url', 'x']);
    expect({ code, lines: err.trimEnd().split('\n').length }).toEqual({ code: 2, lines: 2 });
  });
});
