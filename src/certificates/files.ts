import { watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ServerSettings } from '../settings/index.ts';
import type { CertificatePair } from './servable.ts';

/** Where a certificate comes from. */
export interface CertificateSource {
  /** For logs: where it is. */
  readonly name: string;
  /** Milliseconds from a first sign of change to a pair that belongs together. */
  readonly settle: number;
  /** The pair as it is now; rejects where there is none. */
  readonly read: () => Promise<CertificatePair>;
  /**
   * Calls back when the pair has probably changed. It may miss changes: whoever needs to know asks from time to time.
   *
   * @returns what ends it
   */
  readonly watch: (changed: () => void) => () => void;
}

/**
 * A certificate in files. The directory is watched, not the files: Kubernetes replaces a mounted Secret by changing
 * the link `..data` in it
 * (https://kubernetes.io/docs/tasks/inject-data-application/distribute-credentials-secure/).
 */
export function certificateFiles(
  tls: Pick<ServerSettings['tls'], 'directory' | 'certificate' | 'key'>,
): CertificateSource {
  const certificateFile = resolve(tls.directory, tls.certificate);
  const keyFile = resolve(tls.directory, tls.key);
  return {
    name: certificateFile,
    // The key may come some milliseconds after the certificate.
    settle: 200,
    read: async () => {
      const [certificate, key] = await Promise.all([
        readFile(certificateFile, 'utf8'),
        readFile(keyFile, 'utf8'),
      ]);
      return { certificate, key };
    },
    watch: (changed) => {
      try {
        const watcher = watch(tls.directory, { persistent: false }, changed);
        // A directory that goes away, or a kernel out of watches: asking from time to time is what is left.
        watcher.on('error', () => watcher.close());
        return () => watcher.close();
      } catch {
        return () => {};
      }
    },
  };
}
