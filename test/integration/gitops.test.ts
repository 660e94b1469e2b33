import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as v from 'valibot';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { routes } from '../../src/admission/index.ts';
import { builtInCatalogue } from '../../src/catalogue/index.ts';
import { defaultRegistration, registration } from '../../src/registration/index.ts';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { webhookCounts } from '../support/admission-metrics.ts';
import { type Autoscrape, startAutoscrape } from '../support/autoscrape.ts';
import { makeNamespace } from '../support/control-plane.ts';
import { type Kubectl, kubectl } from '../support/kubectl.ts';
import { fixtures } from '../support/objects.ts';
import { until } from '../support/processes.ts';
import { well } from '../support/program.ts';
import { register } from '../support/registered.ts';

/**
 * What docs/gitops.md says. Argo CD compares as `kubectl diff` does, or as `kubectl diff --server-side`; Flux as the
 * latter: a server-side apply as a dry run, with the live object. Here kubectl does it, under the names of their field
 * managers.
 */
const root = join(import.meta.dirname, '../..');
const handmade = join(fixtures, 'draft/handmade.yaml');
const ways = [
  ['Argo CD by default', []],
  ['Argo CD with ServerSideDiff', ['--server-side', '--field-manager=argocd-controller']],
  ['Flux', ['--server-side', '--field-manager=kustomize-controller', '--force-conflicts']],
] as const;

let plane: ControlPlane;
let run: Kubectl;
let autoscrape: Autoscrape | undefined;

beforeAll(async () => {
  plane = await startControlPlane({ label: 'gitops', controllerManager: false, audit: false });
  run = await kubectl(plane.kubeconfig, plane.folder);
  await well(run(['apply', '-f', join(fixtures, '../crds/vmservicescrape.yaml')]));
}, 120_000);

afterAll(async () => {
  await autoscrape?.stop();
  await plane?.stop();
});

const none = { code: 0, stdout: '', stderr: '' };

describe.each(ways)('autoscrape itself, applied by %s', (_name, how) => {
  test.each(['self-managed', 'cert-manager'])(
    'does not show the CA in its registrations, and keeps it: %s',
    async (overlay) => {
      const { stdout } = await well(
        run(['kustomize', join(root, `deploy/kustomize/overlays/${overlay}`)]),
      );
      const manifests = stdout
        .split(/^---$/m)
        .filter((text) => /^kind: (?:Mutating|Validating)Webhook/m.test(text))
        .join('---\n');
      const apply = ['apply', ...how, '-f', '-'];
      await well(run(apply, { stdin: manifests }));
      // As autoscrape and as cert-manager's injector do it: that field alone, under a name of their own.
      const caBundle = Buffer.from(plane.ca).toString('base64');
      const names = await registered('name');
      const injected = {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'MutatingWebhookConfiguration',
        metadata: { name: 'autoscrape' },
        webhooks: names.map((name) => ({ name, clientConfig: { caBundle } })),
      };
      const injecting = [
        'apply',
        '--server-side',
        '--field-manager=autoscrape-certificates',
        '-f',
        '-',
      ];
      await well(run(injecting, { stdin: stringify(injected) }));
      expect(await run(['diff', ...how, '-f', '-'], { stdin: manifests })).toEqual(none);
      await well(run(apply, { stdin: manifests }));
      expect(await registered('clientConfig.caBundle')).toEqual(names.map(() => caBundle));
      await well(run(['delete', '-f', '-'], { stdin: manifests }));
    },
    60_000,
  );
});

describe('components', () => {
  /** By the way that it was applied. */
  const namespaces = new Map<string, string>();

  beforeAll(async () => {
    // Its Lease needs a namespace that is there.
    autoscrape = await startAutoscrape(plane.kubeconfig, ['--kubernetes-namespace=default']);
    const { url, ca: caBundle } = autoscrape;
    const options = { ...defaultRegistration, reach: { url }, caBundle };
    const called = async () => (await webhookCounts(plane, routes.strong.webhook)).requests > 0;
    await register(plane, registration(builtInCatalogue(), options), called);
    for (const [name, how] of ways) {
      const namespace = await makeNamespace(plane, 'gitops');
      namespaces.set(name, namespace);
      await well(run(['apply', ...how, '-n', namespace, '-f', '-'], { stdin: await tracked() }));
    }
  }, 120_000);

  const ports = async (namespace: string) => {
    const path = '-o=jsonpath={.spec.ports[*].name}';
    return (await well(run(['get', 'service', 'hand-gateway', '-n', namespace, path]))).stdout;
  };

  test.each(ways)(
    'show nothing of what was added, and keep it at each sync: %s',
    async (name, how) => {
      const namespace = namespaces.get(name) ?? '';
      const file = ['-n', namespace, '-f', '-'];
      const stdin = await tracked();
      expect(await run(['diff', ...how, ...file], { stdin })).toEqual(none);
      await well(run(['apply', ...how, ...file], { stdin }));
      expect(await ports(namespace)).toBe('port-5432 http');
      // What is really another one is seen.
      const changed = stdin.replace('multigateway:v0.1.0', 'multigateway:v0.2.0');
      expect((await run(['diff', ...how, ...file], { stdin: changed })).code).toBe(1);
    },
  );

  test('have scrapes that no tracker takes for its own', async () => {
    for (const namespace of namespaces.values()) {
      const scrapes = async () => {
        const get = run(['get', 'vmservicescrapes', '-n', namespace, '-o=json']);
        return v.parse(scrapesSchema, JSON.parse((await well(get)).stdout)).items;
      };
      await until(async () => (await scrapes()).length >= 3);
      const of = (service: string, component: string) => ({
        name: `${service}-metrics`,
        labels: {
          'app.kubernetes.io/managed-by': 'autoscrape',
          'app.kubernetes.io/part-of': 'multigres',
          'app.kubernetes.io/component': component,
        },
        annotations: { 'autoscrape.multigres.com/service': service },
      });
      expect((await scrapes()).map(({ metadata }) => metadata)).toEqual([
        of('hand-etcd', 'etcd'),
        of('hand-gateway', 'multigateway'),
        of('hand-pooler', 'multipooler'),
      ]);
    }
  });

  test.each(ways)('do so too while autoscrape is away: %s', async (name, how) => {
    await autoscrape?.stop();
    const namespace = namespaces.get(name) ?? '';
    const file = ['-n', namespace, '-f', '-'];
    const stdin = await tracked();
    expect(await run(['diff', ...how, ...file], { stdin })).toEqual(none);
    await well(run(['apply', ...how, ...file], { stdin }));
    expect(await ports(namespace)).toBe('port-5432 http');
  });
});

test('every field that was ever added to a test object has a rule in docs/gitops.md', async () => {
  const snapshot = await readFile(
    join(import.meta.dirname, '__snapshots__/kubectl.test.ts.snap'),
    'utf8',
  );
  const added = new Set(
    [...snapshot.matchAll(/"(\/(?:metadata|spec)\/\S+) = /g)].map(([, path]) => path),
  );
  const page = await readFile(join(root, 'docs/gitops.md'), 'utf8');
  const blocks = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => parse(text));
  const { spec } = v.parse(
    rulesSchema,
    blocks.find((block) => block.spec?.ignoreDifferences !== undefined),
  );
  const pointers = new Set(spec.ignoreDifferences.flatMap(({ jsonPointers }) => jsonPointers));
  // Those of lists are jq's.
  const lists = /^\/spec\/(?:template\/spec\/containers\/\d+\/)?ports(?:\/|$)/;
  expect([...added].filter((path = '') => !pointers.has(path) && !lists.test(path))).toEqual([]);
  expect(added.size).toBeGreaterThan(5);
});

const scrapesSchema = v.object({
  items: v.array(
    v.object({
      metadata: v.object({
        name: v.string(),
        labels: v.record(v.string(), v.string()),
        annotations: v.record(v.string(), v.string()),
      }),
    }),
  ),
});

const rulesSchema = v.object({
  spec: v.object({
    ignoreDifferences: v.array(v.object({ kind: v.string(), jsonPointers: v.array(v.string()) })),
  }),
});

/** Handmade components, as both tools mark what they apply. */
async function tracked(): Promise<string> {
  const marks = {
    labels: { 'kustomize.toolkit.fluxcd.io/name': 'shop', 'argocd.argoproj.io/instance': 'shop' },
    annotations: { 'argocd.argoproj.io/tracking-id': 'shop:/Service:default/any' },
  };
  const objects = parseAllDocuments(await readFile(handmade, 'utf8')).map((document) => {
    const { metadata, ...rest } = Object(document.toJS());
    const labels = { ...metadata.labels, ...marks.labels };
    return { ...rest, metadata: { ...metadata, labels, annotations: marks.annotations } };
  });
  return objects.map((object) => stringify(object)).join('---\n');
}

/** A field of each mutating webhook of ours that is registered. */
async function registered(field: string): Promise<string[]> {
  const path = `-o=jsonpath={.webhooks[*].${field}}`;
  const { stdout } = await well(run(['get', 'mutatingwebhookconfiguration/autoscrape', path]));
  return stdout.split(' ');
}
