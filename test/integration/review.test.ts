import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as v from 'valibot';
import { stringify } from 'yaml';
import { routes } from '../../src/admission/index.ts';
import { builtInCatalogue } from '../../src/catalogue/index.ts';
import { auditCommand } from '../../src/commands/audit.ts';
import type { Coverage } from '../../src/planning/index.ts';
import { defaultRegistration, registration } from '../../src/registration/index.ts';
import type { Review } from '../../src/review/index.ts';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { webhookCounts } from '../support/admission-metrics.ts';
import { patchesOnCreation } from '../support/admitted.ts';
import { type Autoscrape, startAutoscrape } from '../support/autoscrape.ts';
import { runCommand } from '../support/command.ts';
import { makeNamespace } from '../support/control-plane.ts';
import { type Kubectl, kubectl } from '../support/kubectl.ts';
import {
  type AnyObject,
  creatable,
  fixtures,
  readFolder,
  realObjects,
} from '../support/objects.ts';
import { register } from '../support/registered.ts';
import { fileOf, reviewOf } from '../support/review.ts';

/**
 * What `review` says of files, against what a real API server, the webhook and the reconciler make of them. The control
 * plane has no controllers: nobody else writes.
 */
let plane: ControlPlane;
let run: Kubectl;
let autoscrape: Autoscrape;

beforeAll(async () => {
  plane = await startControlPlane({ label: 'review', controllerManager: false });
  run = await kubectl(plane.kubeconfig, plane.folder);
  await done(['apply', '-f', join(fixtures, '../crds/vmservicescrape.yaml')]);
  // Where the reconciler's lease is: without it nobody writes scrapes.
  await done(['create', 'namespace', 'autoscrape-system']);
  autoscrape = await startAutoscrape(plane.kubeconfig);
  const { url, ca: caBundle } = autoscrape;
  const options = { ...defaultRegistration, reach: { url }, caBundle };
  await register(
    plane,
    registration(builtInCatalogue(), options),
    async () => (await webhookCounts(plane, routes.strong.webhook)).requests > 0,
  );
}, 120_000);

afterAll(async () => {
  await autoscrape?.stop();
  await plane?.stop();
});

const folders = [
  ...['draft', 'operator-2025-11', 'operator-today', 'traps', 'foreign'].map((name) => ({
    name,
    folder: join(fixtures, name),
  })),
  ...(realObjects === undefined ? [] : ['today', 'today-observability']).map((name) => ({
    name: `the real ${name}`,
    folder: join(realObjects ?? '', name),
  })),
];
if (realObjects === undefined) {
  console.log('../shared/objects is not there: its objects are not tried');
}

/** Where metrics are sent to is not in the folder, and not in this cluster: it is known there alone that it is missing. */
function comparable(row: Coverage): object {
  const { namespace, workload, component, services, state, because } = row;
  const isAway = because.includes('not checked: the Services of namespace');
  return isAway || (state === 'unread' && because.includes(', and there is no namespace '))
    ? { namespace, workload, component, services, state: 'sent' }
    : row;
}

describe.each(folders)('$name', ({ folder }) => {
  let namespace: string;
  let objects: AnyObject[];
  let review: Review;

  beforeAll(async () => {
    namespace = await makeNamespace(plane, 'review');
    objects = (await readFolder(folder)).filter(isReviewed).map(creatable);
    const placed = objects.map((object) => ({
      ...object,
      metadata: { ...object.metadata, namespace },
    }));
    const stream = placed.map((object) => stringify(object)).join('---\n');
    review = reviewOf([fileOf(stream)]);
    await done(['create', '-f', '-'], stream);
  }, 60_000);

  test('gets from the webhook the patches that review says', async () => {
    const keys = objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    const audited = await patchesOnCreation(auditLog(), namespace, keys);
    const patched = keys.map((key) => [
      key,
      (audited.get(key) ?? []).flatMap(({ patch }) => patch),
    ]);
    const reviewed = review.objects.map(({ ref, patch }) => [`${ref.kind} ${ref.name}`, patch]);
    expect(patched).toEqual(reviewed);
  });

  test('gets from the reconciler the scrapes that review says', async () => {
    const expected = review.scrapes.map(({ manifest }) => withoutOwners(manifest)).toSorted(byName);
    // One of a pair of Services may have been seen before the other: then its scrape gives way.
    let made = await scrapes(namespace);
    const deadline = Date.now() + 20_000;
    while (!isDeepStrictEqual(made, expected) && Date.now() < deadline) {
      await sleep(100);
      made = await scrapes(namespace);
    }
    expect(made).toEqual(expected);
  });

  test('is then covered as review says, audit finds in the cluster', async () => {
    const flags = ['--kubernetes-kubeconfig', plane.kubeconfig, '-n', namespace, '-o', 'json'];
    const { code, out, err } = await runCommand('audit', auditCommand, flags);
    const { coverage, scrapes: missing } = JSON.parse(out);
    // A folder without Services is incomplete; a cluster without them has gaps.
    const isWhole = objects.some(({ kind }) => kind === 'Service');
    const told = coverage.filter(
      ({ state }: { state: string }) => isWhole || state !== 'uncovered',
    );
    // Where there is nothing to look at, that is said with an exit code.
    const expected = review.coverage.length === 0 ? 1 : 0;
    expect({ code, told: told.map(comparable), missing }).toEqual({
      code: expected,
      told: review.coverage.map(comparable),
      missing: [],
    });
    expect(err).toContain(`read ${(await allScrapes()).length} vmservicescrapes\n`);
  });
});

function auditLog(): { readonly auditLog: string } {
  if (plane.auditLog === undefined) throw new Error('this control plane has no audit log');
  return { auditLog: plane.auditLog };
}

function isReviewed({ kind }: AnyObject): boolean {
  return ['Service', 'StatefulSet', 'Deployment', 'Pod'].includes(kind);
}

async function done(args: readonly string[], stdin = ''): Promise<string> {
  const { code, stdout, stderr } = await run(args, { stdin });
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
  return stdout;
}

const scrapeSchema = v.object({
  metadata: v.object({
    name: v.string(),
    namespace: v.string(),
    labels: v.record(v.string(), v.string()),
    annotations: v.record(v.string(), v.string()),
  }),
  spec: v.unknown(),
});
type Compared = v.InferOutput<typeof scrapeSchema>;

/** Whose uid an object gets is not known before it is stored. */
function withoutOwners(scrape: unknown): Compared {
  return v.parse(scrapeSchema, scrape);
}

async function scrapes(namespace: string): Promise<Compared[]> {
  const list = await done(['get', 'vmservicescrapes', '-n', namespace, '-o', 'json']);
  const { items } = v.parse(v.object({ items: v.array(v.unknown()) }), JSON.parse(list));
  return items.map(withoutOwners).toSorted(byName);
}

/** Those of all namespaces: a scrape can reach anywhere. */
async function allScrapes(): Promise<readonly unknown[]> {
  const list = await done(['get', 'vmservicescrapes', '--all-namespaces', '-o', 'json']);
  return v.parse(v.object({ items: v.array(v.unknown()) }), JSON.parse(list)).items;
}

function byName(a: Compared, b: Compared): number {
  return a.metadata.name < b.metadata.name ? -1 : 1;
}
