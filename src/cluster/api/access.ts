/** What a TLS connection to an API server is made with, in PEM. */
export interface Tls {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  /** The name that the server's certificate must be for, where it is not the host's. */
  readonly servername: string | undefined;
  /** False: any certificate is believed (`insecure-skip-tls-verify`). */
  readonly verify: boolean;
}

export interface Credentials {
  /** The same object as before for as long as nothing in it has changed. */
  readonly tls: Tls;
  /**
   * The headers that say who we are: `authorization` with a token, none with a client certificate, and whom to
   * impersonate. Several values are several headers. The same object as before while nothing in it has changed.
   */
  readonly headers: Readonly<Record<string, string | string[]>>;
}

/** How to reach an API server, and who we are there. */
export interface Access {
  readonly server: URL;
  /** Asked to connect us to the server (CONNECT); undefined for the direct way. */
  readonly proxy?: URL | undefined;
  /** The namespace that is meant where none is said. */
  readonly namespace: string;
  /**
   * The credentials as they are now: called for every request.
   *
   * @param refused the last ones were answered with 401: look again, now
   * @throws {AccessError} when they can't be had
   */
  credentials(refused: boolean): Promise<Credentials>;
}

/** That the way to an API server can't be found or read. The message names the file or field. */
export class AccessError extends Error {
  override readonly name = 'AccessError';
}

/** True where both say the same. */
export function sameTls(a: Tls, b: Tls): boolean {
  return (
    a.ca === b.ca &&
    a.cert === b.cert &&
    a.key === b.key &&
    a.servername === b.servername &&
    a.verify === b.verify
  );
}
