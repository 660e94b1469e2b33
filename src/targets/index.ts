export { type AgentAddress, agentAddress, askAgent } from './ask.ts';
export { type TargetCode, targetFindingCodes } from './codes.ts';
export { expectedTargets } from './expected.ts';
export { targetFindings } from './findings.ts';
export { judgeTargets } from './judge.ts';
export { parseTargets } from './parse.ts';
export type { AgentTargets, ExpectedTarget, TargetState, TargetVerdict } from './types.ts';
