import type { Meter } from '@opentelemetry/api';
import { MeterProvider, type MetricProducer, type MetricReader } from '@opentelemetry/sdk-metrics';
import type { Log } from '../ground/log.ts';
import type { Settings } from '../settings/index.ts';
import { definitions } from './definitions.ts';
import { type HotInstruments, hotInstruments, noHotInstruments } from './hot.ts';
import {
  type AdmissionInstruments,
  admissionInstruments,
  type GaugeValue,
  gauge,
  readCounter,
  type ServerInstruments,
  serverInstruments,
} from './instruments.ts';
import type { StartedLog } from './log.ts';
import { otlpAddress } from './otlp-address.ts';
import { metricsPage } from './page.ts';
import { type Identity, resourceOf } from './resource.ts';
import { runtimeInstruments } from './runtime.ts';

/** What autoscrape measures, and where it is read. */
export interface Telemetry {
  readonly admission: AdmissionInstruments;
  readonly server: ServerInstruments;
  /** For the instruments of other parts. */
  readonly meter: Meter;
  /** The same for what happens often. */
  readonly hot: HotInstruments;
  /** Fills one of the gauges of `definitions`, which asks for its values when it is read. */
  readonly gauge: (which: keyof typeof definitions, read: () => readonly GaugeValue[]) => void;
  /** All metrics in Prometheus' text format. */
  readonly page: () => Promise<string>;
  /** Sends what is left, and ends; at the latest after `milliseconds`. */
  readonly stop: (milliseconds: number) => Promise<void>;
}

/**
 * The meter provider with its readers: the page for Prometheus always, OTLP where there is an address to send to.
 * A receiver that is down, slow or wrong is one log line when that begins, one when it ends, and a count.
 *
 * @throws where a certificate for OTLP can't be read
 */
export async function startTelemetry(
  settings: Pick<Settings, 'telemetry' | 'kubernetes'>,
  identity: Identity,
  { log, dropped }: Pick<StartedLog, 'log' | 'dropped'>,
): Promise<Telemetry> {
  const { disabled, otlp } = settings.telemetry;
  const hot = disabled ? noHotInstruments : hotInstruments(scope, identity.version);
  const page = metricsPage([hot.producer]);
  const exports = { failed: 0 };
  const pushing = disabled ? [] : await pushReaders(otlp, [hot.producer], exports, log);
  const provider = new MeterProvider({
    resource: resourceOf(settings, identity),
    readers: disabled ? [] : [page.reader, ...pushing],
  });
  const meter = provider.getMeter(scope, identity.version);
  readCounter(meter, definitions.logLinesDropped, dropped);
  readCounter(meter, definitions.exportFailures, () => exports.failed);
  const endRuntime = disabled ? () => {} : runtimeInstruments({ meter, hot });
  gauge(meter, definitions.buildInfo, () => [
    { value: 1, labels: { version: identity.version, node: process.versions.node } },
  ]);
  return {
    admission: admissionInstruments(meter, hot),
    server: serverInstruments(meter, hot),
    meter,
    hot,
    gauge: (which, read) => gauge(meter, definitions[which], read),
    page: disabled ? async () => '' : page.render,
    stop: (milliseconds) => {
      endRuntime();
      return ended(provider, milliseconds);
    },
  };
}

/** The instrumentation scope of all our instruments. */
const scope = 'autoscrape';

async function pushReaders(
  otlp: Settings['telemetry']['otlp'],
  producers: MetricProducer[],
  exports: { failed: number },
  log: Log,
): Promise<MetricReader[]> {
  const url = otlpAddress(otlp);
  if (url === undefined) return [];
  // The exporter is loaded only where it is used.
  const { otlpReader } = await import('./otlp.ts');
  const reader = await otlpReader(url, otlp, producers, {
    failed: (because, first) => {
      exports.failed++;
      if (first) log.warn({ because: because.slice(0, 500) }, 'metrics do not arrive by OTLP');
    },
    healed: () => log.info({ failed: exports.failed }, 'metrics arrive by OTLP again'),
  });
  return [reader];
}

async function ended(provider: MeterProvider, milliseconds: number): Promise<void> {
  try {
    await provider.shutdown({ timeoutMillis: milliseconds });
  } catch {
    // What could not be sent in time was counted and told by the exporter's witness.
  }
}
