import { describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { auditText, styleFor } from '../../../src/report/index.ts';
import { audited } from '../../../src/review/index.ts';
import { fileOf, reviewOptions } from '../../support/review.ts';

const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' } },
  spec: { selector: { app: 'web' }, ports: [{ name: 'metrics', port: 9090 }] },
};

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web-0', namespace: 'shop', labels: { app: 'web' } },
  spec: { containers: [{ name: 'web', ports: [{ name: 'metrics', containerPort: 9090 }] }] },
  status: { phase: 'Running', podIP: '10.0.0.1' },
};

interface Marks {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly managedFields?: readonly object[];
}

/** The lines below the fix of a scrape that asks for `metric`, with the marks of whoever wrote it. */
function linesWith(marks: Marks, name = 'web'): string[] {
  const scrape = {
    apiVersion: 'operator.victoriametrics.com/v1beta1',
    kind: 'VMServiceScrape',
    metadata: { name, namespace: 'shop', ...marks },
    spec: { selector: { matchLabels: { app: 'web' } }, endpoints: [{ port: 'metric' }] },
  };
  const input = fileOf([service, pod, scrape].map((one) => `---\n${stringify(one)}`).join(''));
  const { review } = audited([input], { ...reviewOptions(), known: undefined });
  const lines = auditText(review, styleFor(false), {
    targets: undefined,
    samples: undefined,
    only: undefined,
    width: undefined,
  })
    .trimEnd()
    .split('\n');
  const below = lines.slice(lines.indexOf('    Fix: write port: metrics') + 1);
  const next = below.findIndex((line) => !line.startsWith('      '));
  return next < 0 ? below : below.slice(0, next);
}

const patch = `      kubectl patch vmservicescrape web -n shop --type json -p '[{"op":"replace","path":"/spec/endpoints/0/port","value":"metrics"}]'`;

const snippet = ['        spec:', '          endpoints:', '            - port: metrics'];

describe('an audit', () => {
  test('prints the call of kubectl that does what a tried fix says', () => {
    expect(linesWith({})).toEqual([patch]);
  });

  test.each<[string, Marks]>([
    [
      'Argo CD (application store)',
      {
        annotations: {
          'argocd.argoproj.io/tracking-id': 'store:operator/VMServiceScrape:shop/web',
        },
      },
    ],
    ['Argo CD (application store)', { labels: { 'argocd.argoproj.io/instance': 'store' } }],
    [
      'Argo CD (application store)',
      {
        labels: { 'app.kubernetes.io/instance': 'store' },
        managedFields: [{ manager: 'argocd-controller', operation: 'Apply' }],
      },
    ],
    [
      'Flux (Kustomization flux-system/store)',
      {
        labels: {
          'kustomize.toolkit.fluxcd.io/name': 'store',
          'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
        },
      },
    ],
    ['Flux (HelmRelease store)', { labels: { 'helm.toolkit.fluxcd.io/name': 'store' } }],
  ])('says that %s would undo it, and what to write instead', (owner, marks) => {
    const told = `      ${owner} owns it, and would undo that: write in its manifest`;
    expect(linesWith(marks)).toEqual([patch, told, ...snippet]);
  });

  test('takes a label that Helm charts have as well for no mark of Argo CD', () => {
    expect(linesWith({ labels: { 'app.kubernetes.io/instance': 'store' } })).toEqual([patch]);
  });

  test('prints no command with a name that no API server stores', () => {
    expect(linesWith({}, 'web; reboot')).toEqual([]);
  });
});
