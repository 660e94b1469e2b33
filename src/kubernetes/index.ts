export * from './names.ts';
export * from './objects.ts';
export * from './parse.ts';
export * from './selector.ts';
