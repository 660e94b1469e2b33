export * from './agents.ts';
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
export * from './parse-agents.ts';
export * from './scrapes.ts';
export * from './selector.ts';
