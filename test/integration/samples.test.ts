import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as v from 'valibot';
import { parseAllDocuments } from 'yaml';
import { reviewCommand } from '../../src/commands/review.ts';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { runCommand } from '../support/command.ts';
import { api, sharedControlPlane } from '../support/control-plane.ts';
import { kubectl } from '../support/kubectl.ts';

const root = join(import.meta.dirname, '../..');
const samples = join(root, 'deploy/samples');
const group = 'operator.victoriametrics.com';
const plurals: Readonly<Record<string, string>> = {
  VMAgent: 'vmagents',
  VMCluster: 'vmclusters',
  VMRule: 'vmrules',
  VMServiceScrape: 'vmservicescrapes',
  VMSingle: 'vmsingles',
};

/** What a sample is, and in which file. */
interface Sample {
  readonly file: string;
  readonly object: Readonly<Record<string, unknown>>;
}

const crds = join(root, '../shared/crds/victoriametrics-operator');
// Beside the project only where it is developed: the definitions of the operator, as it publishes them.
const there = existsSync(crds) ? describe : describe.skip;

there.each(['v0.40.0', 'v0.48.3', 'v0.74.1'])(
  'the samples and the VictoriaMetrics operator %s (skipped without ../shared/crds)',
  (release) => {
    let plane: ControlPlane;
    let objects: Sample[];

    beforeAll(async () => {
      plane = await startControlPlane({ label: 'samples', controllerManager: false, audit: false });
      const run = await kubectl(plane.kubeconfig, plane.folder);
      const applied = await run(['apply', '--server-side', '-f', join(crds, release)]);
      if (applied.code !== 0) throw new Error(applied.stderr);
      const named = Object.values(plurals).map((plural) => `crd/${plural}.${group}`);
      await run(['wait', '--for=condition=Established', '--timeout=60s', ...named]);
      objects = await samplesOf(group);
    }, 120_000);

    afterAll(() => plane?.stop());

    test('takes each of them as it is, and keeps all of it', async () => {
      for (const { file, object } of objects) {
        // Old definitions add an empty `record` to each alert; nothing may be lost.
        expect({ file, ...(await created(object)) }).toMatchObject({
          file,
          status: 201,
          answer: { spec: object.spec },
        });
      }
    });

    test('would say so if a field were not one of its own', async () => {
      for (const { file, object } of objects) {
        const { status, answer } = await created({
          ...object,
          spec: { ...Object(object.spec), otherwise: true },
        });
        expect({ file, status, said: JSON.stringify(answer) }).toEqual({
          file,
          status: 400,
          said: expect.stringContaining('unknown field \\"spec.otherwise\\"'),
        });
      }
    });

    async function created(object: Sample['object']): Promise<{ status: number; answer: unknown }> {
      const path = `/apis/${group}/v1beta1/namespaces/default/${plurals[String(object.kind)]}`;
      const body = { ...object, metadata: { ...Object(object.metadata), namespace: 'default' } };
      // A new definition is served a moment later.
      for (let tries = 0; ; tries += 1) {
        const answer = await api(plane, 'POST', `${path}?dryRun=All&fieldValidation=Strict`, {
          body,
        });
        if (answer.status !== 404 || tries === 100)
          return { status: answer.status, answer: answer.body };
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  },
);

test('the other objects of the samples are as the API server knows them', async () => {
  const plane = await sharedControlPlane();
  const roles = await samplesOf('rbac.authorization.k8s.io');
  expect(roles.length).toBeGreaterThan(0);
  for (const { file, object } of roles) {
    const path = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings';
    const answer = await api(plane, 'POST', `${path}?dryRun=All&fieldValidation=Strict`, {
      body: object,
    });
    expect({ file, status: answer.status }).toEqual({ file, status: 201 });
  }
});

test('what is kept, and how often, is what the samples promise', async () => {
  const specs = new Map((await samplesOf(group)).map(({ object }) => [object.kind, object.spec]));
  expect(specs.get('VMSingle')).toMatchObject({
    retentionPeriod: '14d',
    storage: { resources: { requests: { storage: '50Gi' } } },
  });
  const volume = { spec: { resources: { requests: { storage: '200Gi' } } } };
  expect(specs.get('VMCluster')).toMatchObject({
    retentionPeriod: '90d',
    replicationFactor: 2,
    vmstorage: { replicaCount: 3, storage: { volumeClaimTemplate: volume } },
    vmselect: { replicaCount: 2 },
    vminsert: { replicaCount: 2 },
  });
});

test('the scrape of autoscrape reads the Service that autoscrape has', async () => {
  const sample = await readFile(join(samples, 'vmservicescrape-autoscrape.yaml'), 'utf8');
  const service = await readFile(join(root, 'deploy/kustomize/base/service.yaml'), 'utf8');
  const codes = async (scrape: string) => {
    // Nothing is said of what is in autoscrape's own namespace.
    const args = ['-f', '-', '--output=json', '--kubernetes-namespace=elsewhere'];
    const { out } = await runCommand('review', reviewCommand, args, {
      input: `${service}---\n${scrape}`,
    });
    return Object(JSON.parse(out)).findings.map(({ code }: { code: string }) => code);
  };
  expect(await codes(sample)).toEqual([]);
  expect(await codes(sample.replace('port: metrics', 'port: metric'))).toEqual(['port-not-found']);
});

/** The objects of an API group in deploy/samples, with the file of each. */
async function samplesOf(apiGroup: string): Promise<Sample[]> {
  const files = (await readdir(samples)).filter((name) => name.endsWith('.yaml')).sort();
  const read = files.map(async (file) =>
    parseAllDocuments(await readFile(join(samples, file), 'utf8')).map((document) => ({
      file,
      object: v.parse(v.record(v.string(), v.unknown()), document.toJS()),
    })),
  );
  return (await Promise.all(read))
    .flat()
    .filter(({ object }) => String(object.apiVersion).startsWith(`${apiGroup}/`));
}
