/** A setting that the chart decides, and what to do instead of setting it. */
export interface FixedSetting {
  /** Its path in the settings file. */
  readonly path: readonly string[];
  /** A sentence's end, for a message that begins with where it was set. */
  readonly instead: string;
}

const fixed = (path: string, instead: string): FixedSetting => ({ path: path.split('.'), instead });

/**
 * Settings from which ports, probes, rights, the grace period or mounted files follow. Where one was set past the
 * chart's values, pods would restart for ever, or would not be reached, and nobody would be told.
 */
export const fixedSettings: readonly FixedSetting[] = [
  fixed('server.host', 'the kubelet and the API server call the address of the pod; leave it out'),
  fixed('server.port', 'set ports.webhook, which the Service and the probes follow'),
  fixed('server.metricsPort', 'set ports.metrics, which the Service and the probes follow'),
  fixed('server.metricsTls', 'set metrics.tls, which the probes and the scrape follow'),
  fixed('server.metricsAccess', 'set metrics.access, which the rights and the scrape follow'),
  fixed('server.tls.mode', 'set certificates.mode, which rights and mounted files follow'),
  fixed(
    'server.tls.directory',
    'set certificates.secretName: it is mounted where autoscrape reads it',
  ),
  fixed('server.tls.secret', 'set certificates.secretName, which the rights follow'),
  fixed('server.tls.service', 'it is the Service of the chart; fullnameOverride names it'),
  fixed('server.tls.registrations', 'they are those of the chart; fullnameOverride names them'),
  fixed('server.drain.propagation', 'set drain.propagationSeconds, which the grace period follows'),
  fixed('server.drain.deadline', 'set drain.deadlineSeconds, which the grace period follows'),
  fixed('kubernetes.namespace', 'it is the namespace of the pod; set namespaceOverride or helm -n'),
  fixed('kubernetes.pod', 'each pod tells its own name'),
  fixed('kubernetes.node', 'each pod tells its own node'),
  fixed('probe.namespace', 'set probe.enabled, which makes the namespace and the right'),
  fixed('telemetry.otlp.endpoint', 'set otlp.endpoint'),
  fixed('telemetry.otlp.interval', 'set otlp.interval'),
  fixed(
    'telemetry.otlp.headers',
    'they may be secret, and this file is a ConfigMap; set otlp.headersSecret',
  ),
];
