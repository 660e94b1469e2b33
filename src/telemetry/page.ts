import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { type MetricProducer, MetricReader } from '@opentelemetry/sdk-metrics';
import { namedOf, prometheusName } from './names.ts';

/** Reads the instruments whenever the page is asked for; nothing is kept between. */
class PageReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** The reader that an SDK's meter provider gets, and the page in Prometheus' text format that it makes. */
export interface MetricsPage {
  readonly reader: MetricReader;
  readonly render: () => Promise<string>;
}

/** https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format */
export const pageContentType = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * A page of all metrics. Labels that tell which library made an instrument are left out: OTLP has none such either.
 *
 * @param metricProducers of sums that the SDK does not keep
 */
export function metricsPage(metricProducers: MetricProducer[]): MetricsPage {
  const reader = new PageReader({ metricProducers });
  const serializer = new PrometheusSerializer(undefined, false, undefined, false, true);
  return {
    reader,
    render: async () => {
      const { resourceMetrics, errors } = await reader.collect();
      const [error] = errors;
      if (error !== undefined) throw error;
      const scopeMetrics = resourceMetrics.scopeMetrics.map((scope) => ({
        ...scope,
        metrics: scope.metrics.map((metric) => ({
          ...metric,
          // `# UNIT` is OpenMetrics, which this format is not.
          descriptor: { ...metric.descriptor, name: prometheusName(namedOf(metric)), unit: '' },
        })),
      }));
      return serializer.serialize({ ...resourceMetrics, scopeMetrics });
    },
  };
}
