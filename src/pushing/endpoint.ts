/** Where metrics are sent to, as an exporter for Go understands an address. */
export interface OtlpEndpoint {
  readonly scheme: 'http' | 'https';
  /** Empty where the address names none, as one without a scheme: then nothing can be sent. */
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

/**
 * Reads an address as `net/url` of Go and `otlpmetrichttp` do: `http` without TLS, any other scheme with it; a query is
 * dropped. Without a scheme there is no host: `vmagent:8429` is read as the scheme `vmagent`.
 *
 * @returns undefined for the empty text, and for what Go can't read, which its exporters leave out
 */
export function goUrl(address: string): OtlpEndpoint | undefined {
  const text = address.trim();
  if (text === '') return undefined;
  const [, scheme = '', host = '', path = ''] =
    /^([a-zA-Z][a-zA-Z0-9+.-]*):\/\/([^/?#]*)([^?#]*)/.exec(text) ?? [];
  if (scheme === '') {
    // Go refuses a colon in the first part of a relative address, as in 10.0.0.1:4318 (RFC 3986, section 4.2).
    const isRefused = /^[^a-zA-Z/][^/]*:/.test(text) || text.startsWith(':');
    return isRefused ? undefined : { scheme: 'https', host: '', port: 0, path: '' };
  }
  const at = /^(?:[^@]*@)?(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(host);
  if (at === null) return undefined;
  const isPlain = scheme.toLowerCase() === 'http' || scheme.toLowerCase() === 'unix';
  const [, name = '', port = ''] = at;
  return {
    scheme: isPlain ? 'http' : 'https',
    host: name.toLowerCase(),
    port: port === '' ? (isPlain ? 80 : 443) : Number(port),
    path,
  };
}

/** An address as people write it. */
export function endpointText({ scheme, host, port, path }: OtlpEndpoint): string {
  return `${scheme}://${host}:${port}${path}`;
}

/** What a host's name means to a pod (https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/). */
export type OtlpDestination =
  | { readonly is: 'own-pod' }
  | { readonly is: 'address' }
  | {
      readonly is: 'service';
      readonly namespace: string;
      readonly name: string;
      /** Whether it can be nothing else: `a.b` may also be a name of the world outside. */
      readonly isSure: boolean;
    }
  | { readonly is: 'outside' };

/**
 * Returns what a host's name means to a pod.
 *
 * @param namespace the pod's
 */
export function destinationOf(host: string, namespace: string): OtlpDestination {
  if (host === 'localhost' || host.startsWith('127.') || host === '[::1]') return { is: 'own-pod' };
  if (host.startsWith('[') || /^[0-9.]+$/.test(host)) return { is: 'address' };
  const parts = host.replace(/\.$/, '').split('.');
  const [name = '', second = '', third = '', fourth = ''] = parts;
  if (parts.length === 1) return { is: 'service', namespace, name, isSure: true };
  if (parts.length === 2) return { is: 'service', namespace: second, name, isSure: false };
  const isCluster = (rest: readonly string[]) =>
    rest.length === 0 || rest.join('.') === 'cluster.local';
  if (third === 'svc') {
    return { is: 'service', namespace: second, name, isSure: isCluster(parts.slice(3)) };
  }
  // A pod of a headless Service, by its own name.
  if (fourth === 'svc') {
    return { is: 'service', namespace: third, name: second, isSure: isCluster(parts.slice(4)) };
  }
  return { is: 'outside' };
}
