export {
  clusterInstruments,
  leaseName,
  type QueueState,
  reconcilerInstruments,
} from './cluster.ts';
export { decisionLog, errorText } from './decision.ts';
export { type Definition, definitions } from './definitions.ts';
export {
  type AdmissionInstruments,
  counter,
  type GaugeValue,
  histogram,
  type ServerInstruments,
} from './instruments.ts';
export { type StartedLog, startLog } from './log.ts';
export { prometheusLabel, prometheusName } from './names.ts';
export { otlpAddress } from './otlp-address.ts';
export { pageContentType } from './page.ts';
export { rarely } from './rarely.ts';
export type { Identity } from './resource.ts';
export { startTelemetry, type Telemetry } from './start.ts';
