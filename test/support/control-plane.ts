import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { request } from '../../tools/http.ts';

/** The environment variable with the path of the file that describes the shared control plane. */
export const CONNECTION_FILE = 'AUTOSCRAPE_TEST_CONTROL_PLANE';

const connectionSchema = v.object({
  server: v.string(),
  ca: v.string(),
  token: v.string(),
  kubeconfig: v.string(),
  etcdUrl: v.string(),
  serviceRange: v.string(),
  auditLog: v.string(),
  folder: v.string(),
});

/** How to reach the control plane that all suites share; the fields are those of `ControlPlane`. */
export type Connection = v.InferOutput<typeof connectionSchema>;

/**
 * The control plane that Jest's set-up started for all suites. It is shared: a suite works in
 * namespaces of its own, and a suite that stops parts of one starts its own with `startControlPlane`.
 */
export async function sharedControlPlane(): Promise<Connection> {
  const path = process.env[CONNECTION_FILE];
  if (path === undefined)
    throw new Error('no shared control plane: run this suite by "npm run test:integration"');
  return v.parse(connectionSchema, JSON.parse(await readFile(path, 'utf8')));
}

/** An answer of the API server. */
export type ApiAnswer = {
  readonly status: number;
  /** The decoded JSON; the text when it is none. */
  readonly body: unknown;
};

/** What a request carries besides method and path. */
export type ApiRequest = {
  readonly body?: object;
  /** `application/json` if not said; patches have types of their own. */
  readonly contentType?: string;
  /** Somebody else's token. */
  readonly token?: string;
};

/**
 * Sends one request to the API server, as `admin` if not said otherwise. Tests use it rather than the
 * client that autoscrape uses, so that what they see is what the server says.
 */
export async function api(
  at: Pick<Connection, 'server' | 'ca' | 'token'>,
  method: string,
  path: string,
  { body, contentType = 'application/json', token = at.token }: ApiRequest = {},
): Promise<ApiAnswer> {
  const answer = await request(`${at.server}${path}`, {
    method,
    ca: at.ca,
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': contentType }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    timeout: 30_000,
  });
  return { status: answer.status, body: decoded(answer.body) };
}

/** Makes a namespace with a name that no other suite has, and returns that name. */
export async function makeNamespace(
  at: Pick<Connection, 'server' | 'ca' | 'token'>,
  label: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<string> {
  const name = `${label}-${randomBytes(4).toString('hex')}`;
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
  const { status, body } = await api(at, 'POST', '/api/v1/namespaces', { body: namespace });
  if (status !== 201) throw new Error(`namespace ${name}: ${status} ${JSON.stringify(body)}`);
  return name;
}

const eventSchema = v.looseObject({
  verb: v.string(),
  user: v.looseObject({ username: v.string() }),
  objectRef: v.optional(
    v.looseObject({
      resource: v.optional(v.string()),
      namespace: v.optional(v.string()),
      name: v.optional(v.string()),
      subresource: v.optional(v.string()),
    }),
  ),
  requestObject: v.optional(v.unknown()),
  responseObject: v.optional(v.unknown()),
  annotations: v.optional(v.record(v.string(), v.string())),
});

/** An event of the API server's audit log (audit.k8s.io/v1), as far as tests read it. */
export type AuditEvent = v.InferOutput<typeof eventSchema>;

/** The events of a namespace that are in the audit log by now, oldest first. The server writes one just after it answered. */
export async function auditEvents(
  { auditLog }: Pick<Connection, 'auditLog'>,
  namespace: string,
): Promise<AuditEvent[]> {
  const lines = (await readFile(auditLog, 'utf8')).split('\n');
  // The last one is empty, or not whole yet.
  return lines
    .slice(0, -1)
    .filter((line) => line.includes(`"namespace":"${namespace}"`))
    .map((line) => v.parse(eventSchema, JSON.parse(line)))
    .filter((event) => event.objectRef?.namespace === namespace);
}

function decoded(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
