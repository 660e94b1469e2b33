// @peculiar/x509 asks for it.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import * as x509 from '@peculiar/x509';
import * as v from 'valibot';

const reviewSchema = v.object({
  request: v.looseObject({
    uid: v.string(),
    kind: v.looseObject({ kind: v.string() }),
    operation: v.string(),
    name: v.optional(v.string(), ''),
    namespace: v.string(),
    dryRun: v.boolean(),
    userInfo: v.looseObject({ username: v.string() }),
  }),
});

/** One call of the API server. */
export interface Call {
  /** The URL's path, without the time-out behind it. */
  readonly path: string;
  readonly operation: string;
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  readonly dryRun: boolean;
  readonly username: string;
}

/** A webhook that admits everything, warns of it if it was told to, and remembers what it was asked. */
export interface RecordingWebhook {
  /** `https://127.0.0.1:<port>`. */
  readonly url: string;
  /** PEM that its certificate is checked with. */
  readonly ca: string;
  /** The calls since the last time that this was asked, in the order in which they came. */
  take(): Call[];
  /** Ends it with every connection. */
  stop(): Promise<void>;
}

/** Starts one on a free port of 127.0.0.1. */
export async function startRecordingWebhook(
  warnings: readonly string[] = [],
): Promise<RecordingWebhook> {
  const { certificate, key } = await selfSigned();
  let calls: Call[] = [];
  const server = createServer({ cert: certificate, key }, async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const review = v.parse(reviewSchema, JSON.parse(Buffer.concat(chunks).toString('utf8')));
    const { uid, kind, operation, name, namespace, dryRun, userInfo } = review.request;
    const { pathname: path } = new URL(request.url ?? '', 'https://webhook');
    const { username } = userInfo;
    calls.push({ path, operation, namespace, kind: kind.kind, name, dryRun, username });
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({
        apiVersion: 'admission.k8s.io/v1',
        kind: 'AdmissionReview',
        response: { uid, allowed: true, warnings },
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://127.0.0.1:${portOf(server.address())}`,
    ca: certificate,
    take: () => {
      const taken = calls;
      calls = [];
      return taken;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function selfSigned(): Promise<{ certificate: string; key: string }> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  x509.cryptoProvider.set(webcrypto);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=recording-webhook',
    keys,
    signingAlgorithm: algorithm,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])],
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    certificate: certificate.toString('pem'),
    key: x509.PemConverter.encode(key, 'PRIVATE KEY'),
  };
}
