export {
  judgeCertificate,
  judgeDefinitions,
  judgeLeader,
  judgePods,
  judgeRegistration,
  judgeRights,
  judgeTrust,
  judgeVersion,
  type Right,
} from './judge.ts';
export type { CheckResult, Outcome, Read } from './types.ts';
