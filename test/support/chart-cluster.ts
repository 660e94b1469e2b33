import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Document, parseAllDocuments } from 'yaml';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { api } from './control-plane.ts';
import { chart, helm } from './helm.ts';
import { kubectl } from './kubectl.ts';
import { type AnyObject, readObjects } from './objects.ts';
import { until } from './processes.ts';
import { type Program, well } from './program.ts';

const root = join(import.meta.dirname, '../..');

/** Where the chart is rendered for: a namespace that enforces the restricted profile. */
export const namespace = 'autoscrape-system';
/** One that enforces nothing, for pods that can't be restricted. */
const open = 'elsewhere';

/** A real API server with the resources that the chart can make. */
export interface ChartCluster {
  readonly plane: ControlPlane;
  readonly runHelm: Program;
  readonly runKubectl: Program;
  /** The objects of the chart with some values, and one more by its path. */
  rendered(values: object, path?: string, to?: unknown): Promise<AnyObject[]>;
  /** What the API server says against objects, and against the pods that would be made of them: nothing is stored. */
  refused(objects: readonly AnyObject[]): Promise<unknown[]>;
  stop(): Promise<void>;
}

/** Starts one. */
export async function startChartCluster(label: string): Promise<ChartCluster> {
  const plane = await startControlPlane({ label, controllerManager: false, audit: false });
  const [runHelm, runKubectl] = await Promise.all([
    helm(plane.kubeconfig, plane.folder),
    kubectl(plane.kubeconfig, plane.folder),
  ]);
  await well(runKubectl(['apply', '-f', join(root, 'test/fixtures/crds')]));
  const [restricted] = await readObjects(join(root, 'deploy/kustomize/base/namespace.yaml'));
  await api(plane, 'POST', '/api/v1/namespaces', { body: { ...restricted } });
  await api(plane, 'POST', '/api/v1/namespaces', { body: { metadata: { name: open } } });
  const served = async () =>
    (await Promise.all(pathsOfOthers.map((path) => api(plane, 'GET', path)))).every(
      ({ status }) => status === 200,
    );
  await until(served);

  async function rendered(values: object, path?: string, to?: unknown): Promise<AnyObject[]> {
    const document = new Document(values);
    if (path !== undefined) document.setIn(path.split('.'), to);
    const file = join(plane.folder, `values-${randomUUID()}.yaml`);
    // JSON: Helm takes a bare `off` for false, as YAML 1.1 does.
    await writeFile(file, JSON.stringify(document.toJS()));
    const args = ['template', 'autoscrape', chart, '-n', namespace, '-f', file];
    return objectsIn((await well(runHelm(args))).stdout);
  }

  async function refused(objects: readonly AnyObject[]): Promise<unknown[]> {
    const wrong: unknown[] = [];
    const pods = objects.filter(({ kind }) => kind === 'Deployment').map(podOf);
    for (const object of [...objects, ...pods]) {
      const path = `${collectionOf(object)}?dryRun=All&fieldValidation=Strict`;
      const { status, body } = await api(plane, 'POST', path, { body: object });
      // What is in a namespace is taken only where that is there.
      if (object.kind === 'Namespace')
        await api(plane, 'POST', collectionOf(object), { body: object });
      if (status !== 201 && !(object.kind === 'Namespace' && status === 409)) {
        wrong.push([object.kind, object.metadata.name, Object(body).message]);
      }
    }
    return wrong;
  }

  return { plane, runHelm, runKubectl, rendered, refused, stop: () => plane.stop() };
}

/** Collections of resources that a CustomResourceDefinition brings, by kind. */
const others: Readonly<Record<string, string>> = {
  VMServiceScrape: '/apis/operator.victoriametrics.com/v1beta1/{in}vmservicescrapes',
  VMRule: '/apis/operator.victoriametrics.com/v1beta1/{in}vmrules',
  Issuer: '/apis/cert-manager.io/v1/{in}issuers',
  Certificate: '/apis/cert-manager.io/v1/{in}certificates',
};
const pathsOfOthers = Object.values(others).map((path) => path.replace('{in}', ''));

/** The objects of YAML documents. */
export function objectsIn(yaml: string): AnyObject[] {
  return parseAllDocuments(yaml)
    .map((document) => document.toJS())
    .filter((object) => object !== null);
}

/** A pod as a Deployment makes it. */
export function podOf(deployment: AnyObject): AnyObject & { spec: Record<string, unknown> } {
  const { metadata, spec } = Object(deployment.spec).template;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, name: 'pod', namespace: spec.hostNetwork === true ? open : namespace },
    spec,
  };
}

const plurals: Readonly<Record<string, string>> = { NetworkPolicy: 'networkpolicies' };

function collectionOf({ apiVersion, kind, metadata }: AnyObject): string {
  const inside = metadata.namespace === undefined ? '' : `namespaces/${metadata.namespace}/`;
  const known = others[kind];
  if (known !== undefined) return known.replace('{in}', inside);
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return `${group}/${inside}${plurals[kind] ?? `${kind.toLowerCase()}s`}`;
}
