import { describe, expect, test } from '@jest/globals';
import { audited, type Standing, standing } from '../../../src/review/index.ts';
import { fileOf, reviewOptions } from '../../support/review.ts';

const operator = 'operator.victoriametrics.com/v1beta1';

const topo = `apiVersion: v1
kind: Service
metadata: { name: topo, namespace: shop, labels: { app.kubernetes.io/part-of: multigres, app.kubernetes.io/component: etcd } }
spec: { selector: { app.kubernetes.io/part-of: multigres, app.kubernetes.io/component: etcd }, ports: [{ name: client, port: 2379 }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: topo, namespace: shop, labels: { app.kubernetes.io/part-of: multigres, app.kubernetes.io/component: etcd } }
spec:
  selector: { matchLabels: { app.kubernetes.io/part-of: multigres, app.kubernetes.io/component: etcd } }
  template:
    metadata: { labels: { app.kubernetes.io/part-of: multigres, app.kubernetes.io/component: etcd } }
    spec: { containers: [{ name: etcd, image: etcd, ports: [{ name: client, containerPort: 2379 }] }] }
`;

const scrape = `apiVersion: ${operator}
kind: VMServiceScrape
metadata: { name: topo, namespace: shop, labels: { team: b } }
spec: { selector: { matchLabels: { app.kubernetes.io/component: etcd } }, endpoints: [{ port: client }] }
`;

const agent = `apiVersion: ${operator}
kind: VMAgent
metadata: { name: main, namespace: shop }
spec: { serviceScrapeSelector: { matchLabels: { team: a } } }
`;

/** What an audit says of some objects, and what a running autoscrape does that watches the same. */
function both(...documents: readonly string[]) {
  const { review, context } = audited([fileOf(documents.join('---\n'))], {
    ...reviewOptions(),
    known: undefined,
  });
  const steps = standing(context);
  let step: IteratorResult<undefined, Standing> = steps.next();
  while (!step.done) step = steps.next();
  return { audit: review, status: step.value };
}

describe('what /status says of what is stored', () => {
  test('is what an audit says: the coverage, and that no agent takes a scrape', () => {
    const { audit, status } = both(topo, scrape, agent);
    expect(status.coverage).toEqual(audit.coverage);
    expect(status.coverage.map(({ state, link }) => [state, link])).toEqual([['unread', 'agent']]);
    const notSelected = status.findings.filter(({ code }) => code === 'not-selected');
    expect(notSelected.map(({ message }) => message)).toEqual(
      audit.findings.flatMap(({ code, message }) => (code === 'not-selected' ? [message] : [])),
    );
    expect(notSelected).toHaveLength(1);
  });

  test('and nothing of the kind where an agent takes it', () => {
    const { audit, status } = both(topo, scrape.replace('team: b', 'team: a'), agent);
    expect(status.coverage).toEqual(audit.coverage);
    expect(status.coverage.map(({ state }) => state)).toEqual(['covered']);
    expect(status.findings).toEqual([]);
  });
});
