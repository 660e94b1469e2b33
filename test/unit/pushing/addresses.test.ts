import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { parseObject } from '../../../src/kubernetes/index.ts';
import { addressOf, type Receiver } from '../../../src/pushing/index.ts';

const root = join(import.meta.dirname, '../../..');

function sample(name: string): Receiver {
  const text = readFileSync(join(root, 'deploy/samples', name), 'utf8');
  for (const document of parseAllDocuments(text)) {
    const object = parseObject(document.toJS());
    if (object?.kind === 'VMAgent' || object?.kind === 'VMCluster') return object;
    if (object?.kind === 'VMSingle') return object;
  }
  throw new Error(`there is no receiver in ${name}`);
}

test.each(['vmsingle.yaml', 'vmcluster.yaml', 'vmagent.yaml'])(
  'docs/receivers.md has the address that is worked out for deploy/samples/%s',
  (name) => {
    const page = readFileSync(join(root, 'docs/receivers.md'), 'utf8');
    const base = addressOf(sample(name))?.base;
    expect(base).toBeDefined();
    expect(page).toContain(`OTEL_EXPORTER_OTLP_ENDPOINT=${base}\n`);
  },
);
