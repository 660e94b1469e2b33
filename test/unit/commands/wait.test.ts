import { afterEach, expect, test } from '@jest/globals';
import { waitCommand } from '../../../src/commands/wait.ts';
import { type Ran, runCommand } from '../../support/command.ts';
import { type LiveServer, liveServer } from '../../support/live-command.ts';
import { type Behave, json } from '../../support/misbehaving-server.ts';

/** `wait` on a cluster that changes from one look to the next; time passes when it waits, and at no other moment. */

let live: LiveServer | undefined;

afterEach(async () => {
  await live?.[Symbol.asyncDispose]();
  live = undefined;
});

const labels = {
  'app.kubernetes.io/name': 'multipooler',
  'app.kubernetes.io/component': 'pooler',
};
const pool = {
  metadata: { name: 'pool', namespace: 'shop', uid: 'u', labels },
  spec: { selector: { app: 'pool' }, ports: [{ name: 'metrics', port: 9187 }] },
};
const scrape = {
  metadata: { name: 'pool', namespace: 'shop' },
  spec: {
    selector: { matchLabels: labels },
    endpoints: [{ port: 'metrics', path: '/metrics' }],
  },
};

/** What the cluster has at each look: by plural, and for good from the last one on. */
type Looks = readonly Readonly<Record<string, readonly object[]>>[];

/** An API server whose objects are those of the present look. */
const serving =
  (looks: Looks, at: () => number): Behave =>
  (asked, response) => {
    const path = asked.path.replace('/clusters/one', '').replace(/\?.*$/, '');
    const [, apiVersion, plural = ''] = /^\/apis?\/(.*)\/([a-z]+)$/.exec(path) ?? [];
    const items = looks[Math.min(at(), looks.length - 1)]?.[plural] ?? [];
    json(response, 200, { kind: 'AnyList', apiVersion, metadata: { resourceVersion: '7' }, items });
  };

async function wait(looks: Looks, ...args: string[]): Promise<Ran & { readonly pauses: number }> {
  let time = 0;
  let pauses = 0;
  await live?.[Symbol.asyncDispose]();
  live = await liveServer(serving(looks, () => pauses));
  const command = () =>
    waitCommand({
      now: () => time,
      pause: async (ms) => {
        time += ms;
        pauses += 1;
      },
    });
  const kubeconfig = `--kubernetes-kubeconfig=${live.kubeconfig}`;
  return { ...(await runCommand('wait', command, [kubeconfig, ...args])), pauses };
}

const nothing = { services: [pool] };
const covered = { services: [pool], vmservicescrapes: [scrape] };
const name = 'multipooler of shop (Service/pool)';

test('waits until a component is covered, and tells of it', async () => {
  const agents = { ...covered, vmagents: [agent()] };
  expect(await wait([nothing, nothing, agents], '--for=covered')).toEqual({
    code: 0,
    out: `${name} covered\n`,
    err: '',
    pauses: 2,
  });
});

test('gives up after a while, and says why', async () => {
  const ran = await wait([nothing], '--for=covered', '--timeout=10s', 'multipooler');
  expect(ran).toEqual({
    code: 1,
    out: '',
    err: `timed out\n${name} is uncovered: its scrape does not exist yet\n`,
    pauses: 5,
  });
  expect((await wait([nothing], '--for=covered', '--timeout=0')).pauses).toBe(0);
});

test('nothing to wait for ends with 1 at once', async () => {
  const none = { code: 1, out: '', err: 'there is no component to wait for\n', pauses: 0 };
  expect(await wait([{}], '--for=covered')).toEqual(none);
  expect(await wait([nothing], '--for=covered', 'etcd')).toEqual(none);
});

test('a store that is away may come: it is asked until the time is over', async () => {
  const store = ['--for=sampled', '--store=http://127.0.0.1:9', '--timeout=4s'];
  const { code, err, pauses } = await wait([nothing], ...store);
  expect({ code, pauses }).toEqual({ code: 1, pauses: 2 });
  expect(err).toMatch(/^timed out\n--store http:\S+: .*ECONNREFUSED/);
});

test('what is wrong with the command line is told at once', async () => {
  const wrong = await wait([nothing], 'etdc', '--timeout=soon');
  expect(wrong.err.split('\n')).toEqual([
    '--timeout: found "soon", expected a duration as 90s or 5m',
    expect.stringMatching(/^COMPONENT: found "etdc", expected .*did you mean etcd\?$/),
    '--for: expected sampled or covered',
    '',
  ]);
  const { code, err } = await wait([nothing], '--for=sampled');
  expect([code, err]).toEqual([
    2,
    '--for=sampled: name the store that is asked with --store URL\n',
  ]);
});

function agent(): object {
  return {
    metadata: { name: 'main', namespace: 'monitoring' },
    spec: { selectAllByDefault: true },
  };
}
