import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import type { Settings } from '../settings/index.ts';

/** Who sends the metrics. */
export interface Identity {
  readonly version: string;
  /** Unique among running processes, where no pod's name tells them apart. */
  readonly instance: string;
  /** The cluster's uid, once it is known; undefined where it will not be. Exports by OTLP wait for it. */
  readonly cluster?: Promise<string | undefined>;
}

/**
 * The resource of our metrics by the semantic conventions
 * (https://opentelemetry.io/docs/specs/semconv/resource/): the service, and where in the cluster it runs. What the
 * settings say wins.
 */
export function resourceOf(
  { telemetry, kubernetes }: Pick<Settings, 'telemetry' | 'kubernetes'>,
  { version, instance, cluster }: Identity,
): Resource {
  const { service, resource } = telemetry;
  const { namespace, pod, node } = kubernetes;
  const inCluster =
    pod === undefined ? {} : { 'k8s.namespace.name': namespace, 'k8s.pod.name': pod };
  return resourceFromAttributes({
    'service.name': 'autoscrape',
    'service.version': version,
    'service.instance.id': pod === undefined ? instance : `${namespace}.${pod}`,
    ...inCluster,
    ...(node === undefined ? {} : { 'k8s.node.name': node }),
    ...(cluster === undefined ? {} : { 'k8s.cluster.uid': cluster }),
    ...resource,
    ...(service === undefined ? {} : { 'service.name': service }),
  });
}
