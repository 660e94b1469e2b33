import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { request } from './http.ts';
import { type Running, ready, start } from './processes.ts';

/** Where kube-apiserver listens, and what it works with. */
export type ApiServerSettings = {
  readonly program: string;
  /**
   * Folder with `users.csv`, `service-accounts.key` and `.pub`, and `audit-policy.json` where there is
   * to be an audit log. It gets `certs/`, `audit.log` and `kube-apiserver.log`.
   */
  readonly folder: string;
  readonly port: number;
  readonly etcdUrl: string;
  readonly serviceRange: string;
  readonly audit: boolean;
  /** A token of `users.csv` that may ask whether it is ready. */
  readonly token: string;
  /** More flags. */
  readonly flags: readonly string[];
};

/** Where kube-apiserver keeps the certificate that it made for itself, with the authority's. */
export function certificateIn(folder: string): string {
  return join(folder, 'certs', 'apiserver.crt');
}

/** Starts kube-apiserver on 127.0.0.1 and waits until it is ready: its default objects are there then. */
export async function runApiServer(settings: ApiServerSettings): Promise<Running> {
  const { program, folder, port, etcdUrl, serviceRange, audit, token, flags } = settings;
  const at = (name: string): string => join(folder, name);
  const server = await start({
    name: 'kube-apiserver',
    program,
    args: [
      `--etcd-servers=${etcdUrl}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${port}`,
      // Nobody comes through the Service "kubernetes", and slices refuse loopback addresses.
      '--advertise-address=127.0.0.1',
      '--endpoint-reconciler-type=none',
      // It makes its own certificate there, unless there is one.
      `--cert-dir=${at('certs')}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${at('service-accounts.pub')}`,
      `--service-account-signing-key-file=${at('service-accounts.key')}`,
      `--service-cluster-ip-range=${serviceRange}`,
      '--authorization-mode=RBAC',
      `--token-auth-file=${at('users.csv')}`,
      // Pods would wait for the account "default", and nothing here runs them.
      '--disable-admission-plugins=ServiceAccount',
      '--allow-privileged=true',
      ...(audit
        ? [`--audit-policy-file=${at('audit-policy.json')}`, `--audit-log-path=${at('audit.log')}`]
        : []),
      ...flags,
    ],
    log: at('kube-apiserver.log'),
  });
  const probe = async (): Promise<boolean> => {
    const ca = await readFile(certificateIn(folder), 'utf8');
    const headers = { authorization: `Bearer ${token}` };
    const answer = await request(`https://127.0.0.1:${port}/readyz`, {
      ca,
      headers,
      timeout: 1_000,
    });
    return answer.status === 200;
  };
  return ready(server, { probe, timeout: 60_000 });
}
