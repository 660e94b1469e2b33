import { describe, expect, test } from '@jest/globals';
import { routes } from '../../../src/admission/index.ts';
import {
  add,
  admitting,
  answerTo,
  complete,
  draftPoolerLabels,
  ownedBy,
  type Plain,
  patchFor,
  patchOf,
  reviewOf,
} from './reviews.ts';

const inObject = '/metadata/labels/app.kubernetes.io~1';
const inTemplate = '/spec/template/metadata/labels/app.kubernetes.io~1';
const container = '/spec/template/spec/containers/0';
const metricsPort = { name: 'metrics', containerPort: 9187, protocol: 'TCP' };
const all = complete(draftPoolerLabels, 'pool');

interface Shape {
  readonly labels?: unknown;
  readonly ownerReferences?: unknown;
  readonly selector?: unknown;
  readonly templateLabels?: unknown;
  readonly containers?: unknown;
  readonly podSpec?: Plain;
}

/** A pooler of the draft as people apply it: its labels are complete, its template's and ports as a test says. */
function pooler(shape: Shape = {}): Plain {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: {
      name: 'pool',
      labels: shape.labels ?? all,
      ...(shape.ownerReferences === undefined ? {} : { ownerReferences: shape.ownerReferences }),
    },
    spec: {
      serviceName: 'pool',
      selector: shape.selector ?? { matchLabels: { app: 'pool' } },
      template: {
        metadata: { labels: shape.templateLabels ?? { app: 'pool', ...all } },
        spec: {
          containers: shape.containers ?? [{ name: 'pooler', ports: [metricsPort] }],
          ...shape.podSpec,
        },
      },
    },
  };
}

/** A template that lacks everything. */
const bare: Shape = { templateLabels: { app: 'pool' }, containers: [{ name: 'pooler' }] };

const templateLabels = [
  add(`${inTemplate}name`, 'multipooler'),
  add(`${inTemplate}instance`, 'pool'),
  add(`${inTemplate}component`, 'pooler'),
  add(`${inTemplate}part-of`, 'multigres'),
];

function created(shape: Shape): unknown {
  return patchFor('StatefulSet', pooler(shape));
}

describe('a workload that people create', () => {
  test('gets what it lacks: labels, labels of its template, the metrics port', () => {
    expect(created({ ...bare, labels: draftPoolerLabels })).toEqual([
      add(`${inObject}instance`, 'pool'),
      add(`${inObject}part-of`, 'multigres'),
      ...templateLabels,
      add(`${container}/ports`, [metricsPort]),
    ]);
  });

  test('gets it as a Deployment as well', () => {
    const object = { ...pooler(bare), kind: 'Deployment' };
    expect(patchFor('Deployment', object)).toEqual([
      ...templateLabels,
      add(`${container}/ports`, [metricsPort]),
    ]);
  });

  test('gets nothing where nothing is missing', () => {
    expect(created({})).toEqual([]);
  });

  test('has in its own labels what its template says', () => {
    const said = { app: 'pool', ...all, 'app.kubernetes.io/instance': 'orders' };
    expect(created({ labels: draftPoolerLabels, templateLabels: said })).toEqual([
      add(`${inObject}instance`, 'orders'),
      add(`${inObject}part-of`, 'multigres'),
    ]);
  });

  test('has in its template what its own labels say', () => {
    const labels = { ...all, 'app.kubernetes.io/instance': 'orders' };
    expect(created({ labels, templateLabels: { app: 'pool', ...draftPoolerLabels } })).toEqual([
      add(`${inTemplate}instance`, 'orders'),
      add(`${inTemplate}part-of`, 'multigres'),
    ]);
  });

  test.each([
    ['absent', undefined],
    ['a text', 'pool'],
  ])('keeps a template whose labels are %s', (_what, labels) => {
    const object = pooler(bare);
    const template = { metadata: { labels }, spec: { containers: [{ name: 'pooler' }] } };
    expect(patchFor('StatefulSet', { ...object, spec: { selector: {}, template } })).toEqual([]);
  });
});

describe('the selector of a workload', () => {
  test.each([
    ['asks for the label', { matchLabels: { 'app.kubernetes.io/part-of': 'multigres' } }],
    [
      'asks that it is not there',
      { matchExpressions: [{ key: 'app.kubernetes.io/part-of', operator: 'DoesNotExist' }] },
    ],
    [
      'names it in any other way',
      {
        matchExpressions: [{ key: 'app.kubernetes.io/part-of', operator: 'NotIn', values: ['x'] }],
      },
    ],
  ])('keeps a label from its template when it %s', (_what, selector) => {
    expect(created({ ...bare, selector, containers: undefined })).toEqual(
      templateLabels.slice(0, 3),
    );
  });

  test.each([
    ['a text', 'app=pool'],
    ['a list', ['app']],
    ['odd inside', { matchExpressions: 'app' }],
  ])('keeps all labels from its template when it is %s', (_what, selector) => {
    expect(created({ ...bare, selector, containers: undefined })).toEqual([]);
  });
});

describe('the metrics port of a container', () => {
  test('is added to the ports that are there', () => {
    expect(created({ containers: [{ name: 'pooler', ports: [{ containerPort: 5432 }] }] })).toEqual(
      [add(`${container}/ports/-`, metricsPort)],
    );
  });

  test('gets its name where it has none, and keeps another', () => {
    expect(created({ containers: [{ name: 'pooler', ports: [{ containerPort: 9187 }] }] })).toEqual(
      [add(`${container}/ports/0/name`, 'metrics')],
    );
    const named = [{ name: 'pooler', ports: [{ name: 'exporter', containerPort: 9187 }] }];
    expect(created({ containers: named })).toEqual([]);
  });

  test('is not the same number of another protocol', () => {
    const ports = [{ name: 'quic', containerPort: 9187, protocol: 'UDP' }];
    expect(created({ containers: [{ name: 'pooler', ports }] })).toEqual([
      add(`${container}/ports/-`, metricsPort),
    ]);
  });

  test('is neither added nor named where its name is taken anywhere in the pod', () => {
    const taken = { name: 'proxy', ports: [{ name: 'metrics', containerPort: 9100 }] };
    expect(created({ containers: [{ name: 'pooler' }, taken] })).toEqual([]);
    expect(
      created({ containers: [{ name: 'pooler', ports: [{ containerPort: 9187 }] }, taken] }),
    ).toEqual([]);
    expect(
      created({ containers: [{ name: 'pooler' }], podSpec: { initContainers: [taken] } }),
    ).toEqual([]);
  });

  test('is there when a sidecar has it', () => {
    const initContainers = [
      { name: 'exporter', restartPolicy: 'Always', ports: [{ containerPort: 9187 }] },
    ];
    expect(created({ containers: [{ name: 'pooler' }], podSpec: { initContainers } })).toEqual([]);
  });

  test.each([
    ['name', [{ name: 'proxy' }, { name: 'multipooler' }], 1],
    [
      'image',
      [{ name: 'main', image: 'registry:5000/db/multipooler:v1@sha256:0' }, { name: 'proxy' }],
      0,
    ],
    ['component label as name', [{ name: 'proxy' }, { name: 'pooler' }], 1],
  ])('goes to the container that its %s tells', (_what, containers, at) => {
    expect(created({ containers })).toEqual([
      add(`/spec/template/spec/containers/${at}/ports`, [metricsPort]),
    ]);
  });

  test.each([
    ['none', [{ name: 'proxy' }, { name: 'main', image: 'postgres:17' }]],
    ['two', [{ name: 'pooler' }, { name: 'multipooler' }]],
  ])('goes nowhere when %s of several containers could be meant', (_what, containers) => {
    expect(created({ containers })).toEqual([]);
  });

  test('is not added to pods on the network of their host, where it would reserve the host port', () => {
    expect(created({ containers: [{ name: 'pooler' }], podSpec: { hostNetwork: true } })).toEqual(
      [],
    );
  });

  test.each([
    ['containers', 'pooler'],
    ['containers', [{ name: 'pooler' }, 'proxy']],
    ['ports', [{ name: 'pooler', ports: 'many' }]],
    ['ports', [{ name: 'pooler', ports: [9187] }]],
    ['names', [{ name: 'pooler', ports: [{ name: 1, containerPort: 5432 }] }]],
  ])('is not added where %s are odd', (_what, containers) => {
    expect(created({ containers })).toEqual([]);
  });

  test('is not looked after where the settings ignore the component', () => {
    const object = pooler({ containers: [{ name: 'pooler' }] });
    expect(patchFor('StatefulSet', object, { components: { multipooler: 'ignore' } })).toEqual([]);
  });
});

describe('the template of a workload with a controlling owner', () => {
  const owned = {
    ...bare,
    ownerReferences: [ownedBy('multigres.io/v1alpha1', 'MultiPooler', 'pool')],
  };

  test('is left alone, while the workload itself is labelled', () => {
    expect(created({ ...owned, labels: { app: 'pool' } })).toEqual([
      add(`${inObject}name`, 'multipooler'),
      add(`${inObject}instance`, 'pool'),
      add(`${inObject}component`, 'pooler'),
      add(`${inObject}part-of`, 'multigres'),
    ]);
  });

  test('is touched where the settings ask for it', () => {
    expect(patchFor('StatefulSet', pooler(owned), { ownedTemplates: true })).toEqual([
      ...templateLabels,
      add(`${container}/ports`, [metricsPort]),
    ]);
  });

  test('is touched where the owner does not control it', () => {
    const ownerReferences = [{ ...ownedBy('v1', 'ConfigMap', 'app'), controller: false }];
    expect(created({ ...bare, ownerReferences })).toEqual([
      ...templateLabels,
      add(`${container}/ports`, [metricsPort]),
    ]);
  });
});

describe('the template of a workload that is updated', () => {
  function updated(shape: Shape, before: Shape): unknown {
    const review = reviewOf('StatefulSet', { object: pooler(shape), before: pooler(before) });
    return patchOf(answerTo(admitting(), review));
  }

  test('is not touched, whatever it lacks', () => {
    expect(updated(bare, bare)).toEqual([]);
  });

  test('is restored where our additions are all that the writer dropped', () => {
    const stored = { containers: [{ name: 'pooler', ports: [metricsPort] }] };
    expect(updated(bare, stored)).toEqual([
      ...templateLabels,
      add(`${container}/ports`, [metricsPort]),
    ]);
  });

  test('is restored to what was added, also where today more would be', () => {
    const { 'app.kubernetes.io/part-of': _partOf, ...earlier } = all;
    const stored = {
      templateLabels: { app: 'pool', ...earlier },
      containers: [{ name: 'pooler' }],
    };
    expect(updated(bare, stored)).toEqual(templateLabels.slice(0, 3));
  });

  test('is restored in its ports, each at its place', () => {
    const postgres = { name: 'postgres', containerPort: 5432 };
    const stored = { containers: [{ name: 'pooler', ports: [postgres, metricsPort] }] };
    expect(updated({ containers: [{ name: 'pooler', ports: [postgres] }] }, stored)).toEqual([
      add(`${container}/ports/-`, metricsPort),
    ]);
    const unnamed = { containers: [{ name: 'pooler', ports: [{ containerPort: 9187 }] }] };
    const named = {
      containers: [{ name: 'pooler', ports: [{ containerPort: 9187, name: 'metrics' }] }],
    };
    expect(updated(unnamed, named)).toEqual([add(`${container}/ports/0/name`, 'metrics')]);
  });

  test('is left as written where anything else differs too', () => {
    const stored = {
      containers: [{ name: 'pooler', image: 'multipooler:v1', ports: [metricsPort] }],
    };
    const written = { ...bare, containers: [{ name: 'pooler', image: 'multipooler:v2' }] };
    expect(updated(written, stored)).toEqual([]);
  });

  test('is left as written where a label of another value was dropped', () => {
    const stored = {
      templateLabels: { app: 'pool', ...all, 'app.kubernetes.io/instance': 'other' },
    };
    expect(updated({ templateLabels: { app: 'pool' } }, stored)).toEqual([]);
  });

  test('is restored for an owned workload too: dropping what was added once starts a rollout', () => {
    const ownerReferences = [ownedBy('multigres.io/v1alpha1', 'MultiPooler', 'pool')];
    const stored = { ownerReferences, containers: [{ name: 'pooler', ports: [metricsPort] }] };
    expect(updated({ ...bare, ownerReferences }, stored)).toEqual([
      ...templateLabels,
      add(`${container}/ports`, [metricsPort]),
    ]);
  });

  test('does not keep the labels of the workload itself from being added again', () => {
    expect(updated({ ...bare, labels: draftPoolerLabels }, { ...bare, labels: all })).toEqual([
      add(`${inObject}instance`, 'pool'),
      add(`${inObject}part-of`, 'multigres'),
    ]);
  });

  test.each([
    ['absent', null],
    ['without a template', { metadata: { name: 'pool' } }],
  ])('is not touched where the stored one is %s', (_what, before) => {
    const review = reviewOf('StatefulSet', { object: pooler(bare), before, operation: 'UPDATE' });
    expect(patchOf(answerTo(admitting(), review))).toEqual([]);
  });
});

describe('a workload that only an inject namespace makes a component', () => {
  test('is recognised by its image there, and nowhere else', () => {
    const object = pooler({
      labels: { app: 'pool' },
      templateLabels: { app: 'pool' },
      containers: [{ name: 'main', image: 'ghcr.io/example/multipooler:1' }],
    });
    const inject = answerTo(
      admitting({ route: routes.inject }),
      reviewOf('StatefulSet', { object }),
    );
    expect(patchOf(inject)).toEqual([
      add(`${inObject}name`, 'multipooler'),
      add(`${inObject}instance`, 'pool'),
      add(`${inObject}component`, 'pooler'),
      add(`${inObject}part-of`, 'multigres'),
      ...templateLabels,
      add(`${container}/ports`, [metricsPort]),
    ]);
    expect(patchFor('StatefulSet', object)).toEqual([]);
  });
});
