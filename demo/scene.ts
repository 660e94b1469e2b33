import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { type Autoscrape, startAutoscrape } from '../test/support/autoscrape.ts';
import { api } from '../test/support/control-plane.ts';
import { type AnyObject, readFolder } from '../test/support/objects.ts';
import { type ControlPlane, controllers, startControlPlane } from '../tools/control-plane.ts';
import { kubeconfig } from '../tools/identities.ts';
import { type Agent, startAgent } from './agent.ts';
import { install, register } from './installation.ts';
import { type Applier, applier } from './manifests.ts';
import { type Node, startNode } from './node.ts';
import { waitUntil } from './wait.ts';

/**
 * All of the data path, for real: an API server with its controllers, autoscrape registered with it, a node for
 * pods, and an agent that reads them by the stored scrapes. The demo and the e2e tests play on it.
 */
export type Scene = {
  readonly plane: ControlPlane & { readonly auditLog: string };
  readonly applier: Applier;
  readonly autoscrape: Autoscrape;
  readonly node: Node;
  readonly agent: Agent;
  /** Ends all of it; nothing is left. */
  stop(): Promise<void>;
};

/** The command as people get it: `npm run build` makes it. */
export const bundle = join(import.meta.dirname, '../dist/autoscrape.mjs');

/** How many pods can run at most. */
const room = 16;

/** What a scene starts with. */
export type SceneOptions = {
  /** Told what is there now. */
  readonly told?: (what: string) => void;
  /** Fulfilled when the bundle is made; it is there already if not said. */
  readonly bundled?: Promise<void>;
};

/**
 * Starts everything, on free ports of the loopback and in temporary folders. What was started ends with `stop()`,
 * when starting fails, and in any case with this process.
 */
export async function startScene({
  told = () => {},
  bundled = Promise.resolve(),
}: SceneOptions = {}): Promise<Scene> {
  const parts: { stop(): Promise<void> }[] = [];
  const stop = async (): Promise<void> => {
    for (const part of parts.splice(0).reverse()) await part.stop();
  };
  const keep = <Part extends { stop(): Promise<void> }>(part: Part): Part => {
    parts.push(part);
    return part;
  };
  const startWebhook = async (plane: ControlPlane, writer: Applier): Promise<Autoscrape> => {
    const token = await install(plane, writer);
    told('the manifests of deploy/ are applied');
    const config = join(plane.folder, 'autoscrape.kubeconfig');
    await writeFile(config, kubeconfig({ ...plane, token }), { mode: 0o600 });
    await bundled;
    const autoscrape = keep(await startAutoscrape(config, [], bundle));
    const webhooks = await register(plane, writer, autoscrape);
    told(`autoscrape runs; the API server calls it for ${webhooks.map(firstPart).join(', ')}`);
    return autoscrape;
  };
  const startReading = async (plane: ControlPlane): Promise<{ node: Node; agent: Agent }> => {
    const node = keep(await startNode(plane, room));
    const agent = keep(await startAgent(plane, { places: node.places, interval: 1 }));
    told('vmagent and VictoriaMetrics run');
    return { node, agent };
  };
  try {
    const plane = audited(
      keep(
        await startControlPlane({
          label: 'scene',
          // Scrapes have the role `endpoints`, for which an agent watches Endpoints, not slices.
          controllerManager: [...controllers, 'endpoints-controller'],
        }),
      ),
    );
    told(`kube-apiserver ${await versionOf(plane)}, etcd and kube-controller-manager run`);
    const writer = applier(plane);
    // The order does not matter: autoscrape does without what is not there yet.
    const [autoscrape, { node, agent }] = await all([
      startWebhook(plane, writer),
      startReading(plane),
      installKinds(plane, writer),
    ]);
    await writer.apply(resourceOf(agent));
    return { plane, applier: writer, autoscrape, node, agent, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Like `Promise.all`, and none of them goes on when it throws: what they start is known then, and can be stopped. */
async function all<const Work extends readonly Promise<unknown>[]>(work: Work) {
  await Promise.allSettled(work);
  return Promise.all(work);
}

function audited(plane: ControlPlane): Scene['plane'] {
  const { auditLog } = plane;
  if (auditLog === undefined) throw new Error('the control plane has no audit log');
  return { ...plane, auditLog };
}

/** A webhook's name is a domain name, of which the first part is ours to choose. */
function firstPart(name: string): string {
  return name.split('.')[0] ?? name;
}

async function versionOf(plane: ControlPlane): Promise<string> {
  const { body } = await api(plane, 'GET', '/version');
  return v.parse(v.looseObject({ gitVersion: v.string() }), body).gitVersion;
}

/** The resource from which the VictoriaMetrics operator would make the agent that runs: it takes every scrape. */
function resourceOf({ writesTo }: Agent): AnyObject {
  return {
    apiVersion: 'operator.victoriametrics.com/v1beta1',
    kind: 'VMAgent',
    metadata: { name: 'vmagent' },
    spec: { selectAllByDefault: true, remoteWrite: [{ url: writesTo }] },
  };
}

/** Defines the kinds that are not Kubernetes' own, and waits until the API server serves them. */
async function installKinds(plane: ControlPlane, { apply }: Applier): Promise<void> {
  const definitions = await readFolder(join(import.meta.dirname, '../test/fixtures/crds'));
  const stored = await Promise.all(definitions.map((definition) => apply(definition)));
  for (const definition of stored) {
    await waitUntil(definition.metadata.name, () => isServed(plane, definition));
  }
}

const definitionSchema = v.looseObject({
  spec: v.looseObject({
    group: v.string(),
    names: v.looseObject({ plural: v.string() }),
    versions: v.array(v.looseObject({ name: v.string() })),
  }),
});

async function isServed(plane: ControlPlane, definition: AnyObject): Promise<boolean> {
  const { group, names, versions } = v.parse(definitionSchema, definition).spec;
  const [version] = versions;
  const path = `/apis/${group}/${version?.name}/${names.plural}`;
  return (await api(plane, 'GET', path)).status === 200;
}
