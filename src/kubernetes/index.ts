export {
  child,
  emptyList,
  isJson,
  type Json,
  list,
  member,
  objects,
  strings,
  text,
} from './json.ts';
export * from './names.ts';
export * from './objects.ts';
export * from './parse.ts';
export * from './selector.ts';
