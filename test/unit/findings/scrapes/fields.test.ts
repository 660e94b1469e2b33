import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { scrapeFindings } from '../../../../src/findings/scrapes/scrape.ts';
import { Inventory } from '../../../../src/inventory/inventory.ts';
import { compiledScrapeSchema } from '../../../../tools/generate/scrape-schema.ts';
import { scrape } from '../../inventory/build.ts';

const root = join(import.meta.dirname, '../../../..');

test('the schema is what the definition says (npm run generate renews it)', () => {
  const definition = readFileSync(join(root, 'test/fixtures/crds/vmservicescrape.yaml'), 'utf8');
  const compiled = readFileSync(join(root, 'src/findings/scrapes/scrape-schema.ts'), 'utf8');
  expect(compiledScrapeSchema(definition)).toBe(compiled);
});

/** What is said of the form of a scrape, where nothing else is known. */
function told(spec: object): string[] {
  const selector = { matchLabels: { app: 'db' } };
  return scrapeFindings(scrape('s', { selector, ...spec }), new Inventory()).map(
    ({ code, field, message, fix }) => `${code} ${field}: ${message}; ${fix}`,
  );
}

const port = { port: 'metrics' };

describe('a field that does not exist', () => {
  const placed: Readonly<Record<string, readonly [spec: object, field: string, fix: string]>> = {
    'of each endpoint, beside them': [
      { honorLabels: true, endpoints: [port] },
      'spec.honorLabels',
      'move it to spec.endpoints[0].honorLabels',
    ],
    'of each of several endpoints, beside them': [
      { tlsConfig: {}, endpoints: [port, { port: 'admin' }] },
      'spec.tlsConfig',
      'move it to spec.endpoints[0].tlsConfig, and to the other endpoints that need it',
    ],
    'of tlsConfig, beside it': [
      { endpoints: [port, { ...port, insecureSkipVerify: true }] },
      'spec.endpoints[1].insecureSkipVerify',
      'move it to spec.endpoints[1].tlsConfig.insecureSkipVerify',
    ],
    'of basicAuth, two levels above': [
      { password_file: '/run/password', endpoints: [port] },
      'spec.password_file',
      'move it to spec.endpoints[0].basicAuth.password_file',
    ],
    'of the scrape, inside an endpoint': [
      { endpoints: [{ ...port, jobLabel: 'app' }] },
      'spec.endpoints[0].jobLabel',
      'move it to spec.jobLabel',
    ],
    'of the selector, beside it': [
      { matchExpressions: [], endpoints: [port] },
      'spec.matchExpressions',
      'move it to spec.selector.matchExpressions',
    ],
    "in Prometheus' spelling, inside tlsConfig": [
      { endpoints: [{ ...port, tlsConfig: { insecure_skip_verify: true } }] },
      'spec.endpoints[0].tlsConfig.insecure_skip_verify',
      'write insecureSkipVerify instead',
    ],
    "in Prometheus' spelling, inside authorization": [
      { endpoints: [{ ...port, authorization: { credentials_file: '/run/token' } }] },
      'spec.endpoints[0].authorization.credentials_file',
      'write credentialsFile instead',
    ],
    "in a ServiceMonitor's words": [
      { endpoints: [{ ...port, metricRelabelings: [] }] },
      'spec.endpoints[0].metricRelabelings',
      'write metricRelabelConfigs instead',
    ],
    'inside the parameters of vmagent': [
      { endpoints: [{ ...port, vm_scrape_params: { streamParse: true } }] },
      'spec.endpoints[0].vm_scrape_params.streamParse',
      'write stream_parse instead',
    ],
  };

  test.each(Object.entries(placed))(
    '%s: is named, with where it belongs',
    (_, [spec, field, fix]) => {
      const found = told(spec);
      expect(found).toEqual([expect.stringContaining(`unknown-field ${field}: `)]);
      expect(found).toEqual([expect.stringContaining(`; ${fix}`)]);
      expect(found).toEqual([
        expect.stringMatching(/: (?:there is no such field|the API server drops it)/),
      ]);
    },
  );

  const silent: Readonly<Record<string, object>> = {
    'that newer operators may have': { endpoints: [{ ...port, brandNewThing: 1 }], novelty: {} },
    'of a ServiceMonitor that has no counterpart': {
      keepDroppedTargets: 4,
      endpoints: [{ ...port, enableHttp2: true }],
    },
    'that stands in the right place as well': {
      honorLabels: true,
      endpoints: [{ ...port, honorLabels: true }],
    },
  };

  test.each(Object.entries(silent))('%s: is none of ours to judge', (_, spec) => {
    expect(told(spec)).toEqual([]);
  });

  test('that is how a target is read hides nothing that is wrong with what is read', () => {
    const spec = { endpoints: [{ targetPort: '9090', tlsConfig: { insecure_skip_verify: true } }] };
    expect(told(spec).map((line) => line.split(' ')[0])).toEqual([
      'target-port-quoted',
      'unknown-field',
    ]);
  });
});

describe('a text in the place of a reference', () => {
  const token = 'eyJhbGciOiJSUzI1NiJ9.secret';
  const references: Readonly<Record<string, readonly [endpoint: object, field: string]>> = {
    'a certificate': [{ tlsConfig: { cert: 'client.pem' } }, 'tlsConfig.cert'],
    'a key': [{ tlsConfig: { keySecret: token } }, 'tlsConfig.keySecret'],
    'a password': [{ basicAuth: { password: token } }, 'basicAuth.password'],
    'a token': [{ bearerTokenSecret: token }, 'bearerTokenSecret'],
    credentials: [{ authorization: { credentials: token } }, 'authorization.credentials'],
    "a client's secret": [
      {
        oauth2: {
          client_id: { secret: { name: 'a', key: 'b' } },
          client_secret: token,
          token_url: 'https://id.example.com',
        },
      },
      'oauth2.client_secret',
    ],
  };

  test.each(Object.entries(references))(
    '%s: is refused by the API server, and never shown',
    (_, [parts, field]) => {
      const [line = '', ...more] = told({ endpoints: [{ ...port, ...parts }] });
      expect(more).toEqual([]);
      expect(line).toContain(`wrong-type spec.endpoints[0].${field}: it is a string`);
      expect(line).toContain('name: NAME, key: KEY}');
      expect(line).not.toContain(token);
    },
  );
});
