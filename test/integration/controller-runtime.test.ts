import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Definition, definitions, prometheusName } from '../../src/telemetry/index.ts';
import { findBinaries } from '../../tools/binaries.ts';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { request } from '../../tools/http.ts';
import { freePorts, type Running, ready, start } from '../../tools/processes.ts';
import { api, makeNamespace } from '../support/control-plane.ts';
import { type PageSample, samplesOf } from '../support/metrics-page.ts';
import { fixtures, readObjects } from '../support/objects.ts';
import { serveScrapes } from '../support/telemetry-roads.ts';

/** What has a name of controller-runtime. */
const shared = Object.values(definitions).filter(({ name }) =>
  /^(?:workqueue|controller_runtime|rest_client)_/.test(name),
);

/** A controller written with controller-runtime: the one that benchmarks compare with. */
let controller: Running;
let plane: ControlPlane;
let samples: PageSample[];

beforeAll(async () => {
  const [pathOf, [port = 0], started] = await Promise.all([
    findBinaries(['peer-controller']),
    freePorts(1),
    startControlPlane({ label: 'controller-runtime', controllerManager: false, audit: false }),
  ]);
  plane = started;
  await serveScrapes(plane);
  const namespace = await makeNamespace(plane, 'shop');
  for (const object of await readObjects(join(fixtures, 'draft/multigateway.yaml'))) {
    if (object.kind !== 'Service') continue;
    const body = { ...object, metadata: { ...object.metadata, namespace } };
    await api(plane, 'POST', `/api/v1/namespaces/${namespace}/services`, { body });
  }
  const address = `127.0.0.1:${port}`;
  controller = await start({
    name: 'controller',
    program: pathOf('peer-controller'),
    args: [`-config=${plane.kubeconfig}`, `-metrics=${address}`],
    log: join(plane.folder, 'controller.log'),
  });
  await ready(controller, {
    probe: async () => {
      samples = samplesOf((await request(`http://${address}/metrics`)).body);
      // Some of its series come when it has looked at something.
      return shared.every((definition) => sampleOf(definition) !== undefined);
    },
    timeout: 60_000,
  });
}, 600_000);

afterAll(async () => {
  await controller?.stop();
  await plane?.stop();
});

test('there are metrics with names of controller-runtime', () => {
  expect(shared.length).toBeGreaterThanOrEqual(8);
});

test.each(shared.map((definition) => [prometheusName(definition), definition] as const))(
  '%s has the labels that controller-runtime gives it',
  (_name, definition) => {
    const labels = sampleOf(definition)?.labels ?? {};
    expect(Object.keys(labels).sort()).toEqual([...definition.labels].sort());
  },
);

/** A sample of the controller's metric of that name; of a histogram one of its counts. */
function sampleOf(definition: Definition): PageSample | undefined {
  const name = prometheusName(definition);
  const wanted = definition.kind === 'histogram' ? `${name}_count` : name;
  return samples.find((sample) => sample.name === wanted);
}

test('the values of labels are its own too', () => {
  const valuesOf = (name: string, label: string) =>
    [
      ...new Set(samples.filter((one) => one.name === name).map(({ labels }) => labels[label])),
    ].sort();
  expect(valuesOf('controller_runtime_reconcile_total', 'result')).toEqual([
    'error',
    'requeue',
    'requeue_after',
    'success',
  ]);
  // Of what was there at the start; 0 is that of what changes.
  expect(['-100', '0']).toEqual(expect.arrayContaining(valuesOf('workqueue_depth', 'priority')));
  expect(valuesOf('workqueue_depth', 'name')).toEqual(valuesOf('workqueue_depth', 'controller'));
});
