import { describe, expect, test } from '@jest/globals';
import { locator, parseManifests } from '../../../src/manifests/index.ts';

const source = `# first
apiVersion: v1
kind: ConfigMap
metadata: {}
---
# second
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Service
    metadata:
      name: a
      labels: &labels
        app.kubernetes.io/name: etcd
        app: x
    spec:
      selector: *labels
      ports:
        - name: client
          port: 2379
        - port: 2380
`;

function lineOf(field: string): number {
  const parsed = parseManifests(source, 'f.yaml');
  if ('problems' in parsed) throw new Error('unreadable');
  const service = parsed.manifests[1];
  if (service === undefined) throw new Error('no Service');
  return locator(service.document)(service.path, field);
}

describe('the line of a field', () => {
  test.each([
    ['', 10],
    ['kind', 11],
    ['metadata.name', 13],
    ['metadata.labels', 14],
    ['metadata.labels.app', 16],
    ['metadata.labels.app.kubernetes.io/name', 15],
    ['metadata.labels["app.kubernetes.io/name"]', 15],
    ['spec.ports', 19],
    ['spec.ports[0].port', 21],
    ['spec.ports[1]', 22],
    // What is not there: the nearest that is.
    ['spec.ports[1].name', 22],
    ['spec.ports[7].name', 19],
    ['metadata.annotations.x', 12],
    ['spec.type', 17],
    ['nothing', 10],
    // Through an alias: where the text stands.
    ['spec.selector.app', 16],
  ])('%s is found', (field, line) => {
    expect(lineOf(field)).toBe(line);
  });
});
