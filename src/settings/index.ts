export { parseDuration } from './duration.ts';
export { type CommandLine, type Flag, readCommandLine } from './flags.ts';
export { originText, settingsProblemText } from './found.ts';
export { loadSettings, settingsFile } from './load.ts';
export { type Option, optionsOf, settingsTree } from './options.ts';
export {
  fieldManager,
  type LogSettings,
  type PipelineSettings,
  type ServerSettings,
  type Settings,
  type TelemetrySettings,
} from './types.ts';
