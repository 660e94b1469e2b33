import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Etcd, startEtcd } from '../../tools/etcd.ts';
import { type TemporaryFolder, temporaryFolder } from '../../tools/processes.ts';
import {
  type Store,
  startVictoriaMetrics,
  startVmagent,
  type Victoria,
} from '../../tools/victoria.ts';
import { until } from '../support/processes.ts';

let folder: TemporaryFolder;
let configFile: string;
let etcd: Etcd;
let store: Victoria & Store;
let agent: Victoria;

function scrape(interval: string): object {
  const targets = [new URL(etcd.clientUrl).host];
  return { job_name: 'etcd', scrape_interval: interval, static_configs: [{ targets }] };
}

function configure(...scrapes: object[]): Promise<void> {
  // JSON is YAML.
  return writeFile(configFile, JSON.stringify({ scrape_configs: scrapes }));
}

beforeAll(async () => {
  folder = await temporaryFolder('victoria-test');
  configFile = join(folder.path, 'scrape.yaml');
  [etcd, store] = await Promise.all([startEtcd(), startVictoriaMetrics()]);
  await configure();
  agent = await startVmagent({ configFile, writeTo: `${store.url}/api/v1/write` });
});
afterAll(async () => {
  await Promise.all([agent.stop(), store.stop(), etcd.stop()]);
  await folder.remove();
});

describe('vmagent', () => {
  test('reads what a reloaded configuration says, and VictoriaMetrics has the samples', async () => {
    expect(await agent.targets()).toEqual([]);
    await configure(scrape('1s'));
    await agent.reload();
    await until(async () => (await store.query('etcd_server_has_leader')).length > 0);
    const instance = new URL(etcd.clientUrl).host;
    expect(await store.query('etcd_server_has_leader')).toEqual([
      { labels: { __name__: 'etcd_server_has_leader', instance, job: 'etcd' }, value: 1 },
    ]);
    expect(await agent.targets()).toEqual([
      expect.objectContaining({
        scrapePool: 'etcd',
        scrapeUrl: `${etcd.clientUrl}/metrics`,
        health: 'up',
        labels: { instance, job: 'etcd' },
      }),
    ]);
  });

  test('keeps its configuration when a new one is refused, and says so', async () => {
    await configure(scrape('1s'));
    await agent.reload();
    await configure(scrape('1M'));
    await expect(agent.reload()).rejects.toThrow('cannot parse duration "1M"');
    expect(await agent.targets()).toHaveLength(1);
  });

  test('connects to its proxy alone, whatever it reads', async () => {
    const asked: string[] = [];
    const proxy = createServer((socket) =>
      socket.once('data', (sent) => {
        asked.push(sent.toString().split('\r\n')[0] ?? '');
        socket.destroy();
      }),
    );
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const address = proxy.address();
    const port = address === null || typeof address === 'string' ? 0 : address.port;
    const through = (scheme: string) => ({
      job_name: scheme,
      scheme,
      scrape_interval: '1s',
      proxy_url: `http://127.0.0.1:${port}`,
      static_configs: [{ targets: ['198.51.100.1:9187'] }],
    });
    await configure(through('http'), through('https'));
    await agent.reload();
    await until(() => new Set(asked).size >= 2);
    proxy.close();
    await configure();
    await agent.reload();
    expect([...new Set(asked)].sort()).toEqual([
      'CONNECT 198.51.100.1:9187 HTTP/1.1',
      'GET http://198.51.100.1:9187/metrics HTTP/1.1',
    ]);
  });

  test('is not given what would leave the loopback, and goes on with what it has', async () => {
    await configure(scrape('1s'));
    await agent.reload();
    await configure({ ...scrape('1s'), static_configs: [{ targets: ['198.51.100.1:9187'] }] });
    await expect(agent.reload()).rejects.toThrow('it reads 198.51.100.1:9187');
    expect(await agent.targets()).toHaveLength(1);
  });

  test('does not start with a configuration that it refuses', async () => {
    const bad = join(folder.path, 'bad.yaml');
    await writeFile(bad, JSON.stringify({ scrape_configs: [scrape('1M')] }));
    const starting = startVmagent({ configFile: bad, writeTo: `${store.url}/api/v1/write` });
    await expect(starting).rejects.toThrow(
      /^vmagent ended with exit code .*cannot parse duration "1M"/s,
    );
  });
});
