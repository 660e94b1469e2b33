import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

/** What to send besides the address. */
export type RequestOptions = {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** PEM of the authority that signed the server's certificate; without it the system's are trusted. */
  readonly ca?: string;
  /** Milliseconds until the request is given up; 5 s if not said. */
  readonly timeout?: number;
};

/** What came back, whole. */
export type Answer = { readonly status: number; readonly body: string };

/**
 * One HTTP request over a connection of its own. Node's `fetch` cannot be told which authority to
 * trust, and reading this is quicker than loading a client: it's all that the tools need.
 *
 * @throws when there is no connection, no answer in time, or not a whole one.
 */
export function request(url: string, options: RequestOptions = {}): Promise<Answer> {
  const { method = 'GET', headers = {}, body = '', ca, timeout = 5_000 } = options;
  return new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? requestHttps : requestHttp;
    const sent = send(
      url,
      {
        method,
        headers,
        agent: false,
        ...(ca === undefined ? {} : { ca }),
        signal: AbortSignal.timeout(timeout),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            body: Buffer.concat(chunks).toString('utf8'),
          }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
