export { builtInCatalogue, parseCatalogue } from './catalogue.ts';
export {
  hasOptedOut,
  hasOptedOutOfPushing,
  identify,
  imageName,
  isInjected,
  type Recognisable,
  recognise,
} from './recognise.ts';
export * from './types.ts';
export { componentSelectors, isComponentLabelled } from './watched-labels.ts';
export { recognitionText } from './words.ts';
