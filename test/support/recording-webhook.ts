import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import * as v from 'valibot';
import { localCertificate } from './certificate.ts';

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
  const { certificate, key, ca } = await localCertificate();
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
    ca,
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
