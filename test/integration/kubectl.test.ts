import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as v from 'valibot';
import { stringify } from 'yaml';
import { routes } from '../../src/admission/index.ts';
import { builtInCatalogue } from '../../src/catalogue/index.ts';
import { defaultRegistration, registration } from '../../src/registration/index.ts';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { webhookCounts } from '../support/admission-metrics.ts';
import { comparable, keyOf, patched, patchesOnCreation } from '../support/admitted.ts';
import { type Autoscrape, startAutoscrape } from '../support/autoscrape.ts';
import { makeNamespace } from '../support/control-plane.ts';
import { type Kubectl, type KubectlRun, kubectl } from '../support/kubectl.ts';
import {
  type AnyObject,
  creatable,
  fixtures,
  readFolder,
  realObjects,
} from '../support/objects.ts';
import { until } from '../support/processes.ts';
import { register } from '../support/registered.ts';

/**
 * kubectl as people use it, with autoscrape and without: what it says, and what is stored then. The control plane has
 * no controllers, so that what is stored is what was admitted; and is this suite's own, since a registration counts for
 * a whole cluster.
 */
const folders = ['draft', 'operator-2025-11', 'operator-today', 'traps', 'foreign'];
const ways = ['client-side', 'server-side'] as const;
type Way = (typeof ways)[number];

let plane: ControlPlane;
let run: Kubectl;
let autoscrape: Autoscrape;
/** What came of the same files before there was a webhook, by folder and way. */
const before = new Map<string, Applied>();

interface Applied {
  readonly namespace: string;
  readonly first: KubectlRun;
  readonly again: KubectlRun;
  /** By `Kind name`, as they were stored after the first time, and then after the second. */
  readonly stored: ReadonlyMap<string, AnyObject>;
  readonly storedAgain: ReadonlyMap<string, AnyObject>;
}

beforeAll(async () => {
  plane = await startControlPlane({ label: 'kubectl', controllerManager: false });
  run = await kubectl(plane.kubeconfig, plane.folder);
  await said(run(['apply', '-f', join(fixtures, '../crds/vmservicescrape.yaml')]));
  for (const folder of folders) {
    for (const way of ways)
      before.set(`${folder} ${way}`, await applyTwice(folder, way, 'without'));
  }
  autoscrape = await startAutoscrape(plane.kubeconfig);
  const { url, ca: caBundle } = autoscrape;
  const options = { ...defaultRegistration, reach: { url }, caBundle };
  await register(plane, registration(builtInCatalogue(), options), () => isCalled('strong'));
  const namespace = await makeNamespace(plane, 'registered');
  await until(async () => {
    await apply(namespace, 'client-side', [scrape('probe', '30s')], '--dry-run=server');
    return isCalled('scrapes');
  });
}, 240_000);

afterAll(async () => {
  await autoscrape?.stop();
  await plane?.stop();
});

describe.each(folders)('%s', (folder) => {
  describe.each(ways)('kubectl apply, %s', (way) => {
    let now: Applied;
    let then: Applied;

    beforeAll(async () => {
      now = await applyTwice(folder, way, 'with');
      then = appliedBefore(folder, way);
    }, 120_000);

    test('does what it did, and warns of nothing but findings', () => {
      const { stderr: _warnings, ...outcome } = now.first;
      const { stderr: _others, ...expected } = then.first;
      expect(outcome).toEqual(expected);
      expect(linesOnlyIn(now.first.stderr, then.first.stderr)).toEqual(warnings[folder] ?? []);
    });

    test('stores what it stored, with the additions that the audit log tells and no others', async () => {
      const patches = await patchesOnCreation(auditLog(), now.namespace, [...now.stored.keys()]);
      const expected = [...then.stored].map(([key, object]) =>
        // Applied to the object as it is stored, which has every default: a patch that relied on one that comes
        // after admission would differ here.
        patched(comparable(object), patches.get(key) ?? []),
      );
      expect([...now.stored.values()].map(comparable)).toEqual(expected);
      const added = [...patches].flatMap(([key, rounds]) =>
        rounds.map(({ webhook, patch }) => [key, webhook, ...patch.map(operationText)]),
      );
      expect(added).toMatchSnapshot('additions');
    });

    test('changes nothing when it is done again', () => {
      expect(versions(now.storedAgain)).toEqual(versions(now.stored));
      const expected = then.again.stdout
        .split('\n')
        .map((line) =>
          longer.has(line.split(' ')[0] ?? '') ? line.replace(/unchanged$/, 'configured') : line,
        )
        .join('\n');
      expect({ code: now.again.code, stdout: now.again.stdout }).toEqual({
        code: 0,
        stdout: expected,
      });
    });

    test('has nothing left to do, says kubectl diff', async () => {
      const flags = way === 'server-side' ? ['--server-side'] : [];
      const objects = await applicable(folder);
      const diff = await run(['diff', ...flags, '-n', now.namespace, '-f', '-'], {
        stdin: yamlOf(objects),
      });
      expect({ code: diff.code, stdout: diff.stdout }).toEqual({ code: 0, stdout: '' });
    });

    test('may be followed by kubectl replace, which takes nothing away', async () => {
      const replaced = await run(['replace', '-n', now.namespace, '-f', '-'], {
        stdin: yamlOf(await applicable(folder)),
      });
      expect(replaced.code).toBe(0);
      const after = await stored(now.namespace, await applicable(folder));
      expect([...after.values()].map(withoutHistory)).toEqual(
        [...now.stored.values()].map(withoutHistory),
      );
    });
  });
});

/**
 * Services that were given a port. Of a list that is longer on the server than in the file client-side apply always
 * sends the order of its elements, and says `configured`; nothing that is stored changes by it.
 */
const longer = new Set([
  'service/hand-gateway',
  'service/keeper-orch',
  'service/pool-a-pooler',
  'service/trap-udp',
]);

/** What kubectl shows of autoscrape's findings when the objects of a folder are created. */
const warnings: Readonly<Record<string, readonly string[]>> = {
  traps: [
    'Warning: autoscrape: spec.ports[0].name: the name "http" belongs to a port that does not lead to 8080, where the metrics of multigateway are: no port was added; give that port another name, or let it target 8080 [port-name-taken]',
  ],
};

describe('one object', () => {
  let namespace: string;

  beforeAll(async () => {
    namespace = await makeNamespace(plane, 'single');
    await apply(namespace, 'client-side', await applicable('draft'));
  });

  const get = async (what: string, path: string) =>
    (await said(run(['get', ...what.split(' '), '-n', namespace, `-o=jsonpath=${path}`]))).stdout;

  test('that is edited keeps the additions', async () => {
    const edited = await run(['edit', 'service', 'hand-gateway', '-n', namespace], {
      env: { KUBE_EDITOR: "sed -i 's/sessionAffinity: None/sessionAffinity: ClientIP/'" },
    });
    expect(edited).toEqual({ code: 0, stdout: 'service/hand-gateway edited\n', stderr: '' });
    expect(await get('service hand-gateway', '{.spec.sessionAffinity} {.spec.ports[*].name}')).toBe(
      'ClientIP port-5432 http',
    );
  });

  test('that is edited without a change is left alone', async () => {
    const edited = await run(['edit', 'service', 'hand-etcd', '-n', namespace], {
      env: { KUBE_EDITOR: 'true' },
    });
    expect({ code: edited.code, said: `${edited.stdout}${edited.stderr}`.trim() }).toEqual({
      code: 0,
      said: 'Edit cancelled, no changes made.',
    });
  });

  test('gets a label again that somebody takes away', async () => {
    const label = 'app.kubernetes.io/part-of';
    await said(run(['label', 'service', 'hand-gateway', '-n', namespace, `${label}-`]));
    expect(
      await get('service hand-gateway', '{.metadata.labels.app\\.kubernetes\\.io/part-of}'),
    ).toBe('multigres');
  });

  test('keeps the label that somebody sets', async () => {
    const set = ['label', '--overwrite', 'service', 'hand-etcd', '-n', namespace];
    await said(run([...set, 'app.kubernetes.io/instance=theirs']));
    expect(
      await get('service hand-etcd', '{.metadata.labels.app\\.kubernetes\\.io/instance}'),
    ).toBe('theirs');
  });

  test('that gets another image is rolled out with that image and no other change', async () => {
    const template = async () =>
      JSON.parse(await get('deployment hand-gateway', '{.spec.template}'));
    const old = await template();
    await said(
      run([
        'set',
        'image',
        'deployment/hand-gateway',
        'gateway=example.com/gateway:2',
        '-n',
        namespace,
      ]),
    );
    const [container, ...others] = old.spec.containers;
    const containers = [{ ...container, image: 'example.com/gateway:2' }, ...others];
    expect(await template()).toEqual({ ...old, spec: { ...old.spec, containers } });
  });

  test('that is scaled starts no rollout', async () => {
    const template = () => get('statefulset hand-etcd', '{.spec.template}');
    const old = await template();
    await said(run(['scale', 'statefulset', 'hand-etcd', '--replicas=5', '-n', namespace]));
    expect(await template()).toBe(old);
  });

  test('that opts out by its label is left alone from then on', async () => {
    const of = ['service', 'hand-pooler', '-n', namespace];
    await said(run(['label', ...of, 'autoscrape.multigres.com/scrape=false']));
    await said(run(['label', ...of, 'app.kubernetes.io/part-of-']));
    expect(
      await get('service hand-pooler', '{.metadata.labels.app\\.kubernetes\\.io/part-of}'),
    ).toBe('');
  });
});

describe('a scrape', () => {
  let namespace: string;

  beforeAll(async () => {
    namespace = await makeNamespace(plane, 'scrapes');
  });

  const badDuration =
    'spec.endpoints[0].interval: "1M" is no duration: vmagent refuses its whole configuration because of it; write interval: 1m [bad-duration]';

  test('with a duration that vmagent cannot read is stored, and its author is warned', async () => {
    const { stderr, ...outcome } = await apply(namespace, 'client-side', [scrape('wrong', '1M')]);
    expect(outcome).toEqual({
      code: 0,
      stdout: 'vmservicescrape.operator.victoriametrics.com/wrong created\n',
    });
    expect(stderr.split('\n')).toContain(`Warning: autoscrape: ${badDuration}`);
  });

  test('that selects a Service and its port is stored without a word', async () => {
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'shop', labels: { app: 'shop' } },
      spec: { selector: { app: 'shop' }, ports: [{ name: 'http', port: 80 }] },
    };
    await said(apply(namespace, 'client-side', [service]));
    const right = () =>
      apply(namespace, 'server-side', [scrape('right', '30s', 'shop')], '--dry-run=server');
    // What is not among what autoscrape has seen by now is a finding.
    await until(async () => (await right()).stderr === '');
    expect(await apply(namespace, 'server-side', [scrape('right', '30s', 'shop')])).toEqual({
      code: 0,
      stdout: 'vmservicescrape.operator.victoriametrics.com/right serverside-applied\n',
      stderr: '',
    });
  });

  test('that is certainly wrong is refused where that was asked for, one that may come early is not', async () => {
    const strict = await startAutoscrape(plane.kubeconfig, ['--scrapes-findings=deny']);
    try {
      const reach = { reach: { url: strict.url }, caBundle: strict.ca };
      const options = { ...defaultRegistration, ...reach, name: 'strict' };
      await register(plane, registration(builtInCatalogue(), options), async () => {
        const tried = [scrape('refused', '1M')];
        return (await apply(namespace, 'client-side', tried, '--dry-run=server')).code !== 0;
      });
      const refused = await apply(namespace, 'client-side', [scrape('refused', '1M')]);
      expect({ code: refused.code, stdout: refused.stdout }).toEqual({ code: 1, stdout: '' });
      expect(refused.stderr).toContain(
        'admission webhook "scrapes.autoscrape.multigres.com" denied the request',
      );
      expect(refused.stderr).toContain(badDuration);
      const stored = await apply(namespace, 'client-side', [scrape('early', '30s', 'later')]);
      expect({ code: stored.code, stdout: stored.stdout }).toEqual({
        code: 0,
        stdout: 'vmservicescrape.operator.victoriametrics.com/early created\n',
      });
    } finally {
      await said(
        run(['delete', 'mutatingwebhookconfiguration,validatingwebhookconfiguration', 'strict']),
      );
      await strict.stop();
    }
  });
});

if (realObjects === undefined) {
  console.log('../shared/objects is not there: its objects are not tried');
} else {
  describe('what the real operator made', () => {
    test.each(['2025-11', 'today', 'today-observability'])('%s', async (folder) => {
      const objects = (await readFolder(join(realObjects ?? '', folder))).filter(isAdmitted);
      const sources = new Set(objects.map(({ metadata }) => metadata.namespace ?? ''));
      for (const source of sources) {
        const inSource = objects
          .filter(({ metadata }) => metadata.namespace === source)
          .map(creatable);
        const out = { 'autoscrape.multigres.com/scrape': 'false' };
        const without = await makeNamespace(plane, 'real-without', out);
        const namespace = await makeNamespace(plane, 'real-with');
        for (const place of [without, namespace]) await said(apply(place, 'client-side', inSource));
        const keys = inSource.map(keyOf);
        const patches = await patchesOnCreation(auditLog(), namespace, keys);
        const [then, now] = [await stored(without, inSource), await stored(namespace, inSource)];
        expect([...now.values()].map(comparable)).toEqual(
          [...then].map(([key, object]) => patched(comparable(object), patches.get(key) ?? [])),
        );
        const added = [...patches].flatMap(([key, rounds]) =>
          rounds.map(({ webhook, patch }) => [key, webhook, ...patch.map(operationText)]),
        );
        // The real operator sets every label and every port itself.
        expect(added).toEqual([]);
      }
    });
  });
}

const listSchema = v.looseObject({
  items: v.array(
    v.looseObject({
      apiVersion: v.string(),
      kind: v.string(),
      metadata: v.looseObject({
        name: v.string(),
        resourceVersion: v.string(),
        generation: v.optional(v.number()),
      }),
    }),
  ),
});

/** Applies the objects of a folder in a new namespace, and then again. */
async function applyTwice(folder: string, way: Way, label: string): Promise<Applied> {
  const objects = await applicable(folder);
  const namespace = await makeNamespace(plane, `${label}-${folder}`);
  const first = await apply(namespace, way, objects);
  const after = await stored(namespace, objects);
  const again = await apply(namespace, way, objects);
  return { namespace, first, again, stored: after, storedAgain: await stored(namespace, objects) };
}

function appliedBefore(folder: string, way: Way): Applied {
  const applied = before.get(`${folder} ${way}`);
  if (applied === undefined) throw new Error(`${folder} was not applied before`);
  return applied;
}

function auditLog(): { readonly auditLog: string } {
  if (plane.auditLog === undefined) throw new Error('this control plane has no audit log');
  return { auditLog: plane.auditLog };
}

function apply(
  namespace: string,
  way: Way,
  objects: readonly object[],
  ...flags: string[]
): Promise<KubectlRun> {
  const how = way === 'server-side' ? ['--server-side'] : [];
  return run(['apply', ...how, ...flags, '-n', namespace, '-f', '-'], { stdin: yamlOf(objects) });
}

function yamlOf(objects: readonly object[]): string {
  return objects.map((object) => stringify(object)).join('---\n');
}

/** The objects of a folder that autoscrape has to do with. Their owners are not there, and nobody collects garbage. */
async function applicable(folder: string): Promise<AnyObject[]> {
  return (await readFolder(join(fixtures, folder))).filter(isAdmitted);
}

function isAdmitted({ kind }: AnyObject): boolean {
  return ['Service', 'StatefulSet', 'Deployment'].includes(kind);
}

/** What is stored of objects, in their order. */
async function stored(
  namespace: string,
  objects: readonly AnyObject[],
): Promise<Map<string, v.InferOutput<typeof listSchema>['items'][number]>> {
  const kinds = 'services,statefulsets,deployments';
  const { stdout } = await said(run(['get', kinds, '-n', namespace, '-o=json']));
  const { items } = v.parse(listSchema, JSON.parse(stdout));
  const byKey = new Map(items.map((item) => [keyOf(item), item]));
  return new Map(
    objects.map((object) => {
      const found = byKey.get(keyOf(object));
      if (found === undefined) throw new Error(`${keyOf(object)} is not stored`);
      return [keyOf(object), found];
    }),
  );
}

function versions(objects: ReadonlyMap<string, AnyObject>): unknown[] {
  return [...objects].map(([key, { metadata }]) => [
    key,
    metadata.resourceVersion,
    metadata.generation,
  ]);
}

/** Without what every replace changes: a Deployment's generation counts changes of annotations too. */
function withoutHistory(object: unknown): object {
  const { metadata, ...rest } = Object(comparable(object));
  const { generation: _any, annotations: _some, ...meta } = metadata;
  return { ...rest, metadata: meta };
}

function operationText({ path, value }: { path: string; value: unknown }): string {
  return `${path} = ${JSON.stringify(value)}`;
}

function linesOnlyIn(text: string, other: string): string[] {
  const known = new Set(other.split('\n'));
  return text.split('\n').filter((line) => !known.has(line));
}

/** A run that went well. */
async function said(running: Promise<KubectlRun>): Promise<KubectlRun> {
  const done = await running;
  if (done.code !== 0) throw new Error(`kubectl: ${done.code} ${done.stderr}`);
  return done;
}

/** Whether the API server has sent a review to this webhook of ours. */
async function isCalled(route: keyof typeof routes): Promise<boolean> {
  return (await webhookCounts(plane, routes[route].webhook)).requests > 0;
}

function scrape(name: string, interval: string, app = 'nobody') {
  return {
    apiVersion: 'operator.victoriametrics.com/v1beta1',
    kind: 'VMServiceScrape',
    metadata: { name },
    spec: { selector: { matchLabels: { app } }, endpoints: [{ port: 'http', interval }] },
  };
}
