import type { IncomingMessage, ServerResponse } from 'node:http';
import { type HttpRefusal, refusalBody, refusalStatus } from './errors.ts';

/**
 * Sends JSON and is done with the request.
 *
 * @param last whether the connection is closed after it
 */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: string,
  last: boolean,
): void {
  const length = Buffer.byteLength(body);
  const headers = { 'Content-Type': 'application/json', 'Content-Length': length };
  response.writeHead(status, last ? { ...headers, Connection: 'close' } : headers);
  response.end(body);
}

/** What is read and thrown away of a body that nobody wants, so that its sender gets to read the answer. */
const lingerBytes = 1_048_576;
const lingerMilliseconds = 1_000;

/**
 * Turns a request away. Where its body has not come in whole, the connection is closed, but not at once: a client
 * that is still sending would meet a reset connection instead of the answer (RFC 9112, section 9.6).
 *
 * @param last whether the connection is closed in any case
 */
export function sendRefusal(
  request: IncomingMessage,
  response: ServerResponse,
  refusal: HttpRefusal,
  last: boolean,
): void {
  const body = refusalBody(refusal);
  const status = refusalStatus(refusal.code);
  if (status === 503) response.setHeader('Retry-After', '1');
  // RFC 9110, section 11.6.1: an answer of 401 says how to do better.
  if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
  if (request.complete || !hasBody(request)) {
    sendJson(response, status, body, last);
    return;
  }
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    Connection: 'close',
  });
  response.write(body);
  let read = 0;
  const finish = () => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(finish, lingerMilliseconds);
  request.on('data', (chunk: Buffer) => {
    read += chunk.length;
    if (read > lingerBytes) finish();
  });
  request.once('end', finish).once('close', finish);
}

/** RFC 9112, section 6: a request has a body where one of these headers says so. */
function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
