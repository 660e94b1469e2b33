export { type SurroundingCode, surroundingFindingCodes } from './codes.ts';
export { agentsTaking, eachAgentFinding, surroundingFindings } from './findings.ts';
export { isSurrounding, type Placed, surroundingsOf } from './parse.ts';
export { isLookedUp, missingReference, type Reference, referencesOf } from './references.ts';
export type { Surroundings } from './types.ts';
