/** Somebody whom the API server knows by a token. */
export type User = {
  readonly name: string;
  readonly token: string;
  readonly groups: readonly string[];
};

/** The content of a `--token-auth-file`: `token,user,uid,"group,group"` a line. */
export function userFile(users: readonly User[]): string {
  return users
    .map(({ name, token, groups }) => `${token},${name},${name},"${groups.join(',')}"\n`)
    .join('');
}

/** A kubeconfig with one cluster, one user, and the context that joins them. In JSON, which is YAML too. */
export function kubeconfig({
  server,
  ca,
  token,
}: {
  server: string;
  ca: string;
  token: string;
}): string {
  const name = 'autoscrape';
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name,
        cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') },
      },
    ],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  });
}
