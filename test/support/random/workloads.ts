import type { AnyObject } from '../objects.ts';
import type { Choice, Dice } from './dice.ts';
import type { Link } from './links.ts';

/** What pods, Services and scrapes are made of, so that they meet more often than chance would have it. */
export const apps = ['etcd', 'gateway', 'pooler'] as const;
export type App = (typeof apps)[number];

const ports = [
  { name: 'metrics', number: 9187 },
  { name: 'http', number: 8080 },
  { name: 'client', number: 2379 },
] as const;
export type Port = (typeof ports)[number];

/** The port that an app's metrics are on. */
export function metricsPort(app: App): Port {
  return ports[{ pooler: 0, gateway: 1, etcd: 2 }[app]] ?? ports[0];
}

type Members = Readonly<Record<string, unknown>>;

/** By which the catalogue knows the etcd of a Multigres cluster. */
export const componentLabels = {
  'app.kubernetes.io/component': 'etcd',
  'app.kubernetes.io/part-of': 'multigres',
};

/** The members that are there. */
export function present(members: Members): Members {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/** Pods of an app, whose addresses begin at `address`, the last number of one. */
export function randomPods(
  roll: Dice,
  namespace: string,
  app: App,
  address: number,
  broken: Link | undefined,
  isComponent: boolean,
): AnyObject[] {
  if (broken === 'pods-missing') return [];
  const spec = { containers: containers(roll, app), ...sidecar(roll) };
  return Array.from({ length: 1 + roll.below(2) }, (_, index) => {
    const name = `${app}-${index}`;
    const status = statusOf(roll, `198.51.100.${address + index}`, broken);
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        namespace,
        name,
        labels: { ...podLabels(roll, app, index), ...(isComponent ? componentLabels : {}) },
        ...(roll.happens('pod-annotations', 0.2)
          ? { annotations: { 'prometheus.io/port': '9999' } }
          : {}),
      },
      spec,
      ...(status === undefined ? {} : { status }),
    };
  });
}

function podLabels(roll: Dice, app: App, index: number): Record<string, string> {
  return {
    app,
    'app.kubernetes.io/name': app,
    ...(roll.happens('pod-label-shard', 0.3) ? { shard: String(index) } : {}),
    ...(roll.happens('pod-label-empty', 0.1) ? { marker: '' } : {}),
  };
}

function containers(roll: Dice, app: App): Members[] {
  const { name, number } = metricsPort(app);
  const declared = roll.choose<Members[]>('pod-ports', [
    ['declared', 12, [{ name, containerPort: number }]],
    ['undeclared', 2, []],
    ['unnamed', 1, [{ containerPort: number }]],
    ['udp', 1, [{ name, containerPort: number, protocol: 'UDP' }]],
    [
      'two',
      3,
      [
        { name, containerPort: number },
        { name: 'grpc', containerPort: 15270 },
      ],
    ],
  ]);
  const main = { name: 'main', image: 'x', ports: declared };
  if (!roll.happens('pod-several-containers', 0.3)) return [main];
  const more = [{ name: 'extra', containerPort: 9100 }];
  return [main, { name: 'side', image: 'x', ports: more }];
}

/** An init container that stays, and one that does not. */
function sidecar(roll: Dice): Members {
  const container = { image: 'x', ports: [{ name: 'side-init', containerPort: 9101 }] };
  return roll.choose<Members>('pod-init', [
    ['none', 6, {}],
    ['sidecar', 1, { initContainers: [{ name: 'stays', ...container, restartPolicy: 'Always' }] }],
    ['ends', 1, { initContainers: [{ name: 'ends', ...container }] }],
  ]);
}

function statusOf(roll: Dice, podIP: string, broken: Link | undefined): Members | undefined {
  const status = (phase: string, ready: string): Members => ({
    phase,
    podIP,
    podIPs: [{ ip: podIP }],
    conditions: [{ type: 'Ready', status: ready }],
  });
  if (broken === 'pods-ended') return status('Succeeded', 'False');
  if (broken === 'pods-never-run') return undefined;
  return roll.choose('pod', [
    ['ready', 14, status('Running', 'True')],
    ['not-ready', 2, status('Running', 'False')],
    ['succeeded', 1, status('Succeeded', 'False')],
    ['failed', 1, status('Failed', 'False')],
    ['pending', 1, undefined],
  ]);
}

/** A Service of an app. The labels of several are alike, but for what narrows selectors. */
export function randomService(
  roll: Dice,
  namespace: string,
  app: App,
  name: string,
  broken: Link | undefined,
  isComponent: boolean,
): AnyObject {
  const selector = { app: broken === 'service-selects-nothing' ? 'nobody' : app };
  const served = servicePorts(roll, metricsPort(app));
  const spec = roll.choose<Members>('service', [
    ['cluster-ip', 8, { selector, ports: served }],
    ['headless', 4, { selector, ports: served, clusterIP: 'None' }],
    ['not-ready-addresses', 1, { selector, ports: served, publishNotReadyAddresses: true }],
    ['node-port', 1, { selector, ports: served, type: 'NodePort' }],
    ['without-selector', 1, { ports: served }],
    ['external-name', 1, { ports: served, type: 'ExternalName', externalName: 'example.test' }],
  ]);
  const labels = { ...serviceLabels(roll, app), ...(isComponent ? componentLabels : {}) };
  const metadata = { namespace, name, labels };
  return { apiVersion: 'v1', kind: 'Service', metadata, spec };
}

function serviceLabels(roll: Dice, app: App): Record<string, string> {
  return {
    'app.kubernetes.io/name': app,
    // A dot in a selector's value is any character for vmagent.
    ...(roll.happens('service-label-dot', 0.6)
      ? { version: roll.any(['v1.2', 'v1.2', 'v1x2']) }
      : {}),
    ...(roll.happens('service-label-slash', 0.6) ? { 'example.com/tier-a': 'store' } : {}),
    ...(roll.happens('service-label-empty', 0.1) ? { marker: '' } : {}),
  };
}

function servicePorts(roll: Dice, { name, number }: Port): Members[] {
  const targets: readonly [Choice<unknown>, ...Choice<unknown>[]] = [
    ['absent', 6, undefined],
    ['number', 3, number],
    ['name', 4, name],
    ['name-undeclared', 1, 'nowhere'],
    ['other-number', 1, 9999],
  ];
  const first = { port: number, targetPort: roll.choose('service-target-port', targets) };
  return roll.choose<() => Members[]>('service-ports', [
    ['named', 5, () => [present({ name, ...first })]],
    ['unnamed', 2, () => [present(first)]],
    ['two', 2, () => [present({ name, ...first }), { name: 'grpc', port: 15270 }]],
    ['udp', 1, () => [present({ name, ...first, protocol: 'UDP' })]],
  ])();
}
