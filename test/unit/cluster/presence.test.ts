import type { ServerResponse } from 'node:http';
import { afterEach, expect, test } from '@jest/globals';
import { isBuiltIn, presenceOf, resources } from '../../../src/cluster/api/index.ts';
import { json, type Misbehaving, misbehaving, status } from '../../support/misbehaving-server.ts';

let server: Misbehaving | undefined;

afterEach(() => server?.stop());

type Answer = (response: ServerResponse) => void;

const says =
  (body: object): Answer =>
  (response) =>
    json(response, 200, body);
const refuses =
  (code: number): Answer =>
  (response) =>
    json(response, code, status(code, 'NotFound'));
const html: Answer = (response) => void response.writeHead(200).end('<html>Sign in</html>\n');

const group = 'operator.victoriametrics.com';
const resourceList = (...plurals: string[]): Answer =>
  says({
    kind: 'APIResourceList',
    groupVersion: `${group}/v1beta1`,
    resources: plurals.map((name) => ({ name, kind: name, namespaced: true })),
  });
const groupList = (...groups: [string, string][]): Answer =>
  says({
    kind: 'APIGroupList',
    groups: groups.map(([name, version]) => ({ name, versions: [{ version }] })),
  });
const apps: [string, string] = ['apps', 'v1'];

test.each<[string, Answer, Answer, string]>([
  ['its group lists it', resourceList('vmservicescrapes', 'vmagents'), refuses(500), 'served'],
  ['its group leaves it out', resourceList('vmagents'), refuses(500), 'absent'],
  ['the groups leave its group out', refuses(404), groupList(apps), 'absent'],
  ['its group has another version', refuses(404), groupList(apps, [group, 'v1']), 'absent'],
  ['the groups contradict', refuses(404), groupList(apps, [group, 'v1beta1']), 'unknown'],
  ['everything is a 404', refuses(404), refuses(404), 'unknown'],
  ['nothing may be read', refuses(403), refuses(403), 'unknown'],
  ['the server fails', refuses(500), groupList(apps), 'unknown'],
  ['its group is answered by HTML', html, groupList(apps), 'unknown'],
  ['the groups are answered by HTML', refuses(404), html, 'unknown'],
  ['no group is there', refuses(404), groupList(), 'unknown'],
  ['the groups are JSON of something else', refuses(404), says({ groups: [] }), 'unknown'],
  ['its group is JSON of something else', says({ resources: [] }), groupList(apps), 'unknown'],
])('where %s', async (_, ofGroup, ofGroups, expected) => {
  server = await misbehaving(({ path }, response) => {
    if (path === '/apis') ofGroups(response);
    else ofGroup(response);
  });
  expect(await presenceOf(server.client, resources.scrapes, { retries: 0 })).toBe(expected);
});

test('what every API server has can not be absent', () => {
  const custom = Object.entries(resources).filter(([, resource]) => !isBuiltIn(resource));
  expect(custom.map(([name]) => name)).toEqual([
    'scrapes',
    'podScrapes',
    'staticScrapes',
    'agents',
    'singles',
    'podMonitors',
    'serviceMonitors',
  ]);
});
