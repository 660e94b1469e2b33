import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { auditCommand } from '../../src/commands/audit.ts';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { runCommand } from '../support/command.ts';
import { type Kubectl, kubectl } from '../support/kubectl.ts';
import { fixtures } from '../support/objects.ts';
import { until } from '../support/processes.ts';

/**
 * What is around scrapes, in a live cluster: agents are read where the cluster has them and the caller may, and
 * nothing is concluded where not.
 */
let plane: ControlPlane;
let run: Kubectl;

const group = 'operator.victoriametrics.com';

/** As much of the resource as an API server needs to keep its objects whole. */
const agents = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `vmagents.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: { kind: 'VMAgent', plural: 'vmagents', singular: 'vmagent' },
    versions: [
      {
        name: 'v1beta1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
    ],
  },
};

const objects = [
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' } },
    spec: { clusterIP: 'None', selector: { app: 'web' }, ports: [{ name: 'metrics', port: 9090 }] },
  },
  {
    apiVersion: `${group}/v1beta1`,
    kind: 'VMServiceScrape',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      endpoints: [{ port: 'metrics', basicAuth: { password: { name: 'creds', key: 'password' } } }],
    },
  },
];

/** An etcd in a namespace of its own, which a scrape of another one reads. */
const topo = { 'app.kubernetes.io/part-of': 'multigres', 'app.kubernetes.io/component': 'etcd' };
const etcd = [
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'topo', namespace: 'base', labels: { ...topo, watch: 'topo' } },
    spec: { clusterIP: 'None', selector: topo, ports: [{ name: 'client', port: 2379 }] },
  },
  {
    apiVersion: `${group}/v1beta1`,
    kind: 'VMServiceScrape',
    metadata: { name: 'topo', namespace: 'monitoring' },
    spec: {
      selector: { matchLabels: { watch: 'topo' } },
      namespaceSelector: { matchNames: ['base'] },
      endpoints: [{ port: 'client' }],
    },
  },
];

const agent = {
  apiVersion: `${group}/v1beta1`,
  kind: 'VMAgent',
  metadata: { name: 'main', namespace: 'monitoring' },
  spec: { remoteWrite: [{ url: 'http://vmsingle' }] },
};

beforeAll(async () => {
  plane = await startControlPlane({ label: 'audit-around', controllerManager: false });
  run = await kubectl(plane.kubeconfig, plane.folder);
  await done(['apply', '-f', join(fixtures, '../crds/vmservicescrape.yaml')]);
  await done(['wait', '--for=condition=Established', `crd/vmservicescrapes.${group}`]);
  for (const name of ['shop', 'monitoring', 'base']) await done(['create', 'namespace', name]);
  await done(
    ['create', '-f', '-'],
    [...objects, ...etcd].map((one) => stringify(one)).join('---\n'),
  );
}, 120_000);

afterAll(() => plane?.stop());

async function done(args: readonly string[], stdin = ''): Promise<string> {
  const { code, stdout, stderr } = await run(args, { stdin });
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
  return stdout;
}

interface Audited {
  readonly code: number;
  readonly codes: readonly string[];
  readonly err: string;
}

async function audit(kubeconfig: string): Promise<Audited> {
  const flags = ['--kubernetes-kubeconfig', kubeconfig, '-n', 'shop', '-o', 'json'];
  const { code, out, err } = await runCommand('audit', auditCommand, flags);
  const { findings } = JSON.parse(out);
  return {
    code,
    codes: findings.map(
      ({ code: one, message }: { code: string; message: string }) =>
        `${one}: ${message.replace(/,? so that .*|: .*/, '')}`,
    ),
    err,
  };
}

const noAgent = 'incomplete-input: there is no VMAgent that scrapes in the input';
const noSecret = 'incomplete-input: there is no Secret of its namespace in the input';

describe('an audit of a live cluster', () => {
  test('without the kind VMAgent is incomplete, and goes on', async () => {
    const { code, codes, err } = await audit(plane.kubeconfig);
    expect({ code, codes }).toEqual({ code: 1, codes: [noSecret, noAgent] });
    expect(err).toContain('no component was found: The cluster at ');
    expect(err).not.toContain("vmagents can't be read");
  });

  test('reads agents of every namespace, and no Secret', async () => {
    await done(['apply', '-f', '-'], stringify(agents));
    await done(['wait', '--for=condition=Established', `crd/vmagents.${group}`]);
    await until(async () => (await run(['get', 'vmagents', '-A'])).code === 0);
    await done(['create', '-f', '-'], stringify(agent));
    await done(['create', 'secret', 'generic', 'unrelated', '-n', 'shop']);
    const { codes, err } = await audit(plane.kubeconfig);
    expect(codes).toEqual([noSecret, 'not-selected: no agent takes it']);
    expect(err).toContain('read 1 vmagents\n');
    expect(err).not.toContain('secrets');
  });

  test('by who may not list agents says so, and claims nothing of them', async () => {
    const kubeconfig = await restricted();
    const { code, codes, err } = await audit(kubeconfig);
    expect({ code, codes }).toEqual({ code: 1, codes: [noSecret, noAgent] });
    expect(err).toMatch(/vmagents can't be read: .*forbidden/i);
  });

  test('of one namespace counts what reads it from another one, and says where it could not look', async () => {
    const states = async (kubeconfig: string) => {
      const flags = ['--kubernetes-kubeconfig', kubeconfig, '-n', 'base', '-o', 'json'];
      const { code, out, err } = await runCommand('audit', auditCommand, flags);
      const { coverage } = JSON.parse(out);
      return {
        code,
        err,
        states: coverage.map(({ state, because }: { state: string; because: string }) => [
          state,
          because,
        ]),
      };
    };
    const taking = { ...agent.spec, selectAllByDefault: true };
    await done(['apply', '-f', '-'], stringify({ ...agent, spec: taking }));
    expect(await states(plane.kubeconfig)).toMatchObject({
      code: 0,
      states: [['covered', 'read once, by scrape monitoring/topo through Service topo']],
    });
    await done(['create', 'role', 'here', '-n', 'base', '--verb=get,list', '--resource=*.*']);
    await done(['create', 'serviceaccount', 'narrow', '-n', 'base']);
    await done([
      'create',
      'rolebinding',
      'here',
      '-n',
      'base',
      '--role=here',
      '--serviceaccount=base:narrow',
    ]);
    const narrow = await states(await kubeconfigOf('base', 'narrow'));
    expect(narrow.states).toEqual([
      ['unknown', 'whether a scrape of another namespace reads it is not known'],
    ]);
    expect(narrow.err).toMatch(
      /vmservicescrapes of other namespaces can't be read: .*; one of them may matter here/,
    );
  });

  test('of a namespace that is not there says that', async () => {
    const flags = ['--kubernetes-kubeconfig', plane.kubeconfig, '-n', 'nope'];
    const { code, out, err } = await runCommand('audit', auditCommand, flags);
    expect({ code, out, last: err.split('\n').at(-2) }).toEqual({
      code: 2,
      out: '',
      last: 'there is no namespace nope',
    });
  });
});

/** A kubeconfig of somebody who may read everything that an audit needs but agents. */
async function restricted(): Promise<string> {
  await done(['create', 'serviceaccount', 'auditor', '-n', 'shop']);
  const resources = [
    'namespaces,services,pods',
    'statefulsets.apps,deployments.apps',
    `vmservicescrapes.${group}`,
  ].join(',');
  await done(['create', 'clusterrole', 'auditor', '--verb=get,list', `--resource=${resources}`]);
  await done([
    'create',
    'clusterrolebinding',
    'auditor',
    '--clusterrole=auditor',
    '--serviceaccount=shop:auditor',
  ]);
  return kubeconfigOf('shop', 'auditor');
}

async function kubeconfigOf(namespace: string, account: string): Promise<string> {
  const token = (await done(['create', 'token', account, '-n', namespace])).trim();
  const config = parse(await readFile(plane.kubeconfig, 'utf8'));
  const [user] = config.users;
  const file = join(plane.folder, `${account}.kubeconfig`);
  await writeFile(file, stringify({ ...config, users: [{ name: user.name, user: { token } }] }));
  return file;
}
