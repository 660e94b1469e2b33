import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { scrapeFindings } from '../../../../src/findings/scrapes/scrape.ts';
import { parseObject, type Service } from '../../../../src/kubernetes/index.ts';
import { readingsOf } from '../../../../src/reading/matcher.ts';
import { fixtures, readFolder, realObjects } from '../../../support/objects.ts';
import { inventoryOf, scrape } from '../../inventory/build.ts';

/** Every folder of objects that there is: the project's own, and dumps of real clusters where they lie beside it. */
const folders = [fixtures, ...(realObjects === undefined ? [] : [realObjects])].flatMap((root) =>
  readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => [entry.name, join(root, entry.name)] as const),
);

async function inventoryOfFolder(folder: string) {
  const objects = await readFolder(folder);
  return inventoryOf(...objects.map(parseObject).filter((one) => one !== undefined));
}

/** One careful scrape of a Service's port: its own labels, its own name, and the port by name or number. */
function careful(service: Service, port: string) {
  return scrape(
    'careful',
    {
      selector: { matchLabels: service.labels },
      endpoints: [
        {
          port,
          path: '/metrics',
          interval: '30s',
          relabelConfigs: [
            {
              action: 'keep',
              sourceLabels: ['__meta_kubernetes_service_name'],
              regex: service.name,
            },
          ],
        },
      ],
    },
    { namespace: service.namespace },
  );
}

describe.each(folders)('of the objects in %s', (_, folder) => {
  test('a careful scrape of any Service port has no warning, and reads it', async () => {
    const inventory = await inventoryOfFolder(folder);
    const wrong: unknown[] = [];
    for (const service of inventory.services()) {
      if (Object.keys(service.labels).length === 0) continue;
      for (const port of service.ports) {
        if (port.name === '') continue;
        const one = careful(service, port.name);
        const found = scrapeFindings(one, inventory).filter(({ severity }) => severity !== 'info');
        const readings = readingsOf(one, inventory);
        const elsewhere = readings.filter((reading) => reading.service.name !== service.name);
        if (found.length > 0 || elsewhere.length > 0) wrong.push([service.name, port.name, found]);
        expect(inventory.scrapesSelecting(service)).toEqual(
          [...inventory.scrapes()].filter((each) =>
            inventory.servicesSelectedBy(each).includes(service),
          ),
        );
      }
    }
    expect(wrong).toEqual([]);
  });
});

test.each(folders)('every index finds what a walk over %s finds', async (_, folder) => {
  const inventory = await inventoryOfFolder(folder);
  for (const service of inventory.services()) {
    const { selector, namespace } = service;
    const entries = Object.entries(selector ?? {});
    const selected = [...inventory.pods(namespace)].filter(
      (pod) => entries.length > 0 && entries.every(([key, value]) => pod.labels[key] === value),
    );
    const ended = ['Succeeded', 'Failed'];
    expect(inventory.podsBehind(service).map((pod) => pod.name)).toEqual(
      selected
        .filter((pod) => !ended.includes(pod.phase))
        .map((pod) => pod.name)
        .sort(),
    );
    for (const pod of selected) {
      expect(inventory.servicesSelecting(namespace, pod.labels)).toContain(service);
    }
  }
});
