import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { yamlText } from '../../../src/report/index.ts';
import { admittedFiles } from '../../../src/review/index.ts';
import { fixtures, realObjects } from '../../support/objects.ts';
import { fileOf, readFiles, reviewOf } from '../../support/review.ts';

const dialects = (await readdir(fixtures)).toSorted();

describe.each(dialects)('the objects of %s', (dialect) => {
  test('as admitted, get nothing more', async () => {
    const input = await readFiles(`${fixtures}/${dialect}`);
    const stream = yamlText(admittedFiles(input, reviewOf(input).objects));
    const again = reviewOf([fileOf(stream)]);
    expect(again.objects.filter((object) => object.patch.length > 0)).toEqual([]);
    expect(yamlText(admittedFiles([fileOf(stream)], again.objects))).toBe(stream);
  });

  test('lose no line but those that additions stand on', async () => {
    const input = await readFiles(`${fixtures}/${dialect}`);
    for (const { before, after } of admittedFiles(input, reviewOf(input).objects)) {
      const lines = after.split('\n');
      for (const line of before.split('\n')) {
        // What ends in a flow collection may get an addition in it, and an alias is written out.
        if (/[}\]]\s*$|\*\w+/.test(line)) continue;
        expect(lines).toContain(line);
      }
    }
  });

  test('get each scrape once, whatever the order of the files', async () => {
    const input = await readFiles(`${fixtures}/${dialect}`);
    const { scrapes, coverage } = reviewOf(input);
    expect(reviewOf(input.toReversed()).scrapes).toEqual(scrapes);
    expect(reviewOf(input.toReversed()).coverage).toEqual(coverage);
    expect(coverage.filter(({ state }) => state === 'duplicated')).toEqual([]);
  });
});

test('foreign objects stay byte for byte', async () => {
  const input = await readFiles(`${fixtures}/foreign`);
  const { objects: reviewed, scrapes, coverage, findings } = reviewOf(input);
  expect(reviewed.length).toBeGreaterThan(20);
  expect(reviewed.filter((object) => object.component !== '')).toEqual([]);
  expect({ scrapes, coverage, findings }).toEqual({ scrapes: [], coverage: [], findings: [] });
  for (const { before, after } of admittedFiles(input, reviewed)) expect(after).toBe(before);
});

const toCluster =
  'to make it send metrics set spec.observability.metricsExporter=otlp with otlpEndpoint (or otlpMetricsEndpoint) of the MultigresCluster';

if (realObjects === undefined) {
  console.log('../shared/objects is not there: its objects are not tried');
} else {
  const folder = realObjects;

  describe('the objects of the operator of today', () => {
    const review = readFiles(join(folder, 'today')).then((input) => reviewOf(input));

    test('are recognised, each Service by its own component', async () => {
      const { objects } = await review;
      const services = objects.filter((object) => object.ref.kind === 'Service');
      const wrong = services.filter(
        ({ ref, component }) => component !== componentByName(ref.name),
      );
      expect(services).toHaveLength(37);
      expect(wrong.map(({ ref, component }) => [ref.name, component])).toEqual([]);
    });

    test('need nothing added', async () => {
      const { objects } = await review;
      expect(objects.filter((object) => object.patch.length > 0)).toEqual([]);
    });

    test('are each covered once, or silent with the setting that changes it, or with the word that none does', async () => {
      const { coverage } = await review;
      const states = new Set(
        coverage.map(({ component, state, because }) => [component, state, because].join(': ')),
      );
      const told = [...states].map((text) =>
        text.replace(/read once, by our scrape \S+ through Service \S+$/, 'read once'),
      );
      const unset = `OTEL_METRICS_EXPORTER is not otlp in its containers; ${toCluster}`;
      expect([...new Set(told)].toSorted()).toEqual([
        'etcd: covered: read once',
        'multiadmin-web: silent: it exposes no metrics, and no setting would change that',
        `multiadmin: silent: ${unset}`,
        `multigateway: silent: ${unset}`,
        `multiorch: silent: ${unset}`,
        `multipooler: silent: ${unset}`,
        'postgres-exporter: covered: read once',
      ]);
    });

    test('get one scrape for each etcd and each pool, through the headless Service', async () => {
      const { scrapes } = await review;
      expect(scrapes.map(({ service, component }) => [component, service])).toEqual([
        ['etcd', 'ext-etcd-zone-b-isolated-30635d5a-topo-2af76d55-headless'],
        ['etcd', 'inline-global-topo-headless'],
        ['postgres-exporter', 'inline-postgres-default-0-inf-pool-main-z1-headless-46b78f61'],
        ['etcd', 'minimal-global-topo-headless'],
        ['postgres-exporter', 'minimal-postgres-default-0-inf-pool-default-zone-a-h---22cdf02c'],
        ['etcd', 'overrides-cluster-global-topo-headless'],
        ['postgres-exporter', 'overrides-cluster-postgres-default-0-inf-pool-analyt---24840488'],
        ['postgres-exporter', 'overrides-cluster-postgres-default-0-inf-pool-main-a---52687e4f'],
      ]);
    });

    test('are found nothing wrong with; that some send nothing and that pools carry annotations is told', async () => {
      const { findings } = await review;
      expect([...new Set(findings.map(({ severity, code }) => `${severity} ${code}`))]).toEqual([
        'info component-silent',
        'info annotated-pods',
      ]);
    });
  });

  describe('the objects of the operator of November 2025', () => {
    const review = readFiles(join(folder, '2025-11')).then((input) => reviewOf(input));

    test('are recognised by what they are now, also where two resources fight over one', async () => {
      const { objects } = await review;
      const services = objects.filter((object) => object.ref.kind === 'Service');
      expect(services.map(({ ref, component }) => [ref.namespace, ref.name, component])).toEqual([
        ['multigres-distinct', 'sample-etcd-headless', 'etcd'],
        ['multigres-distinct', 'sample-etcd', 'etcd'],
        ['multigres-distinct', 'sample-gateway', 'multigateway'],
        ['multigres-sample', 'sample-headless', 'etcd'],
        ['multigres-sample', 'sample', 'multigateway'],
      ]);
    });

    test('are each covered once, or silent', async () => {
      const { coverage, scrapes, findings } = await review;
      expect(coverage.map(({ workload, state, scrape }) => [workload, state, scrape])).toEqual([
        ['Deployment/sample-gateway', 'silent', ''],
        ['StatefulSet/sample-etcd', 'covered', 'sample-etcd-etcd-metrics'],
        ['Deployment/sample', 'silent', ''],
        ['StatefulSet/sample', 'covered', 'sample-etcd-metrics'],
      ]);
      expect(scrapes.map(({ name, service }) => [name, service])).toEqual([
        ['sample-etcd-etcd-metrics', 'sample-etcd-headless'],
        ['sample-etcd-metrics', 'sample-headless'],
      ]);
      expect(findings.map(({ code, message }) => `${code}: ${message}`)).toEqual([
        'component-silent: multigateway sends no metrics as configured',
        'component-silent: multigateway sends no metrics as configured',
      ]);
    });
  });

  test('a dump without Services is incomplete, and says which components push', async () => {
    const { coverage, findings } = reviewOf(await readFiles(join(folder, 'today-observability')));
    expect(coverage.map(({ component, state }) => `${component} ${state}`)).toEqual([
      'multiadmin pushed',
      'multiadmin-web silent',
      'multiorch pushed',
      'multigateway pushed',
      'multipooler pushed',
    ]);
    expect(findings.map(({ code, severity }) => `${severity} ${code}`)).toEqual([
      'info incomplete-input',
    ]);
  });

  test('what admission stores of any of them is what was there', async () => {
    for (const name of ['today', '2025-11', 'today-observability']) {
      const input = await readFiles(join(folder, name));
      const files = admittedFiles(input, reviewOf(input).objects);
      expect(yamlText(files.slice(0, 1))).toBe(files[0]?.before);
      for (const { before, after } of files) expect(after).toBe(before);
    }
  });
}

/** What a Service's name says of it; an etcd that the user runs is none of the database's components. */
function componentByName(name: string): string {
  if (name === 'external-etcd-service') return '';
  if (/-topo(?:-|$)/.test(name)) return 'etcd';
  if (/-pool-/.test(name)) return 'multipooler';
  const known = ['multiadmin-web', 'multiadmin', 'multigateway', 'multiorch'];
  return known.find((component) => name.includes(component)) ?? '?';
}
