import type { CollectorProtocol, Ingest, ServicePort } from '../kubernetes/index.ts';
import type { OtlpEndpoint } from './endpoint.ts';
import {
  flagOf,
  isAtLeast,
  pathPrefix,
  type Receiver,
  receiverName,
  takesStandardPath,
} from './receivers.ts';
import type { OtlpSender } from './sender.ts';
import { fails, maybe, type PushVerdict } from './types.ts';

/** A request as it comes to a receiver. */
export interface Arrival {
  readonly sending: OtlpSender;
  readonly endpoint: OtlpEndpoint;
  /** The Service's port that it comes by; undefined where no Service is at hand, or a headless one leaves the port. */
  readonly servicePort: ServicePort | undefined;
}

/**
 * Says what a receiver makes of a request; undefined where it takes it. The first thing that breaks is told.
 *
 * Rules of VictoriaMetrics: `app/vmagent/main.go`, `app/vminsert/main.go` and `lib/httpserver/path.go`.
 */
export function intakeVerdict(receiver: Receiver, arrival: Arrival): PushVerdict | undefined {
  const name = receiverName(receiver);
  switch (receiver.kind) {
    case 'VMAgent':
      return victoriaVerdict(name, receiver.ingest, arrival, pathVerdict);
    case 'VMSingle':
      return victoriaVerdict(name, receiver.ingest, arrival, singlePathVerdict);
    case 'VMCluster':
      if (receiver.insert === undefined) {
        return fails('receiver', `${name} has no vminsert, which is what takes metrics`);
      }
      return victoriaVerdict(`vminsert of ${name}`, receiver.insert, arrival, tenantVerdict);
    case 'OpenTelemetryCollector':
      return collectorVerdict(name, receiver, arrival);
  }
}

type PathRule = (name: string, ingest: Ingest, path: string) => PushVerdict | undefined;

function victoriaVerdict(
  name: string,
  ingest: Ingest,
  arrival: Arrival,
  pathRule: PathRule,
): PushVerdict | undefined {
  const { sending, endpoint } = arrival;
  if (sending.protocol === 'grpc') {
    return fails('protocol', `it sends by gRPC, and ${name} takes OTLP over HTTP alone`);
  }
  return (
    portVerdict(name, ingest, arrival) ??
    schemeVerdict(name, endpoint, flagOf(ingest, 'tls') === 'true') ??
    prefixedVerdict(name, ingest, endpoint.path, pathRule) ??
    credentialsVerdict(name, ingest, sending) ??
    temporalityVerdict(name, ingest, sending)
  );
}

/** The operator's Services have `http`, and `http-alias` for 8428, among ports of other protocols. */
function portVerdict(
  name: string,
  ingest: Ingest,
  { endpoint, servicePort }: Arrival,
): PushVerdict | undefined {
  const { port } = endpoint;
  if (servicePort === undefined) {
    return port === ingest.port
      ? undefined
      : fails(
          'port',
          `nothing of ${name} listens on port ${port}: it takes HTTP on ${ingest.port}`,
        );
  }
  const target = servicePort.targetPort || servicePort.port;
  if (target === 'http' || target === ingest.port) return undefined;
  if (servicePort.name.startsWith('http') || typeof target === 'string') return undefined;
  return fails('port', `port ${port} does not lead to ${ingest.port}, where ${name} takes HTTP`);
}

function schemeVerdict(
  name: string,
  { scheme }: OtlpEndpoint,
  tls: boolean,
): PushVerdict | undefined {
  if (scheme === 'https' && !tls) {
    return fails('protocol', `it asks for TLS, and ${name} speaks plain HTTP`);
  }
  if (scheme === 'http' && tls) {
    return fails('protocol', `it sends plain HTTP, and ${name} asks for TLS`);
  }
  return undefined;
}

/** `-http.pathPrefix` stands before every path. */
function prefixedVerdict(
  name: string,
  ingest: Ingest,
  path: string,
  rule: PathRule,
): PushVerdict | undefined {
  const plain = path.replaceAll('//', '/');
  const prefix = pathPrefix(ingest);
  if (!plain.startsWith(`${prefix}/`)) {
    return fails('path', `${name} takes metrics below ${prefix}, and the path ${plain} lacks that`);
  }
  return rule(name, ingest, plain.slice(prefix.length));
}

const standard = '/opentelemetry/v1/metrics';
const earlier = '/opentelemetry/api/v1/push';

/** The path of a vmagent: as that of a single node, and those with a tenant where it has them. */
function pathVerdict(name: string, ingest: Ingest, path: string): PushVerdict | undefined {
  if (flagOf(ingest, 'enableMultitenantHandlers') === 'true' && path.startsWith('/insert/')) {
    return tenantVerdict(name, ingest, path);
  }
  return singlePathVerdict(name, ingest, path);
}

function singlePathVerdict(name: string, ingest: Ingest, path: string): PushVerdict | undefined {
  if (path === earlier) return undefined;
  if (path !== standard) {
    return fails('path', `${name} does not take metrics at ${path}: it takes them at ${standard}`);
  }
  return takesStandardPath(ingest.version)
    ? undefined
    : fails('path', `${name} is ${ingest.version}, which takes metrics at ${earlier} alone`);
}

/** `/insert/<tenant>/…`; without a tenant since v1.150, or with its flag since v1.143. */
function tenantVerdict(name: string, ingest: Ingest, path: string): PushVerdict | undefined {
  const tidy = path.replace(/\/$/, '');
  const [, tenant, below = ''] =
    /^\/insert\/(?:(\d+(?::\d+)?|multitenant)\/)?(.*)$/.exec(tidy) ?? [];
  const rest = `/${below}`;
  if (rest !== standard && rest !== earlier) {
    const lacks = tidy === standard || tidy === earlier;
    return lacks
      ? fails('tenant', `${name} takes metrics below a tenant, and the path ${tidy} names none`)
      : fails(
          'path',
          `${name} does not take metrics at ${path}: it takes them at /insert/0${standard}`,
        );
  }
  if (rest === standard && !takesStandardPath(ingest.version)) {
    return fails(
      'path',
      `${name} is ${ingest.version}, which takes metrics at /insert/0${earlier} alone`,
    );
  }
  if (tenant !== undefined) return undefined;
  const flag = flagOf(ingest, 'enableMultitenancyViaHeaders');
  const byHeaders = flag === '' ? isAtLeast(ingest.version, 150) : flag === 'true';
  if (byHeaders === true) return undefined;
  const because = `the path ${tidy} names no tenant`;
  return byHeaders === undefined
    ? maybe('tenant', `${because}, which ${name} takes since v1.150: its version is not known`)
    : fails('tenant', `${because}, and ${name} takes metrics below a tenant`);
}

function credentialsVerdict(
  name: string,
  ingest: Ingest,
  sending: OtlpSender,
): PushVerdict | undefined {
  if (flagOf(ingest, 'httpAuth.username') === '' || sending.hasHeaders) return undefined;
  return fails('credentials', `${name} asks for a user and a password, and it sends no header`);
}

/** Until v1.132 counters and histograms of delta temporality are dropped (`lib/protoparser/opentelemetry/stream`). */
function temporalityVerdict(
  name: string,
  ingest: Ingest,
  { temporality }: OtlpSender,
): PushVerdict | undefined {
  if (temporality === 'cumulative') return undefined;
  const takes = isAtLeast(ingest.version, 132);
  if (takes === true) return undefined;
  const because = `it sends counters and histograms with temporality ${temporality}`;
  return takes === false
    ? fails('temporality', `${because}, which ${name}, ${ingest.version}, drops`)
    : maybe(
        'temporality',
        `${because}, which ${name} drops before v1.132: its version is not known`,
      );
}

function collectorVerdict(
  name: string,
  { mode, intake }: Extract<Receiver, { kind: 'OpenTelemetryCollector' }>,
  { sending, endpoint, servicePort }: Arrival,
): PushVerdict | undefined {
  if (mode === 'sidecar') return fails('receiver', `${name} is a sidecar, which has no Service`);
  if (intake === undefined) return undefined;
  if (!intake.hasMetrics) {
    return fails('receiver', `${name} has no pipeline that takes metrics by OTLP`);
  }
  const port = typeof servicePort?.targetPort === 'number' ? servicePort.targetPort : endpoint.port;
  const isAt = (one: CollectorProtocol | undefined): boolean => one?.port === port;
  const wanted = sending.protocol === 'grpc' ? intake.grpc : intake.http;
  const other = sending.protocol === 'grpc' ? intake.http : intake.grpc;
  const says = sending.protocol === 'grpc' ? 'gRPC' : 'HTTP';
  if (!isAt(wanted)) {
    return isAt(other)
      ? fails(
          'protocol',
          `it sends by ${says}, and ${name} speaks the other protocol on port ${port}`,
        )
      : fails('port', `${name} takes no OTLP over ${says} on port ${port}`);
  }
  const tls = schemeVerdict(name, endpoint, wanted?.tls === true);
  if (tls !== undefined || sending.protocol === 'grpc') return tls;
  return endpoint.path === intake.path
    ? undefined
    : fails(
        'path',
        `${name} does not take metrics at ${endpoint.path}: it takes them at ${intake.path}`,
      );
}
