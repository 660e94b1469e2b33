export { type Answer, both } from './answer.ts';
export { isEverything, selectsLabels, type Unmet, unmet } from './label-selector.ts';
export {
  type CompiledPattern,
  isPattern,
  longestResult,
  type Pattern,
  patternOf,
  replacedIn,
} from './pattern.ts';
export {
  isNameRule,
  isRequirement,
  namespacesOf,
  type Selection,
  type SelectionRule,
  selectionOf,
  selectsService,
} from './selection.ts';
export {
  labelNamed,
  podLabelPrefix,
  podPresentPrefix,
  sanitised,
  sanitisedLabels,
  sanitisedValue,
  serviceLabelPrefix,
  servicePresentPrefix,
} from './target-labels.ts';
