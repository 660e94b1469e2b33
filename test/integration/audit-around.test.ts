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
  for (const name of ['shop', 'monitoring']) await done(['create', 'namespace', name]);
  await done(['create', '-f', '-'], objects.map((one) => stringify(one)).join('---\n'));
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
    expect({ code, codes }).toEqual({ code: 0, codes: [noSecret, noAgent] });
    expect(err).not.toContain('vmagents');
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
    expect({ code, codes }).toEqual({ code: 0, codes: [noSecret, noAgent] });
    expect(err).toMatch(/vmagents can't be read: .*forbidden/i);
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
  const token = (await done(['create', 'token', 'auditor', '-n', 'shop'])).trim();
  const config = parse(await readFile(plane.kubeconfig, 'utf8'));
  const [user] = config.users;
  const file = join(plane.folder, 'auditor.kubeconfig');
  await writeFile(file, stringify({ ...config, users: [{ name: user.name, user: { token } }] }));
  return file;
}
