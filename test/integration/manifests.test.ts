import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { builtInCatalogue } from '../../src/catalogue/index.ts';
import {
  defaultRegistration,
  registration,
  registrationYaml,
} from '../../src/registration/index.ts';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { api } from '../support/control-plane.ts';
import { type Kubectl, kubectl } from '../support/kubectl.ts';
import { readObjects } from '../support/objects.ts';

const deploy = join(import.meta.dirname, '../../deploy');
const objects = [
  'namespace/autoscrape-system',
  'serviceaccount/autoscrape',
  'role.rbac.authorization.k8s.io/autoscrape',
  'clusterrole.rbac.authorization.k8s.io/autoscrape',
  'rolebinding.rbac.authorization.k8s.io/autoscrape',
  'clusterrolebinding.rbac.authorization.k8s.io/autoscrape',
  'service/autoscrape',
  'deployment.apps/autoscrape',
  'poddisruptionbudget.policy/autoscrape',
  'networkpolicy.networking.k8s.io/autoscrape',
  'mutatingwebhookconfiguration.admissionregistration.k8s.io/autoscrape',
  'validatingwebhookconfiguration.admissionregistration.k8s.io/autoscrape',
];

let plane: ControlPlane;
let run: Kubectl;

/** A control plane of its own: registrations and roles count for a whole cluster. */
beforeAll(async () => {
  plane = await startControlPlane({ label: 'manifests', controllerManager: false, audit: false });
  run = await kubectl(plane.kubeconfig, plane.folder);
  await run(['apply', '-f', join(deploy, '../test/fixtures/crds/vmservicescrape.yaml')]);
});

afterAll(async () => {
  await plane?.stop();
});

/** These come one after the other, as they do in a cluster. */
describe('the manifests', () => {
  test('are applied without a warning, with no field that the API server does not know', async () => {
    expect(await run(['apply', '--validate=strict', '-k', deploy])).toEqual({
      code: 0,
      stdout: lines('created'),
      stderr: '',
    });
  });

  test('are as the API server stores them: a second time changes nothing', async () => {
    // kubectl's merge patch always repeats the selector of a PodDisruptionBudget (patchStrategy: replace).
    const budget = 'poddisruptionbudget.policy/autoscrape';
    expect(await run(['apply', '-k', deploy])).toEqual({
      code: 0,
      stdout: lines('unchanged').replace(`${budget} unchanged`, `${budget} configured`),
      stderr: '',
    });
    expect(await run(['diff', '-k', deploy])).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('are registered with the CA of a certificate by what `autoscrape manifests` prints', async () => {
    const text = registrationYaml(
      registration(builtInCatalogue(), { ...defaultRegistration, caBundle: plane.ca }),
    );
    const applied = await run(['apply', '--server-side', '--force-conflicts', '-f', '-'], {
      stdin: text,
    });
    expect(applied).toEqual({
      code: 0,
      stdout: objects
        .filter((object) => object.includes('webhookconfiguration'))
        .map((object) => `${object} serverside-applied\n`)
        .join(''),
      stderr: '',
    });
    const diff = await run(['diff', '--server-side', '--force-conflicts', '-f', '-'], {
      stdin: text,
    });
    expect(diff).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('make pods that the restricted profile of Pod Security takes', async () => {
    const [deployment] = await readObjects(join(deploy, 'kustomize/base/deployment.yaml'));
    const { template } = Object(deployment?.spec);
    const pod = { metadata: { name: 'pod' }, spec: template.spec };
    const pods = '/api/v1/namespaces/autoscrape-system/pods?dryRun=All';
    const { securityContext: _profile, ...without } = template.spec;
    const privileged = { metadata: { name: 'pod' }, spec: without };
    const statuses = [
      await api(plane, 'POST', pods, { body: pod }),
      await api(plane, 'POST', pods, { body: privileged }),
    ].map((answer) => answer.status);
    // The second one lacks what the Deployment sets for the whole pod.
    expect(statuses).toEqual([201, 403]);
  });

  test.each([
    ['list services', 'yes'],
    ['watch services', 'yes'],
    ['watch namespaces', 'yes'],
    ['list pods', 'yes'],
    ['watch statefulsets.apps', 'yes'],
    ['watch deployments.apps', 'yes'],
    ['patch vmservicescrapes.operator.victoriametrics.com', 'yes'],
    ['delete vmservicescrapes.operator.victoriametrics.com', 'yes'],
    ['create events.events.k8s.io', 'yes'],
    ['get secrets', 'no'],
    ['update services', 'no'],
    ['patch services', 'no'],
    ['patch statefulsets.apps', 'no'],
    ['create pods', 'no'],
    ['update vmservicescrapes.operator.victoriametrics.com', 'no'],
    ['patch mutatingwebhookconfigurations.admissionregistration.k8s.io', 'no'],
    ['create leases.coordination.k8s.io', 'no'],
    ['create leases.coordination.k8s.io --namespace autoscrape-system', 'yes'],
  ])('let autoscrape %s: %s', async (what, answer) => {
    const asked = await run([
      'auth',
      'can-i',
      ...what.split(' '),
      `--as=${defaultRegistration.username}`,
    ]);
    expect(asked.stdout).toBe(`${answer}\n`);
  });

  test('are gone without a rest after one command, and everything is admitted as before', async () => {
    const removed = await run(['delete', '--wait=false', '-k', deploy]);
    expect({ code: removed.code, lines: removed.stdout.trim().split('\n').length }).toEqual({
      code: 0,
      lines: objects.length,
    });
    const left = await run([
      'get',
      'mutatingwebhookconfigurations,validatingwebhookconfigurations,clusterroles,clusterrolebindings',
      '-o=name',
      '-l=app.kubernetes.io/name=autoscrape',
    ]);
    expect(left).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});

function lines(outcome: string): string {
  return objects.map((object) => `${object} ${outcome}\n`).join('');
}
