import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { explainCommand } from '../../src/commands/explain.ts';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { runCommand } from '../support/command.ts';
import { api, makeNamespace } from '../support/control-plane.ts';
import { defineResources } from '../support/reconciling.ts';

/** `explain` of what is in a cluster. */
let plane: ControlPlane;
let namespace: string;

beforeAll(async () => {
  plane = await startControlPlane({ label: 'explain', controllerManager: false, audit: false });
  await defineResources(plane, 'vmservicescrape.yaml');
  namespace = await makeNamespace(plane, 'shop');
  const labels = {
    'app.kubernetes.io/part-of': 'multigres',
    'app.kubernetes.io/component': 'etcd',
  };
  await api(plane, 'POST', `/api/v1/namespaces/${namespace}/services`, {
    body: {
      metadata: { name: 'topo', labels },
      spec: { selector: labels, ports: [{ name: 'client', port: 2379 }] },
    },
  });
  await api(
    plane,
    'POST',
    `/apis/operator.victoriametrics.com/v1beta1/namespaces/${namespace}/vmservicescrapes`,
    {
      body: {
        apiVersion: 'operator.victoriametrics.com/v1beta1',
        kind: 'VMServiceScrape',
        metadata: { name: 'topo' },
        spec: { selector: { matchLabels: labels }, endpoints: [{ port: 'client' }] },
      },
    },
  );
}, 120_000);
afterAll(() => plane?.stop());

const explain = (...args: string[]) =>
  runCommand('explain', explainCommand, [...args, '--kubeconfig', plane.kubeconfig]);

test('explains a Service of the cluster, with the scrape that reads it', async () => {
  const { code, out, err } = await explain('service/topo', '-n', namespace);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toContain(`Service ${namespace}/topo`);
  expect(out).toContain('labelled as part of the database, component etcd');
  expect(out).toMatch(/So etcd is covered\n +read once, by scrape topo through Service topo\n$/);
});

test('says what is not there, and what was probably meant', async () => {
  expect(await explain('svc/top', '-n', namespace)).toEqual({
    code: 2,
    out: '',
    err: `there is no Service ${namespace}/top in the cluster; did you mean topo?\n`,
  });
  expect(await explain('svc/topo', '-n', 'nowhere')).toEqual({
    code: 2,
    out: '',
    err: 'there is no namespace nowhere\n',
  });
});
