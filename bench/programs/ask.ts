import { request } from '../../tools/http.ts';

/** Sends one review to a webhook on the loopback; the status and text of its answer. */
export function ask(
  { port, path }: { readonly port: number; readonly path: string },
  ca: string,
  review: string,
): Promise<{ readonly status: number; readonly body: string }> {
  return request(`https://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: review,
    ca,
    timeout: 2_000,
  });
}
