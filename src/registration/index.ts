export type { MatchCondition } from './conditions.ts';
export type * from './configuration.ts';
export { type Misfit, misfits } from './live.ts';
export {
  defaultRegistration,
  type Registration,
  type RegistrationOptions,
  registration,
} from './registration.ts';
export { registrationYaml } from './yaml.ts';
