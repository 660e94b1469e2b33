import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import * as v from 'valibot';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { startEtcd } from '../../tools/etcd.ts';
import { StartError } from '../../tools/processes.ts';
import { api, auditEvents, makeNamespace, sharedControlPlane } from '../support/control-plane.ts';
import { isAlive, until } from '../support/processes.ts';

const services = '/api/v1/namespaces/default/services';

function service(name: string): object {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { ports: [{ port: 80 }] } };
}

test('a stopped control plane leaves no process and no folder', async () => {
  const plane = await startControlPlane({ label: 'stopped' });
  const pids = pidsOf(plane);
  const running = { alive: pids.map(isAlive), folder: existsSync(plane.folder) };
  const created = await api(plane, 'POST', services, { body: service('one') });
  await plane.stop();
  await plane.stop();
  expect({ created: created.status, ...running }).toEqual({
    created: 201,
    alive: [true, true, true],
    folder: true,
  });
  expect({ alive: pids.map(isAlive), folder: existsSync(plane.folder) }).toEqual({
    alive: [false, false, false],
    folder: false,
  });
});

test('the API server and etcd come back with their data on the same ports', async () => {
  const plane = await startControlPlane({ label: 'outage', controllerManager: false });
  try {
    await api(plane, 'POST', services, { body: service('kept') });
    await plane.apiServer.stop();
    await expect(api(plane, 'GET', services)).rejects.toThrow('ECONNREFUSED');
    await plane.etcd.stop();
    await plane.etcd.start();
    await plane.apiServer.start();
    const { status } = await api(plane, 'GET', `${services}/kept`);
    expect(status).toBe(200);
  } finally {
    await plane.stop();
  }
});

test('a control plane that cannot start says why and leaves nothing', async () => {
  const label = `broken-${process.pid}`;
  const starting = startControlPlane({ label, apiServerFlags: ['--no-such-flag'] });
  await expect(starting).rejects.toThrow(
    /kube-apiserver ended with exit code 1.*unknown flag: --no-such-flag/s,
  );
  expect((await readdir(tmpdir())).filter((name) => name.includes(label))).toEqual([]);
});

test('a port that somebody else has is an error that says so', async () => {
  const first = await startEtcd();
  try {
    const port = Number(new URL(first.clientUrl).port);
    const second = startEtcd({ clientPort: port });
    await expect(second).rejects.toThrow('address already in use');
    await expect(second).rejects.toBeInstanceOf(StartError);
  } finally {
    await first.stop();
  }
});

test('nothing outlives a parent that is killed', async () => {
  const { child, held } = await hold('killed');
  const before = { alive: held.pids.map(isAlive), folder: existsSync(held.folder) };
  child.kill('SIGKILL');
  await until(() => !held.pids.some(isAlive) && !existsSync(held.folder));
  expect(before).toEqual({ alive: [true, true, true], folder: true });
});

test('there are users with the rights that RBAC gives them, and an audit log only if wanted', async () => {
  const plane = await startControlPlane({
    label: 'users',
    controllerManager: false,
    audit: false,
    users: [{ name: 'somebody', token: 'a-token', groups: ['some-group'] }],
  });
  try {
    const { status, body } = await api(plane, 'GET', services, { token: 'a-token' });
    expect({ status, auditLog: plane.auditLog }).toEqual({ status: 403, auditLog: undefined });
    expect(body).toHaveProperty('message', expect.stringContaining('User "somebody" cannot list'));
  } finally {
    await plane.stop();
  }
});

test('the shared audit log has what was written, once, and what came of it', async () => {
  const plane = await sharedControlPlane();
  const namespace = await makeNamespace(plane, 'audit');
  await api(plane, 'POST', `/api/v1/namespaces/${namespace}/services`, { body: service('seen') });
  const writes = async () =>
    (await auditEvents(plane, namespace)).filter(
      ({ objectRef }) => objectRef?.resource === 'services',
    );
  await until(async () => (await writes()).length > 0);
  expect(await writes()).toEqual([
    expect.objectContaining({
      verb: 'create',
      user: expect.objectContaining({ username: 'admin' }),
      objectRef: expect.objectContaining({ namespace, name: 'seen' }),
      requestObject: expect.objectContaining({
        metadata: expect.objectContaining({ name: 'seen' }),
      }),
      responseObject: expect.objectContaining({ metadata: expect.objectContaining({ namespace }) }),
    }),
  ]);
});

test('a StatefulSet gets its pods, and its namespace can be deleted to its end', async () => {
  const plane = await sharedControlPlane();
  const namespace = await makeNamespace(plane, 'workload');
  const labels = { app: 'x' };
  const statefulSet = {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db' },
    spec: {
      serviceName: 'db',
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'c' }] } },
      volumeClaimTemplates: [
        {
          metadata: { name: 'data' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
        },
      ],
    },
  };
  await api(plane, 'POST', `/apis/apps/v1/namespaces/${namespace}/statefulsets`, {
    body: statefulSet,
  });
  const pod = `/api/v1/namespaces/${namespace}/pods/db-0`;
  await until(async () => (await api(plane, 'GET', pod)).status === 200);
  await api(plane, 'DELETE', `/api/v1/namespaces/${namespace}`);
  await until(
    async () => (await api(plane, 'GET', `/api/v1/namespaces/${namespace}`)).status === 404,
  );
});

function pidsOf({ etcd, apiServer, controllerManager }: ControlPlane): number[] {
  return [etcd.pid, apiServer.pid, controllerManager.pid].flatMap((pid) => pid ?? []);
}

const heldSchema = v.object({ folder: v.string(), pids: v.array(v.number()) });

/** A process of its own that holds a control plane. */
async function hold(label: string) {
  const program = fileURLToPath(new URL('../../tools/hold.ts', import.meta.url));
  const child = spawn(process.execPath, [program, label], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout })) {
    return { child, held: v.parse(heldSchema, JSON.parse(line)) };
  }
  throw new Error('tools/hold.ts said nothing');
}
