// The least that a webhook on Node can do: read a review, parse it, and answer with a patch that was made before. What
// it answers is right for a Service that lacks all four labels (but has a map of labels) and the port, and for no other.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';

const [port, certificates] = process.argv.slice(2);

const labels = { name: 'etcd', instance: 'orders', component: 'etcd', 'part-of': 'multigres' };
const operations = [
  ...Object.entries(labels).map(([name, value]) => ({
    op: 'add',
    path: `/metadata/labels/app.kubernetes.io~1${name}`,
    value,
  })),
  {
    op: 'add',
    path: '/spec/ports/-',
    value: { name: 'client', port: 2379, protocol: 'TCP', targetPort: 2379 },
  },
];
const patch = Buffer.from(JSON.stringify(operations)).toString('base64');

createServer(
  {
    cert: readFileSync(join(certificates, 'tls.crt')),
    key: readFileSync(join(certificates, 'tls.key')),
    keepAliveTimeout: 115_000,
  },
  (request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const { uid } = JSON.parse(Buffer.concat(chunks).toString('utf8')).request;
      const answer = JSON.stringify({
        apiVersion: 'admission.k8s.io/v1',
        kind: 'AdmissionReview',
        response: { uid, allowed: true, patchType: 'JSONPatch', patch },
      });
      response.writeHead(200, {
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(answer),
      });
      response.end(answer);
    });
  },
).listen(Number(port), '127.0.0.1');

// An end by itself, so that a profiler gets to write what it saw.
process.on('SIGTERM', () => process.exit(0));
