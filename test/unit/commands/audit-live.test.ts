import { afterEach, describe, expect, test } from '@jest/globals';
import { auditCommand } from '../../../src/commands/audit.ts';
import { type Ran, runCommand } from '../../support/command.ts';
import { type LiveServer, liveServer } from '../../support/live-command.ts';
import { type Behave, json, status } from '../../support/misbehaving-server.ts';

/** `audit` of a live cluster whose answers are not those of a whole one. */

let live: LiveServer | undefined;

afterEach(async () => {
  await live?.[Symbol.asyncDispose]();
  live = undefined;
});

async function audit(behave: Behave, ...args: string[]): Promise<Ran> {
  await live?.[Symbol.asyncDispose]();
  live = await liveServer(behave);
  const kubeconfig = `--kubernetes-kubeconfig=${live.kubeconfig}`;
  return runCommand('audit', auditCommand, [kubeconfig, ...args]);
}

const pool = {
  metadata: {
    name: 'pool',
    namespace: 'shop',
    uid: 'u',
    labels: { 'app.kubernetes.io/name': 'multipooler', 'app.kubernetes.io/component': 'pooler' },
  },
  spec: { selector: { app: 'pool' }, ports: [{ name: 'metrics', port: 9187 }] },
};

/** An API server with one Service, and only built-in resources; `instead` may answer first. */
const plain =
  (instead: Behave = () => {}): Behave =>
  async (asked, response) => {
    await instead(asked, response);
    if (response.headersSent) return;
    const path = asked.path.replace('/clusters/one', '');
    if (path === '/apis') {
      const groups = [{ name: 'apps', versions: [{ version: 'v1' }] }];
      json(response, 200, { kind: 'APIGroupList', groups });
      return;
    }
    const [, apiVersion, plural] = /^\/(?:api|apis)\/((?:apps\/)?v1)\/(\w+)$/.exec(path) ?? [];
    if (plural === undefined) {
      response.writeHead(404).end('404 page not found');
      return;
    }
    const items = plural === 'services' ? [pool] : [];
    json(response, 200, { kind: 'AnyList', apiVersion, metadata: { resourceVersion: '7' }, items });
  };

describe('nothing is audited', () => {
  test('where everything is a 404: one sentence says it', async () => {
    const ran = await audit((_, response) => void response.writeHead(404).end('not found'));
    expect(ran.code).toBe(2);
    expect([ran.out, ran.err]).toEqual([
      '',
      `the server at ${live?.address} is no API server: it answers 404 to everything; its address may need another path, or is that of something else\n`,
    ]);
  });

  test('where everything is a page: one sentence says it', async () => {
    const ran = await audit((_, response) => void response.writeHead(200).end('<html>\n'));
    expect(ran.code).toBe(2);
    expect([ran.out, ran.err]).toEqual([
      '',
      `the server at ${live?.address} is no API server: it answers everything with something else than lists of objects; its address may need another path, or is that of something else\n`,
    ]);
  });

  test('where Services are a 404 alone', async () => {
    const ran = await audit(
      plain(({ path }, response) => {
        if (path.endsWith('/services')) json(response, 404, status(404, 'NotFound', 'no such'));
      }),
    );
    expect([ran.code, ran.out]).toEqual([2, '']);
    expect(ran.err).toContain("services can't be read: no such\n");
  });
});

describe('that the API server has no VMServiceScrapes', () => {
  const sentence = 'scrapes: the API server has no VMServiceScrapes';

  test('is the first thing that is said', async () => {
    const ran = await audit(plain());
    expect(ran.out.split('\n')[0]).toBe(sentence);
    expect(ran.out).toContain(
      '\n  uncovered  multipooler  shop       Service/pool  [component-uncovered]\n',
    );
    expect(ran.out).toContain('Fix: install the VictoriaMetrics operator with its definitions');
    expect(ran.out).not.toContain('apply it');
  });

  test('is the first of the gaps as JSON, and a warning of a workflow', async () => {
    const { gaps, coverage } = JSON.parse((await audit(plain(), '-o', 'json')).out);
    expect([gaps, coverage.length]).toEqual([[sentence], 1]);
    const github = await audit(plain(), '-o', 'github');
    expect(github.out.split('\n')[0]).toBe(`::warning title=autoscrape::${sentence}`);
  });

  test('is not said, nor that there are none, where only a 404 says so', async () => {
    const ran = await audit(
      plain(({ path }, response) => {
        if (path.endsWith('/apis')) json(response, 404, status(404, 'NotFound'));
      }),
      '-o',
      'json',
    );
    expect(ran.err).toContain("vmservicescrapes can't be read: 404 page not found\n");
    const { gaps, coverage } = JSON.parse(ran.out);
    expect([gaps, coverage]).toEqual([undefined, []]);
  });
});
