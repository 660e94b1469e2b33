import { describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { auditCommand } from '../../../src/commands/audit.ts';
import type { FileSystem } from '../../../src/manifests/index.ts';
import { runCommand, type World } from '../../support/command.ts';
import { fixtures } from '../../support/objects.ts';
import { readFiles, reviewOf } from '../../support/review.ts';

const audit = (args: readonly string[], world?: World) =>
  runCommand('audit', auditCommand, args, world);

const labels = '{ app.kubernetes.io/name: multipooler, app.kubernetes.io/component: pooler }';
const pool = `apiVersion: v1
kind: Service
metadata: { name: pool, namespace: shop, labels: ${labels} }
spec: { selector: { app: pool }, ports: [{ name: metrics, port: 9187 }] }
`;
const scrape = (name: string) => `apiVersion: operator.victoriametrics.com/v1beta1
kind: VMServiceScrape
metadata: { name: ${name}, namespace: shop }
spec: { selector: { matchLabels: ${labels} }, endpoints: [{ port: metrics, path: /metrics }] }
`;
const elsewhere = scrape('elsewhere').replace('pooler }', 'other }');

const coverage = (out: string) =>
  JSON.parse(out).coverage.map((one: { component: string; state: string }) => [
    one.component,
    one.state,
  ]);

describe('autoscrape audit of dumped objects', () => {
  test('says what reads each component now', async () => {
    const ran = await audit(['-f', '-'], { input: `${pool}---\n${scrape('mine')}` });
    expect(ran).toEqual({
      code: 0,
      err: '',
      out: `2 objects, 1 of components, 1 covered, 1 finding.

Namespaces
  NAMESPACE  COMPONENTS  STATES
  shop       1           1 covered

What admission would add
  Service shop/pool  -
    + label app.kubernetes.io/instance: pool
    + label app.kubernetes.io/part-of: multigres

Findings
  info -:6: VMServiceScrape shop/mine [incomplete-input]
    there is no VMAgent that scrapes in the input, so that nothing is said of which one takes the scrape
    Fix: add the agents, as in: kubectl get vmagents,vmsingles -A -o yaml
`,
    });
  });

  test('says what is not read, and which scrape is missing', async () => {
    const ran = await audit(['-f', '-', '--fail-on', 'warning'], {
      input: `${pool}---\n${elsewhere}`,
    });
    expect(ran.code).toBe(1);
    expect(ran.out).toContain(`
Missing scrapes, which autoscrape makes where it runs
  shop/pool-metrics  reads Service pool: port metrics, /metrics every 30s
`);
    expect(ran.out).toContain(`
  STATE      COMPONENT    NAMESPACE  PODS OF
  uncovered  multipooler  shop       Service/pool  [component-uncovered]
    its scrape does not exist yet
    Fix: run autoscrape, which makes VMServiceScrape shop/pool-metrics, or apply it: -o json has it whole
`);
  });

  test('of many that lack the same says the reason once', async () => {
    const pools = Array.from({ length: 25 }, (_, index) =>
      pool.replace('name: pool,', `name: pool-${index},`).replace('app: pool', `app: p${index}`),
    );
    const { out } = await audit(['-f', '-'], { input: [...pools, elsewhere].join('---\n') });
    expect(out.match(/its scrape does not exist yet/g)).toHaveLength(1);
    expect(out).toContain('\n  and 5 more, all of them with --only uncovered\n');
    expect(out).toContain('\n  and 5 more scrapes; -o json has all\n');
    expect(out).toContain(
      '\n  and 20 more objects; -o json has all\n    + label app.kubernetes.io/instance\n',
    );
    expect(out.split('\n').length).toBeLessThan(75);
    const all = await audit(['-f', '-', '--only', 'uncovered'], {
      input: [...pools, elsewhere].join('---\n'),
    });
    expect(all.out.match(/^ {2}uncovered /gm)).toHaveLength(25);
  });

  test('shows all of some states, and nothing else', async () => {
    const input = `${pool}---\n${scrape('mine')}`;
    expect((await audit(['-f', '-', '--only', 'covered,pushed'], { input })).out).toBe(`Coverage
  STATE    COMPONENT    NAMESPACE  PODS OF
  covered  multipooler  shop       Service/pool
    read once, by scrape mine through Service pool
`);
    const none = await audit(['-f', '-', '--only', 'unread', '-o', 'json'], { input });
    expect(coverage(none.out)).toEqual([]);
    const wrong = await audit(['-f', '-', '--only', 'sampld', '-o', 'html'], { input });
    expect([wrong.code, wrong.err]).toEqual([
      2,
      `--only: not with -o html
--only: found "sampld", expected uncovered, unread, duplicated, unknown, silent, opted-out, pushed, covered, none, stale, not-known, sampled; did you mean sampled?
`,
    ]);
  });

  test('breaks reasons at the width of a terminal', async () => {
    const command = (files: FileSystem) => auditCommand(files, { isTTY: true, columns: 70 });
    const ran = await runCommand('audit', command, ['-f', '-'], {
      input: `${pool}---\n${elsewhere}`,
      environment: { NO_COLOR: '1' },
    });
    expect(ran.out).toContain(`
    Fix: run autoscrape, which makes VMServiceScrape
    shop/pool-metrics, or apply it: -o json has it whole
`);
  });

  test('says what is read twice', async () => {
    const ran = await audit(['-f', '-', '-o', 'github'], {
      input: [pool, scrape('a'), scrape('b')].join('---\n'),
    });
    expect(ran.out).toContain(
      '::warning title=autoscrape%3A component-duplicated::Service shop/pool: the metrics of multipooler are read more than once: shop/a through pool and shop/b through pool%0AFix: remove all but one of these scrapes, or narrow them\n',
    );
  });

  test('takes a dump without scrapes for incomplete, not for a cluster without any', async () => {
    const ran = await audit(['-f', '-', '-o', 'json'], { input: pool });
    const { scrapes, findings } = JSON.parse(ran.out);
    expect([coverage(ran.out), scrapes]).toEqual([[], []]);
    expect(
      findings.map(({ code, message }: { code: string; message: string }) => [code, message]),
    ).toEqual([
      [
        'incomplete-input',
        'there is no VMServiceScrape in the input, so that nothing is said of what reads its metrics',
      ],
    ]);
  });

  test('assumes nothing to be admitted: what lacks its port has none', async () => {
    const bare = pool.replace(
      'ports: [{ name: metrics, port: 9187 }]',
      'ports: [{ name: sql, port: 5432 }]',
    );
    const pods = `apiVersion: v1
kind: Pod
metadata: { name: pool-0, namespace: shop, labels: { app: pool, app.kubernetes.io/part-of: multigres } }
spec: { containers: [{ name: main, image: x, ports: [{ containerPort: 5432 }] }] }
`;
    const ran = await audit(['-f', '-', '-o', 'json'], {
      input: [bare, pods, elsewhere].join('---\n'),
    });
    expect(JSON.parse(ran.out).coverage[0].because).toBe(
      'Service pool has no port metrics (9187), and no container of its pods declares it',
    );
  });

  test('of what a review would lead to finds it covered', async () => {
    const input = await readFiles(`${fixtures}/operator-today`);
    const { scrapes, coverage: expected } = reviewOf(input);
    const stored = scrapes.map(({ manifest }) => `---\n${stringify(manifest)}`).join('');
    const objects = input.flatMap((file) => file.documents.map(({ text }) => text)).join('\n---\n');
    const ran = await audit(['-f', '-', '-o', 'json'], { input: objects + stored });
    expect(JSON.parse(ran.out).coverage).toEqual(expected);
    expect(JSON.parse(ran.out).scrapes).toEqual([]);
  });

  test('tells all that is wrong with the command line at once', async () => {
    expect(await audit(['stray', '-o', 'pdf', '--fail-on', 'all'])).toEqual({
      code: 2,
      out: '',
      err: [
        '"stray": audit takes flags alone',
        '--output: found "pdf", expected table, json, github, gitlab, sarif, junit, html',
        '--fail-on: found "all", expected error, warning, info, none',
        '',
      ].join('\n'),
    });
  });

  test('of a live cluster says how none was found', async () => {
    const ran = await audit(['--kubernetes-kubeconfig=/nowhere/config']);
    expect(ran.code).toBe(2);
    expect(ran.err).toMatch(/\/nowhere\/config.*; or name dumped objects with -f\n$/);
  });
});
