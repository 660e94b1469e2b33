export { auditText } from './audit-text.ts';
export { diffText } from './diff.ts';
export { codeText, explanationText } from './explanation.ts';
export { type FindingSection, findingCodes, findingSections } from './finding-codes.ts';
export { findingsDocument } from './findings-document.ts';
export { fixedText } from './fixed.ts';
export { githubText } from './github.ts';
export { gitlabText } from './gitlab.ts';
export { junitText } from './junit.ts';
export { sampleOrder, stateOrder } from './order.ts';
export {
  type MissingScrape,
  type PageAdmission,
  type PageData,
  pageHtml,
  pageOfAudit,
  pagePolicy,
} from './page/index.ts';
export { patchWords } from './patch-words.ts';
export {
  jsonText,
  type ReportedFinding,
  type ReportedObject,
  type ReviewReport,
  reportOf,
} from './report.ts';
export { sarifText } from './sarif.ts';
export { type Style, styleFor } from './style.ts';
export { summaryText } from './summary.ts';
export { yamlText } from './yaml.ts';
