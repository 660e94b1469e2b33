import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { assertStaysOnLoopback, isOnLoopback, keepLoopback } from '../../../tools/loopback.ts';
import { temporaryFolder } from '../../../tools/processes.ts';
import { startVictoriaMetrics, startVmagent } from '../../../tools/victoria.ts';

const toLoopback = {
  source_labels: ['__address__'],
  regex: '198\\.51\\.100\\.10:.*',
  target_label: '__address__',
  replacement: '127.0.0.1:2379',
};
const discovery = { role: 'endpoints', api_server: 'https://127.0.0.1:6443' };

const discovering = (...rules: readonly object[]) => ({
  job_name: 'found',
  kubernetes_sd_configs: [discovery],
  relabel_configs: rules,
});
const fixed = (...targets: readonly string[]) => ({
  job_name: 'fixed',
  static_configs: [{ targets }],
});

/** The reasons why a configuration of these jobs is refused; undefined where it is not. */
function refusal(...jobs: readonly object[]): string | undefined {
  try {
    assertStaysOnLoopback(JSON.stringify({ scrape_configs: jobs }));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : 'no error';
  }
}

const lastRule = 'its last relabeling rule is not keepLoopback of tools/loopback.ts';

describe('a job is taken', () => {
  test.each<[string, object]>([
    ['whose last rule keeps what is on the loopback', discovering(toLoopback, keepLoopback)],
    ['whose targets are on the loopback', fixed('127.0.0.1:80', '127.64.0.3', '[::1]:9090')],
    [
      'whose proxy is on the loopback',
      { ...discovering(toLoopback), proxy_url: 'http://127.0.0.1:4' },
    ],
    ['that has no targets', { job_name: 'none' }],
  ])('%s', (_, job) => {
    expect(refusal(job)).toBeUndefined();
  });
});

describe('a job is refused', () => {
  test.each<[string, object, string]>([
    ['that only rewrites addresses', discovering(toLoopback), lastRule],
    ['that rewrites after the check', discovering(keepLoopback, toLoopback), lastRule],
    ['whose check is weaker', discovering({ ...keepLoopback, regex: '.*' }), lastRule],
    ['whose check is under a condition', discovering({ ...keepLoopback, if: '{a="b"}' }), lastRule],
    ['that discovers without rules', discovering(), lastRule],
    ['with rules for fixed targets', { ...fixed(), relabel_configs: [toLoopback] }, lastRule],
    [
      'with a target elsewhere',
      fixed('127.0.0.1:80', '198.51.100.1:80'),
      'it reads 198.51.100.1:80',
    ],
    ['with a target by name', fixed('localhost:80'), 'it reads localhost:80'],
    ['with a name like a number', fixed('127.0.0.1.example:80'), 'it reads 127.0.0.1.example:80'],
    [
      'whose proxy is elsewhere',
      { ...discovering(keepLoopback), proxy_url: 'http://198.51.100.1:80' },
      'its proxy is http://198.51.100.1:80',
    ],
    [
      'that asks another cluster',
      { ...discovering(keepLoopback), kubernetes_sd_configs: [{ role: 'pod' }] },
      'it discovers by the cluster that it runs in',
    ],
    [
      'that discovers otherwise',
      { job_name: 'found', http_sd_configs: [], relabel_configs: [keepLoopback] },
      'it has http_sd_configs',
    ],
    [
      'that asks for tokens',
      { ...fixed(), oauth2: { token_url: 'https://198.51.100.1' } },
      'it asks for tokens by oauth2',
    ],
  ])('%s', (_, job, reason) => {
    const { job_name } = Object(job);
    expect(refusal(fixed('127.0.0.1:80'), job)).toBe(
      `job ${job_name} may leave the loopback: ${reason}`,
    );
  });

  test('in YAML too, and with what is read from other files', () => {
    const elsewhere = { scrape_configs: [fixed('198.51.100.1:80')] };
    expect(() => assertStaysOnLoopback(stringify(elsewhere))).toThrow('it reads 198.51.100.1:80');
    expect(() => assertStaysOnLoopback('scrape_config_files: [more.yaml]')).toThrow();
    expect(() => assertStaysOnLoopback('')).not.toThrow();
  });
});

test.each<[string, boolean]>([
  ['http;127.0.0.1:2379', true],
  ['https;127.255.0.255', true],
  [';[::1]:80', true],
  ['http;198.51.100.1:2379', false],
  ['http;127.0.0.1.example:80', false],
  ['http;127.0.0.256:80', false],
  ['http;localhost:80', false],
  ['http;198.51.100.1/127.0.0.1:80', false],
  ['http;http://198.51.100.1:80', false],
  ['http://198.51.100.1/?;127.0.0.1:80', false],
  ['http;', false],
])('a target with scheme and address %s is kept: %s', (joined, kept) => {
  // vmagent anchors it.
  expect(new RegExp(`^(?:${keepLoopback.regex})$`).test(joined)).toBe(kept);
});

test.each<[string, boolean]>([
  ['http://127.0.0.1:8428/api/v1/write', true],
  ['https://[::1]:6443', true],
  ['http://127.0.0.1@198.51.100.1/', false],
  ['http://127.0.0.1.example/', false],
  ['socks5://127.0.0.1:80', false],
])('%s is on the loopback: %s', (url, expected) => {
  expect(isOnLoopback(url)).toBe(expected);
});

describe('nothing is started', () => {
  test('with a configuration that leaves the loopback, or a store that is not on it', async () => {
    const folder = await temporaryFolder('leaving');
    try {
      const configFile = join(folder.path, 'scrape.json');
      await writeFile(configFile, JSON.stringify({ scrape_configs: [discovering(toLoopback)] }));
      const writeTo = 'http://127.0.0.1:1/api/v1/write';
      await expect(startVmagent({ configFile, writeTo })).rejects.toThrow(lastRule);
      await expect(startVictoriaMetrics({ configFile })).rejects.toThrow(lastRule);
      await writeFile(configFile, '{}');
      const elsewhere = startVmagent({ configFile, writeTo: 'http://198.51.100.1/api/v1/write' });
      await expect(elsewhere).rejects.toThrow('is not on the loopback');
    } finally {
      await folder.remove();
    }
  });
});
