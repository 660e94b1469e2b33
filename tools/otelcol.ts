import { join } from 'node:path';
import { findBinaries } from './binaries.ts';
import { request } from './http.ts';
import {
  freePorts,
  type Running,
  ready,
  start,
  temporaryFolder,
  withFreshPorts,
} from './processes.ts';

/** A running OpenTelemetry Collector. */
export type Collector = {
  /** Where it takes OTLP over HTTP: the base address. */
  readonly url: string;
  /** `host:port` where it takes OTLP over gRPC. */
  readonly grpc: string;
  /** Where its own metrics are. */
  readonly metrics: string;
  readonly process: Running;
  /** Ends it. May be called again. */
  stop(): Promise<void>;
};

/**
 * Starts an OpenTelemetry Collector with a configuration that takes its addresses from the environment, as
 * `deploy/samples/otel-collector.yaml` does. It ends with `stop()` or with this process.
 *
 * @param to base address of VictoriaMetrics
 * @throws {StartError} when it does not start, as with a configuration that it refuses
 */
export async function startCollector(configFile: string, to: string): Promise<Collector> {
  const pathOf = await findBinaries(['otelcol']);
  const folder = await temporaryFolder('otelcol');
  try {
    return await withFreshPorts(async () => {
      const [http = 0, grpc = 0, own = 0] = await freePorts(3);
      const process = await start({
        name: 'otelcol',
        program: pathOf('otelcol'),
        args: [`--config=file:${configFile}`],
        env: {
          OTLP_HTTP_ADDRESS: `127.0.0.1:${http}`,
          OTLP_GRPC_ADDRESS: `127.0.0.1:${grpc}`,
          COLLECTOR_METRICS_PORT: String(own),
          VICTORIAMETRICS_URL: to,
        },
        log: join(folder.path, 'otelcol.log'),
      });
      const url = `http://127.0.0.1:${http}`;
      // It takes POST alone: any answer says that it is there.
      const probe = async () => (await request(`${url}/v1/metrics`)).status === 405;
      await ready(process, { probe, timeout: 30_000 });
      return {
        url,
        grpc: `127.0.0.1:${grpc}`,
        metrics: `http://127.0.0.1:${own}/metrics`,
        process,
        stop: async () => {
          await process.stop();
          await folder.remove();
        },
      };
    });
  } catch (error) {
    await folder.remove();
    throw error;
  }
}
