import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { builtInCatalogue } from '../../../src/catalogue/index.ts';
import { defaultRegistration, registration } from '../../../src/registration/index.ts';
import { ownerGroups } from '../../../tools/generate/chart/registration.ts';

const base = join(import.meta.dirname, '../../../deploy/kustomize/base');

function documents(file: string): unknown[] {
  return parseAllDocuments(readFileSync(join(base, file), 'utf8')).map((one) => one.toJS());
}

test('the registration of the plain manifests is what the catalogue gives: `npm run generate` renews it', () => {
  const { mutating, validating } = registration(builtInCatalogue(), defaultRegistration);
  const labels = expect.objectContaining(mutating.metadata.labels);
  expect(documents('webhooks.yaml')).toEqual(
    [mutating, validating].map((one) => ({ ...one, metadata: { ...one.metadata, labels } })),
  );
});

test('the kustomization has every manifest', () => {
  const manifests = readdirSync(base).filter((name) => /(?<!kustomization)\.yaml$/.test(name));
  const [kustomization] = documents('kustomization.yaml');
  expect(kustomization).toHaveProperty('resources');
  const listed = Object(kustomization).resources;
  expect([...listed].sort()).toEqual(manifests.sort());
});

test('the registration leaves out the namespace, knows the account and reaches the Service of the manifests', () => {
  const metadata = (file: string) => Object(documents(file)[0]).metadata;
  const [service] = documents('service.yaml').map(Object);
  const { namespace, reach, username } = defaultRegistration;
  const account = metadata('serviceaccount.yaml');
  expect({
    namespace: metadata('namespace.yaml').name,
    reach: { service: service.metadata.name, port: service.spec.ports[0].port },
    username: `system:serviceaccount:${account.namespace}:${account.name}`,
  }).toEqual({ namespace, reach, username });
});

test("the owners' groups that may be read are those of the catalogue", () => {
  const [role] = documents('rbac.yaml').map(Object);
  const rule = role.rules.find(({ resources }: { resources: string[] }) => resources[0] === '*');
  expect(rule).toEqual({
    apiGroups: ownerGroups(builtInCatalogue()),
    resources: ['*'],
    verbs: ['get'],
  });
});
