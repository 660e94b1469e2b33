export { type AgentWrites, parseWrites } from './agents.ts';
export { parseVector } from './answers.ts';
export { sampleFindingCodes } from './codes.ts';
export { expectedSamples } from './expected.ts';
export { sampleFindings } from './findings.ts';
export { sampleHeadline } from './headline.ts';
export { type AgentsSaid, type JudgedSamples, judgeSamples, unseenOf } from './judge.ts';
export { ageText, type Deciding } from './judge-pod.ts';
export { firstQuestions, furtherQuestions } from './questions.ts';
export { type StoredSamples, storedBy } from './stored.ts';
export type {
  AnsweredQuestion,
  ExpectedSamples,
  Question,
  SampleState,
  SampleVerdict,
  Vector,
} from './types.ts';
