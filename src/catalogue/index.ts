export { builtInCatalogue, parseCatalogue } from './catalogue.ts';
export { type Recognisable, recognise } from './recognise.ts';
export * from './types.ts';
