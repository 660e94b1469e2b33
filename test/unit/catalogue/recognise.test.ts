import { describe, expect, test } from '@jest/globals';
import {
  builtInCatalogue,
  type Evidence,
  identify,
  type Recognisable,
  type Recognition,
  recognise,
  recognitionText,
} from '../../../src/catalogue/index.ts';
import { parseObject } from '../../../src/kubernetes/index.ts';

const catalogue = builtInCatalogue();

interface Parts {
  readonly kind?: 'Service' | 'StatefulSet' | 'Deployment' | 'Pod';
  /** `name`, `component`, `part-of` and `instance` of `app.kubernetes.io`; others as they are. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly owner?: { readonly group: string; readonly kind: string; readonly controller?: boolean };
  readonly ports?: readonly number[];
  readonly image?: string;
}

const standard = new Set(['name', 'component', 'part-of', 'instance']);

function object({
  kind = 'Service',
  labels = {},
  owner,
  ports = [],
  image = 'x',
}: Parts): Recognisable {
  const metadata = {
    name: 'o',
    namespace: 'n',
    labels: Object.fromEntries(
      Object.entries(labels).map(([key, value]) => [
        standard.has(key) ? `app.kubernetes.io/${key}` : key,
        value,
      ]),
    ),
    ownerReferences:
      owner === undefined
        ? []
        : [
            {
              apiVersion: owner.group === '' ? 'v1' : `${owner.group}/v1alpha1`,
              kind: owner.kind,
              name: 'w',
              uid: 'u',
              controller: owner.controller ?? true,
            },
          ],
  };
  const containers = [
    { name: 'c', image, ports: ports.map((containerPort) => ({ containerPort })) },
  ];
  const spec = {
    Service: { selector: { a: 'b' }, ports: ports.map((port) => ({ port })) },
    Pod: { containers },
    StatefulSet: { template: { spec: { containers } } },
    Deployment: { template: { spec: { containers } } },
  }[kind];
  const apiVersion = kind === 'Service' || kind === 'Pod' ? 'v1' : 'apps/v1';
  const parsed = parseObject({ apiVersion, kind, metadata, spec });
  if (parsed?.kind !== kind) throw new Error('the object does not parse');
  return parsed;
}

/** `dialect component evidence`, or why not. */
function found(parts: Parts, injected = false): string {
  return said(recognise(object(parts), catalogue, injected));
}

function said({ entry, because }: Recognition): string {
  return entry === undefined ? because.kind : `${entry.dialect} ${entry.component} ${because.kind}`;
}

const operator = (component: string) => ({ name: 'multigres', component, 'part-of': 'multigres' });

describe('strong evidence, which counts anywhere', () => {
  test.each([
    ['draft', 'multigres.io', 'Etcd', 'etcd'],
    ['draft', 'multigres.io', 'MultiGateway', 'multigateway'],
    ['draft', 'multigres.io', 'MultiOrch', 'multiorch'],
    ['draft', 'multigres.io', 'MultiPooler', 'multipooler'],
    ['operator-2025-11', 'multigres.com', 'Etcd', 'etcd'],
    ['operator-2025-11', 'multigres.com', 'MultiGateway', 'multigateway'],
    ['operator-2025-11', 'multigres.com', 'MultiOrch', 'multiorch'],
    ['operator-2025-11', 'multigres.com', 'MultiPooler', 'multipooler'],
    ['operator', 'multigres.com', 'TopoServer', 'etcd'],
  ])('%s: an owner of %s that is a %s', (dialect, group, kind, component) => {
    expect(found({ owner: { group, kind } })).toBe(`${dialect} ${component} owner`);
    expect(found({ owner: { group, kind, controller: false } })).toBe('no-evidence');
  });

  test.each([
    ['MultigresCluster', 'multigateway', 'operator multigateway owner'],
    ['MultigresCluster', 'multiadmin', 'operator multiadmin owner'],
    ['MultigresCluster', 'multiadmin-web', 'operator multiadmin-web owner'],
    ['Cell', 'multigateway', 'operator multigateway owner'],
    ['Shard', 'multiorch', 'operator multiorch owner'],
    ['Shard', 'shard-pool', 'operator multipooler owner'],
    ['Shard', 'multipooler', 'operator multipooler owner'],
    ['TableGroup', 'toposerver', 'operator etcd owner'],
    ['Cell', 'something-else', 'no-evidence'],
  ])('a %s owns several components: the label %s says which', (kind, component, expected) => {
    expect(found({ owner: { group: 'multigres.com', kind }, labels: { component } })).toBe(
      expected,
    );
  });

  test('an owner of several components without a label that says which is none', () => {
    expect(found({ owner: { group: 'multigres.com', kind: 'Shard' } })).toBe('no-evidence');
  });

  test.each([
    ['notmultigres.com'],
    ['multigres.com.example.org'],
    ['sub.multigres.com'],
    ['multigres.COM'],
    [''],
  ])('an owner of %s is of another group', (group) => {
    expect(found({ owner: { group, kind: 'Etcd' } })).toBe('no-evidence');
  });

  test('a kind that the catalogue does not name is none, whoever its group belongs to', () => {
    expect(found({ owner: { group: 'multigres.com', kind: 'Backup' } })).toBe('no-evidence');
    expect(found({ owner: { group: 'multigres.com', kind: 'constructor' } })).toBe('no-evidence');
  });

  test('where two owners write an object in turn, its labels say what it is now', () => {
    const owner = { group: 'multigres.com', kind: 'Etcd' };
    expect(found({ owner, labels: operator('multigateway') })).toBe(
      'operator multigateway part-of',
    );
    expect(found({ owner, labels: operator('etcd') })).toBe('operator-2025-11 etcd owner');
    expect(found({ owner, labels: { component: 'unknown' } })).toBe('operator-2025-11 etcd owner');
  });

  test.each([
    ['toposerver', 'operator etcd part-of'],
    ['shard-pool', 'operator multipooler part-of'],
    ['multigateway', 'operator multigateway part-of'],
    ['multiadmin-web', 'operator multiadmin-web part-of'],
    ['etcd', 'operator-2025-11 etcd part-of'],
    ['multipooler', 'operator-2025-11 multipooler part-of'],
    ['gateway', 'draft multigateway part-of'],
    ['unknown', 'no-evidence'],
    ['__proto__', 'no-evidence'],
  ])('part-of with the component %s, also without a name', (component, expected) => {
    expect(found({ labels: operator(component) })).toBe(
      component === 'gateway' ? 'draft multigateway part-of' : expected,
    );
    expect(found({ labels: { component, 'part-of': 'multigres' } })).toBe(expected);
  });

  test('part-of with the name of an earlier dialect is that one', () => {
    const labels = { name: 'etcd', component: 'etcd', 'part-of': 'multigres' };
    expect(found({ labels })).toBe('draft etcd part-of');
  });

  test('part-of something else, or without a component, is none', () => {
    expect(found({ labels: { ...operator('toposerver'), 'part-of': 'vitess' } })).toBe(
      'no-evidence',
    );
    expect(found({ labels: { 'part-of': 'multigres' } })).toBe('no-evidence');
  });

  test.each([
    ['multigateway', 'gateway', 'draft multigateway pair'],
    ['multiorch', 'orch', 'draft multiorch pair'],
    ['multipooler', 'pooler', 'draft multipooler pair'],
    // Other vendors' charts carry this one.
    ['etcd', 'etcd', 'no-evidence'],
    ['multigateway', 'orch', 'no-evidence'],
    ['gateway', 'gateway', 'no-evidence'],
  ])('the pair %s and %s', (name, component, expected) => {
    expect(found({ labels: { name, component } })).toBe(expected);
  });

  test.each(['Service', 'StatefulSet', 'Deployment', 'Pod'] as const)(
    'is read of a %s alike',
    (kind) => {
      expect(found({ kind, labels: operator('multiorch') })).toBe('operator multiorch part-of');
    },
  );
});

describe('weak evidence, which counts in inject namespaces alone', () => {
  const weak: [string, Parts, string][] = [
    [
      'our own label',
      { labels: { 'autoscrape.multigres.com/component': 'multiorch' } },
      'operator multiorch own-label',
    ],
    [
      'our own label, with the port of a dialect',
      { labels: { 'autoscrape.multigres.com/component': 'multiorch' }, ports: [8080] },
      'draft multiorch own-label',
    ],
    [
      "the draft's pair for etcd",
      { labels: { name: 'etcd', component: 'etcd' } },
      'draft etcd pair',
    ],
    [
      'an image',
      { kind: 'StatefulSet', image: 'registry.example:5000/team/multipooler:v1@sha256:0' },
      'draft multipooler image',
    ],
    ['a port', { ports: [2379] }, 'draft etcd port'],
    [
      'image and port that agree',
      { kind: 'Pod', image: 'quay.io/coreos/etcd', ports: [2379, 2380] },
      'draft etcd image',
    ],
  ];

  test.each(weak)('%s', (_what, parts, expected) => {
    expect(found(parts, true)).toBe(expected);
    expect(found(parts)).toBe('no-evidence');
  });

  test.each([
    ['a port that several components use', { ports: [8080] }],
    ['an image whose name only starts so', { kind: 'Pod' as const, image: 'etcd-backup' }],
    [
      'an unknown component in our own label',
      { labels: { 'autoscrape.multigres.com/component': 'nope' } },
    ],
  ])('%s says nothing', (_what, parts) => {
    expect(found(parts, true)).toBe('no-evidence');
  });

  test('that contradicts itself is ambiguous, and says between what', () => {
    const parts: Parts = { kind: 'Pod', image: 'multiorch', ports: [2379] };
    const recognition = recognise(object(parts), catalogue, true);
    expect(recognition).toEqual({
      entry: undefined,
      because: { kind: 'ambiguous', components: ['etcd', 'multiorch'] },
    });
    expect(recognitionText(recognition)).toBe('could be etcd or multiorch');
  });

  test('our own label decides where the rest contradicts it', () => {
    const labels = { 'autoscrape.multigres.com/component': 'etcd' };
    expect(found({ kind: 'Pod', image: 'multiorch', ports: [8080], labels }, true)).toBe(
      'operator etcd own-label',
    );
  });

  test('gives way to strong evidence', () => {
    const labels = { ...operator('multiorch'), 'autoscrape.multigres.com/component': 'etcd' };
    expect(found({ labels }, true)).toBe('operator multiorch part-of');
  });
});

describe('opting out', () => {
  const out = { ...operator('multiorch'), 'autoscrape.multigres.com/scrape': 'false' };

  test('leaves an object alone that would be recognised, and is named for what it is', () => {
    expect(found({ labels: out })).toBe('opted-out');
    expect(said(identify(object({ labels: out }), catalogue, false))).toBe(
      'operator multiorch part-of',
    );
  });

  test('means nothing on an object that is none of ours, nor does any other value', () => {
    expect(found({ labels: { 'autoscrape.multigres.com/scrape': 'false' } })).toBe('no-evidence');
    const on = { ...out, 'autoscrape.multigres.com/scrape': 'no' };
    expect(found({ labels: on })).toBe('operator multiorch part-of');
  });
});

test('every evidence has its words', () => {
  const [entry] = catalogue.byComponent.get('etcd') ?? [];
  if (entry === undefined) throw new Error('no etcd');
  const all: Evidence[] = [
    { kind: 'owner', strength: 'strong', group: 'g', owner: 'Etcd' },
    { kind: 'owner', strength: 'strong', group: 'g', owner: 'Shard' },
    { kind: 'part-of', strength: 'strong', label: 'l' },
    { kind: 'pair', strength: 'weak', name: 'n', label: 'l' },
    { kind: 'own-label', strength: 'weak', label: 'l' },
    { kind: 'port', strength: 'weak', port: 1 },
    { kind: 'image', strength: 'weak', image: 'i' },
  ];
  expect(all.map((because) => recognitionText({ entry, because }))).toEqual([
    'owned by an Etcd of g',
    'owned by a Shard of g',
    'labelled as part of the database, component l',
    'labelled n with component l',
    'labelled autoscrape.multigres.com/component: l',
    'port 1, in a namespace that asks for injection',
    'image i, in a namespace that asks for injection',
  ]);
});
