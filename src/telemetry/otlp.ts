import { readFile } from 'node:fs/promises';
import { ExportResultCode } from '@opentelemetry/core';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import {
  AggregationTemporality,
  type MetricProducer,
  type MetricReader,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import type { TelemetrySettings } from '../settings/index.ts';

type OtlpSettings = TelemetrySettings['otlp'];

/** What is told of exports. */
export interface ExportWitness {
  /** An export did not arrive, after one that did (`first`) or after others that did not either. */
  readonly failed: (because: string, first: boolean) => void;
  /** An export arrived after others that did not. */
  readonly healed: () => void;
}

/**
 * A reader that sends all metrics by OTLP (HTTP, protobuf) at intervals. One export is under way at a time, what it
 * holds is cumulative, and what does not arrive is not kept: the next export says the same and more.
 *
 * @param url where to
 * @param metricProducers of sums that the SDK does not keep
 * @throws where a certificate's file can't be read
 */
export async function otlpReader(
  url: string,
  settings: OtlpSettings,
  metricProducers: MetricProducer[],
  witness: ExportWitness,
): Promise<MetricReader> {
  const timeout = Math.min(settings.timeout, settings.interval);
  const exporter = new OTLPMetricExporter({
    url,
    headers: settings.headers,
    timeoutMillis: timeout,
    concurrencyLimit: 1,
    compression:
      settings.compression === 'gzip' ? CompressionAlgorithm.GZIP : CompressionAlgorithm.NONE,
    // VictoriaMetrics before v1.132 drops deltas.
    temporalityPreference: AggregationTemporality.CUMULATIVE,
    httpAgentOptions: { keepAlive: true, ...(await identity(settings)) },
  });
  return new PeriodicExportingMetricReader({
    exporter: witnessed(exporter, witness),
    metricProducers,
    exportIntervalMillis: settings.interval,
    exportTimeoutMillis: settings.interval,
  });
}

async function identity({ certificate, clientCertificate, clientKey }: OtlpSettings) {
  const [ca, cert, key] = await Promise.all(
    [certificate, clientCertificate, clientKey].map((file) =>
      file === undefined ? undefined : readFile(file, 'utf8'),
    ),
  );
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

/** An exporter whose failures go to a witness, and end there: the reader would log each one. */
function witnessed(exporter: OTLPMetricExporter, witness: ExportWitness): PushMetricExporter {
  let failing = false;
  return {
    export: (metrics, done) => {
      exporter.export(metrics, ({ code, error }) => {
        if (code === ExportResultCode.FAILED) {
          witness.failed(error?.message ?? 'no reason given', !failing);
          failing = true;
        } else if (failing) {
          failing = false;
          witness.healed();
        }
        done({ code: ExportResultCode.SUCCESS });
      });
    },
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
    selectAggregation: (kind) => exporter.selectAggregation(kind),
    selectAggregationTemporality: (kind) => exporter.selectAggregationTemporality(kind),
  };
}
