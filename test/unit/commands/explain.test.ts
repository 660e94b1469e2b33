import { describe, expect, test } from '@jest/globals';
import { explainCommand } from '../../../src/commands/explain.ts';
import { runCommand, type World } from '../../support/command.ts';
import { expectGolden } from '../../support/golden.ts';
import { fixtures } from '../../support/objects.ts';

const shop = new URL('../../fixtures/review/shop', import.meta.url).pathname;

const explain = (args: readonly string[], world?: World) =>
  runCommand('explain', explainCommand, args, world);

describe('autoscrape explain', () => {
  test.each([
    ['a Service that is scraped', 'svc/orders-etcd-headless', 0],
    ['one beside it, that is not', 'service/orders-etcd', 0],
    ['a workload', 'deploy/front', 0],
    ['a foreign Service', 'services/webshop', 0],
    ['a scrape that reads nothing', 'vmservicescrape/webshop', 1],
  ])('of %s prints the whole chain', async (_what, subject, code) => {
    const ran = await explain([subject, '-n', 'shop', '-f', shop]);
    expect(ran.code).toBe(code);
    await expectGolden(`explain/${subject.replace('/', '-')}.txt`, ran.out);
  });

  test('of a pod with two components prints both', async () => {
    const subject = 'pod/shop-postgres-default-0-inf-pool-default-zone-a-b81cd3e4-0';
    const ran = await explain([subject, '-f', `${fixtures}/operator-today`]);
    expect(ran.code).toBe(0);
    await expectGolden('explain/pod.txt', ran.out);
  });

  test('of a workload that no Service selects says where the chain breaks', async () => {
    const ran = await explain(['deployment/bare', '-f', `${fixtures}/draft`]);
    expect(ran.code).toBe(1);
    expect(ran.out).toContain(`4. No Service selects its pods, so that nothing finds them
   The chain breaks here.
`);
    expect(ran.out).toContain('5. So multiorch in Deployment/bare is uncovered\n');
  });

  test('where the input lacks Services says that it can not be told, and breaks nowhere', async () => {
    const input =
      'apiVersion: v1\nkind: Pod\nmetadata: { name: a, labels: { app.kubernetes.io/name: multiorch, app.kubernetes.io/component: orch } }\n';
    const ran = await explain(['po/a', '-f', '-'], { input });
    expect(ran.code).toBe(0);
    expect(ran.out).toContain(
      "Whether a Service selects its pods can't be told: no Service is known",
    );
  });

  test('says which agent gets the job of a scrape, and breaks where none does', async () => {
    const objects = (agent: string) => `apiVersion: v1
kind: Service
metadata: { name: web, labels: { app: web } }
spec: { selector: { app: web }, ports: [{ name: metrics, port: 9090 }] }
---
apiVersion: operator.victoriametrics.com/v1beta1
kind: VMServiceScrape
metadata: { name: web }
spec: { selector: { matchLabels: { app: web } }, endpoints: [{ port: metrics }] }
---
apiVersion: operator.victoriametrics.com/v1beta1
kind: VMAgent
metadata: { name: main }
spec: { ${agent} }
`;
    const taken = await explain(['scrape/web', '-f', '-'], {
      input: objects('selectAllByDefault: true'),
    });
    expect(taken.code).toBe(0);
    expect(taken.out).toContain('VMAgent default/main takes the scrape; this is the job:\n');
    const left = await explain(['scrape/web', '-f', '-'], { input: objects('') });
    expect(left.code).toBe(1);
    expect(left.out).toContain('no VMAgent takes the scrape; one that did would get this job:\n');
    expect(left.out).toContain('[not-selected]\n   The chain breaks here.\n');
  });

  test('of a code prints what it means', async () => {
    const ran = await explain(['component-uncovered']);
    expect(ran).toEqual({
      code: 0,
      err: '',
      out: `component-uncovered (warning)

A component exposes metrics, and nothing reads them.

Where the input has Services at all, one that selects the pods is missing, or none of those that do
leads to the port. The finding says which it is.
`,
    });
  });

  test.each([
    [
      ['svc/orders-etc', '-n', 'shop', '-f', shop],
      'there is no Service shop/orders-etc in the input; did you mean orders-etcd?',
    ],
    [
      ['svc/front', '-f', shop],
      'there is no Service front in namespace default, but in shop: -n shop',
    ],
    [
      ['servise/front', '-f', shop],
      '"servise" is no kind that can be explained; did you mean service?',
    ],
    [
      ['bad-duratoin'],
      '"bad-duratoin" is neither KIND/NAME nor the code of a finding; did you mean bad-duration?',
    ],
    [[], 'what to explain is missing: KIND/NAME, as service/orders-etcd, or a code'],
    [['svc/a', 'svc/b', '-f', shop], 'one object at a time: "svc/b" is too much'],
  ])('%j is told what is wrong', async (args, message) => {
    const ran = await explain(args);
    expect(ran.code).toBe(2);
    expect(ran.out).toBe('');
    expect(ran.err.split('\n')).toContain(message);
  });
});
