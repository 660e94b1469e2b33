export type { Agent, ScrapeClass, ScrapeKind } from './agents.ts';
export { durationOf, unreadableDurations } from './duration.ts';
export {
  editedObject,
  type FieldEdit,
  type FieldPath,
  fieldText,
  stepsOf,
  valueAt,
} from './edits.ts';
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
export {
  type KindName,
  kindAndName,
  kindName,
  type NamespacedName,
  namespacedName,
  partsOf,
} from './keys.ts';
export { mapLabels, sameLabels } from './labels.ts';
export { isContainerPortName, isLabelValue, isObjectName, isServicePortName } from './names.ts';
export {
  type Container,
  type ContainerPort,
  controllerOf,
  groupOf,
  hasEnded,
  type KubernetesObject,
  type LabelSelector,
  type Labels,
  labelOf,
  type Namespace,
  type Owner,
  type Pod,
  type PodShape,
  type Requirement,
  type Service,
  type ServiceMonitor,
  type ServicePort,
  type Workload,
} from './objects.ts';
export {
  labelsAt,
  metaOf,
  parseNamespace,
  parseObject,
  parsePod,
  parseScrape,
  parseService,
  parseServiceMonitor,
  parseWorkload,
  relabelRule,
} from './parse.ts';
export {
  attachMetadataOf,
  labelSelectorAt,
  parseAgent,
  parsePodScrape,
  parseStaticScrape,
} from './parse-agents.ts';
export type {
  Endpoint,
  PodScrape,
  RelabelRule,
  Scrape,
  ScrapeStatus,
  StaticScrape,
  StaticTargets,
} from './scrapes.ts';
export { contains, overlap, selects, sizeOf } from './selector.ts';
