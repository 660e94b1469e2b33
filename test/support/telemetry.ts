import type { Environment } from '../../src/ground/environment.ts';
import type { Log } from '../../src/ground/log.ts';
import {
  loadSettings,
  optionsOf,
  readCommandLine,
  settingsTree,
} from '../../src/settings/index.ts';
import { startTelemetry, type Telemetry } from '../../src/telemetry/index.ts';

/** Telemetry, with what it said to the log. */
export interface RecordedTelemetry extends Telemetry {
  readonly lines: readonly { readonly level: string; readonly message: string }[];
}

/** Starts telemetry with the settings that an environment makes. Its process has the instance `one`. */
export async function recordedTelemetry(environment: Environment): Promise<RecordedTelemetry> {
  const line = readCommandLine([], new Map(), optionsOf(settingsTree()));
  const { settings, problems } = await loadSettings(line, environment, async () => '');
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  const lines: { readonly level: string; readonly message: string }[] = [];
  const write = (level: string) => (_fields: object, message: string) => {
    lines.push({ level, message });
  };
  const log: Log = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  };
  const identity = { version: '1.2.3', instance: 'one' };
  const telemetry = await startTelemetry(settings, identity, { log, dropped: () => 0 });
  return { ...telemetry, lines };
}
