import { labelOf, type PodShape } from '../../kubernetes/index.ts';

/**
 * Software whose metrics are not at `/metrics`, by the last part of its image's name. The port is the one that it
 * serves them on.
 */
const byImage: ReadonlyMap<string, { readonly port: number; readonly path: string }> = new Map([
  // https://min.io/docs/minio/linux/operations/monitoring/collect-minio-metrics-using-prometheus.html
  ['minio', { port: 9000, path: '/minio/v2/metrics/cluster' }],
  // https://developer.hashicorp.com/vault/api-docs/system/metrics
  ['vault', { port: 8200, path: '/v1/sys/metrics?format=prometheus' }],
  // https://developer.hashicorp.com/consul/api-docs/agent#view-metrics
  ['consul', { port: 8500, path: '/v1/agent/metrics?format=prometheus' }],
  // https://developer.hashicorp.com/nomad/api-docs/metrics
  ['nomad', { port: 4646, path: '/v1/metrics?format=prometheus' }],
]);

/**
 * The path of the metrics on a pod port, as the annotation `prometheus.io/path` says or as the software is known to
 * have it; undefined where nothing is known, or the pods do not agree.
 */
export function knownPath(
  shapes: readonly PodShape[],
  podPort: number | string,
): string | undefined {
  const paths = new Set(
    shapes.map((shape) => annotatedPath(shape, podPort) ?? imagePath(shape, podPort)),
  );
  const [path] = paths;
  return paths.size === 1 ? path : undefined;
}

function annotatedPath({ annotations }: PodShape, podPort: number | string): string | undefined {
  const port = labelOf(annotations, 'prometheus.io/port');
  if (port === undefined || port !== String(podPort)) return undefined;
  const path = labelOf(annotations, 'prometheus.io/path');
  if (path === undefined || path === '') return undefined;
  return path.startsWith('/') ? path : `/${path}`;
}

function imagePath({ containers }: PodShape, podPort: number | string): string | undefined {
  for (const { image, ports } of containers) {
    const known = byImage.get(nameOfImage(image));
    if (known?.port !== podPort) continue;
    if (ports.some(({ number }) => number === podPort)) return known.path;
  }
  return undefined;
}

/** `minio` of `quay.io/minio/minio:RELEASE.2025@sha256:…`. */
function nameOfImage(image: string): string {
  const [path = ''] = image.split('@', 1);
  const last = path.slice(path.lastIndexOf('/') + 1);
  const [name = ''] = last.split(':', 1);
  return name;
}
