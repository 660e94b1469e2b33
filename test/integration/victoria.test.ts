import { writeFile } from 'node:fs/promises';
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

  test('does not start with a configuration that it refuses', async () => {
    const bad = join(folder.path, 'bad.yaml');
    await writeFile(bad, JSON.stringify({ scrape_configs: [scrape('1M')] }));
    const starting = startVmagent({ configFile: bad, writeTo: `${store.url}/api/v1/write` });
    await expect(starting).rejects.toThrow(
      /^vmagent ended with exit code .*cannot parse duration "1M"/s,
    );
  });
});
