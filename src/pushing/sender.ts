import type { Container } from '../kubernetes/index.ts';
import { labelOf } from '../kubernetes/index.ts';
import { goUrl, type OtlpEndpoint } from './endpoint.ts';

/** What a container's environment says of sending metrics. */
export type Sender =
  /** It sends none. */
  | { readonly sends: 'nothing'; readonly because: string }
  /** Whether it sends any can't be told. */
  | { readonly sends: 'unknown'; readonly because: string }
  /** It means to send, and its SDK refuses the setting. */
  | { readonly sends: 'refused'; readonly because: string }
  | {
      readonly sends: 'otlp';
      readonly protocol: 'grpc' | 'http/protobuf';
      /** Undefined where its variables come from elsewhere; `hidden` names them. */
      readonly endpoint: OtlpEndpoint | undefined;
      /** Whether no variable names an address, so that it is the SDK's default. */
      readonly isDefault: boolean;
      /** Variables that decide where it sends to, or how, and whose values are not known. */
      readonly hidden: readonly string[];
      readonly temporality: 'cumulative' | 'delta' | 'lowmemory';
      readonly hasHeaders: boolean;
    };

const prefix = 'OTEL_EXPORTER_OTLP_';

/**
 * Reads what a container's environment says of sending metrics, by the rules that Multigres' programs follow: those of
 * OpenTelemetry (https://opentelemetry.io/docs/specs/otel/protocol/exporter/), as `contrib/exporters/autoexport` v0.69.0
 * and `otlpmetrichttp` v1.44.0 for Go have them. An exporter that is not set means `none` in Multigres; there is no list
 * of exporters, and no default but `http/protobuf` for the protocol.
 *
 * `OTEL_SDK_DISABLED` counts as the specification has it, though SDKs for Go leave it to the program.
 */
export function senderOf(container: Container): Sender {
  const read = reader(container);
  if (read.value('OTEL_SDK_DISABLED').toLowerCase() === 'true') {
    return { sends: 'nothing', because: 'OTEL_SDK_DISABLED is true in its containers' };
  }
  const refusal = exporterRefusal(read);
  if (refusal !== undefined) return refusal;
  const protocol = read.first(`${prefix}METRICS_PROTOCOL`, `${prefix}PROTOCOL`);
  if (protocol.value !== '' && protocol.value !== 'grpc' && protocol.value !== 'http/protobuf') {
    return {
      sends: 'refused',
      because: `${protocol.name} is ${JSON.stringify(protocol.value)}, and the programs know http/protobuf and grpc alone`,
    };
  }
  const isGrpc = protocol.value === 'grpc';
  const { endpoint, isDefault, hidden } = endpointOf(read, isGrpc);
  return {
    sends: 'otlp',
    protocol: isGrpc ? 'grpc' : 'http/protobuf',
    endpoint,
    isDefault,
    hidden: [...new Set([...protocol.hidden, ...hidden])],
    temporality: temporalityOf(read.value(`${prefix}METRICS_TEMPORALITY_PREFERENCE`)),
    hasHeaders: [`${prefix}HEADERS`, `${prefix}METRICS_HEADERS`].some(
      (name) => read.value(name) !== '' || read.isHidden(name),
    ),
  };
}

interface VariableReader {
  /** Empty where it is not set, or not known. */
  readonly value: (name: string) => string;
  readonly isHidden: (name: string) => boolean;
  /** The first of these that is set, and those before it that can't be read. */
  readonly first: (...names: string[]) => {
    readonly name: string;
    readonly value: string;
    readonly hidden: readonly string[];
  };
}

function reader({ env, hiddenEnv = [] }: Container): VariableReader {
  const value = (name: string): string => labelOf(env, name) ?? '';
  const isHidden = (name: string): boolean =>
    hiddenEnv.includes(name) || (hiddenEnv.includes('*') && labelOf(env, name) === undefined);
  return {
    value,
    isHidden,
    first: (...names) => {
      const name = names.find((one) => value(one).trim() !== '') ?? '';
      const before = name === '' ? names : names.slice(0, names.indexOf(name));
      return { name, value: value(name).trim(), hidden: before.filter(isHidden) };
    },
  };
}

/** Why nothing is sent by what `OTEL_METRICS_EXPORTER` says; undefined where it is `otlp`. */
function exporterRefusal({ value, isHidden }: VariableReader): Sender | undefined {
  const name = 'OTEL_METRICS_EXPORTER';
  if (isHidden(name)) {
    return {
      sends: 'unknown',
      because: `whether it sends metrics can't be told: ${name} is not set where it can be read`,
    };
  }
  const exporter = value(name);
  if (exporter === 'otlp') return undefined;
  if (exporter.split(',').some((one) => one.trim() === 'otlp')) {
    return {
      sends: 'refused',
      because: `${name} is ${JSON.stringify(exporter)}, and the programs take one exporter, not a list`,
    };
  }
  return { sends: 'nothing', because: `${name} is not otlp in its containers` };
}

function temporalityOf(preference: string): 'cumulative' | 'delta' | 'lowmemory' {
  const known = preference.trim().toLowerCase();
  return known === 'delta' || known === 'lowmemory' ? known : 'cumulative';
}

interface FoundEndpoint {
  readonly endpoint: OtlpEndpoint | undefined;
  readonly isDefault: boolean;
  readonly hidden: readonly string[];
}

/** An address of metrics is used as it is; to the one of all signals `/v1/metrics` is added. */
function endpointOf(read: VariableReader, isGrpc: boolean): FoundEndpoint {
  const own = `${prefix}METRICS_ENDPOINT`;
  const base = `${prefix}ENDPOINT`;
  const insecure = read.first(`${prefix}METRICS_INSECURE`, `${prefix}INSECURE`);
  if (read.isHidden(own)) return { endpoint: undefined, isDefault: false, hidden: [own] };
  // An address that Go can't read is left out with a line in the log.
  const ofMetrics = goUrl(read.value(own));
  if (ofMetrics !== undefined) {
    const endpoint = { ...ofMetrics, path: ofMetrics.path === '' ? '/' : ofMetrics.path };
    return { endpoint: secured(endpoint, insecure.value), isDefault: false, hidden: [] };
  }
  if (read.isHidden(base)) return { endpoint: undefined, isDefault: false, hidden: [base] };
  const ofAll = goUrl(read.value(base));
  if (ofAll !== undefined) {
    const endpoint = { ...ofAll, path: joined(ofAll.path) };
    return { endpoint: secured(endpoint, insecure.value), isDefault: false, hidden: [] };
  }
  const port = isGrpc ? 4317 : 4318;
  const endpoint = { scheme: 'https', host: 'localhost', port, path: '/v1/metrics' } as const;
  return { endpoint: secured(endpoint, insecure.value), isDefault: true, hidden: [] };
}

/** `OTEL_EXPORTER_OTLP_INSECURE` goes before the scheme. */
function secured(endpoint: OtlpEndpoint, insecure: string): OtlpEndpoint {
  if (insecure === '') return endpoint;
  return { ...endpoint, scheme: insecure.toLowerCase() === 'true' ? 'http' : 'https' };
}

/** Go's `path.Join(path, "/v1/metrics")`: one slash between, none doubled. */
function joined(path: string): string {
  return `${path}/v1/metrics`.replace(/\/{2,}/g, '/');
}

/** What sends by OTLP. */
export type OtlpSender = Extract<Sender, { sends: 'otlp' }>;
