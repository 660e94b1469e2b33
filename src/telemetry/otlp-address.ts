import type { TelemetrySettings } from '../settings/index.ts';

/**
 * Where metrics are sent to; undefined where nothing is.
 * https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp
 */
export function otlpAddress(settings: TelemetrySettings['otlp']): string | undefined {
  if (settings.exporter !== 'otlp') return undefined;
  if (settings.metricsEndpoint !== undefined) return settings.metricsEndpoint;
  return settings.endpoint?.replace(/\/*$/, '/v1/metrics');
}
