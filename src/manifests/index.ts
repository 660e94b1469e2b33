export { correctedText } from './correct.ts';
export { type DocumentChange, editedText } from './edit.ts';
export {
  defaultReadLimits,
  type FileSystem,
  type ReadLimits,
  type ReadManifests,
  readManifests,
} from './files.ts';
export { type Locate, locator } from './locate.ts';
export { parseManifests } from './parse.ts';
export * from './types.ts';
