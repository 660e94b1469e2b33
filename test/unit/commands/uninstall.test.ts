import { afterEach, expect, test } from '@jest/globals';
import { command } from '../../../src/commands/uninstall.ts';
import { type Ran, runCommand } from '../../support/command.ts';
import { type LiveServer, liveServer } from '../../support/live-command.ts';
import { type Behave, json, status } from '../../support/misbehaving-server.ts';

/** `uninstall` where something in between answers: that nothing is there is said only where it is known. */

let live: LiveServer | undefined;

afterEach(async () => {
  await live?.[Symbol.asyncDispose]();
  live = undefined;
});

async function uninstall(behave: Behave, ...args: string[]): Promise<Ran> {
  live = await liveServer(behave);
  const kubeconfig = `--kubernetes-kubeconfig=${live.kubeconfig}`;
  return runCommand('uninstall', () => command, [kubeconfig, ...args]);
}

const registrations = '/apis/admissionregistration.k8s.io/v1/';
const mutating = { metadata: { name: 'autoscrape', uid: 'u', resourceVersion: '1' } };

/** An API server with one registration and without VMServiceScrapes; `instead` may answer first. */
const plain =
  (instead: Behave = () => {}): Behave =>
  async (asked, response) => {
    await instead(asked, response);
    if (response.headersSent) return;
    const path = asked.path.replace('/clusters/one', '');
    if (path === '/apis') {
      const groups = [{ name: 'apps', versions: [{ version: 'v1' }] }];
      json(response, 200, { kind: 'APIGroupList', groups });
    } else if (asked.method === 'DELETE') json(response, 200, { kind: 'Status' });
    else if (path.startsWith(registrations)) {
      json(response, 200, {
        kind: 'AnyList',
        apiVersion: 'admissionregistration.k8s.io/v1',
        metadata: { resourceVersion: '7' },
        items: path.includes('/mutating') ? [mutating] : [],
      });
    } else json(response, 404, status(404, 'NotFound', 'no such path'));
  };

test('removes the registrations, and no scrapes where the API server has none', async () => {
  expect(await uninstall(plain(), '--scrapes')).toEqual({
    code: 0,
    out: 'removed mutatingwebhookconfigurations autoscrape\n',
    err: '',
  });
});

test('of a server that answers 404 to everything says that nothing could be listed', async () => {
  const ran = await uninstall((_, response) =>
    json(response, 404, status(404, 'NotFound', 'no such path')),
  );
  expect(ran).toEqual({
    code: 1,
    out: '',
    err: [
      "mutatingwebhookconfigurations can't be listed: no such path\n",
      "validatingwebhookconfigurations can't be listed: no such path\n",
    ].join(''),
  });
});

test('does not take scrapes for gone because of a 404 alone', async () => {
  const ran = await uninstall(
    plain(({ path }, response) => {
      if (path.endsWith('/apis')) response.writeHead(200).end('<html>');
    }),
    '--scrapes',
  );
  expect([ran.code, ran.err]).toEqual([1, "vmservicescrapes can't be listed: no such path\n"]);
});

test('does not take a registration for removed because of a 404 of something in between', async () => {
  const ran = await uninstall(
    plain(({ method }, response) => {
      if (method === 'DELETE') json(response, 404, status(404, 'NotFound', 'no such path'));
    }),
  );
  expect([ran.code, ran.out, ran.err]).toEqual([
    1,
    '',
    "mutatingwebhookconfigurations autoscrape can't be removed: no such path\n",
  ]);
});
