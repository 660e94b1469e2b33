export {
  type CheckedRight,
  judgeCertificate,
  judgeDefinitions,
  judgeLeader,
  judgePods,
  judgeRegistration,
  judgeRights,
  judgeTrust,
  judgeVersion,
} from './judge.ts';
export type { CheckOutcome, CheckResult, ObjectRead } from './types.ts';
