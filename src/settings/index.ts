export { parseDuration } from './duration.ts';
export type { Environment } from './environment.ts';
export { type CommandLine, type Flag, readCommandLine } from './flags.ts';
export { type Origin, originText, type SettingsProblem, settingsProblemText } from './found.ts';
export { type Loaded, loadSettings, settingsFile } from './load.ts';
export { nearest } from './nearest.ts';
export { type Group, type Option, optionsOf, settingsTree } from './options.ts';
export { settingsReference } from './reference.ts';
export * from './types.ts';
