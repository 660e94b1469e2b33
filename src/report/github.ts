import type { Severity } from '../findings/index.ts';
import type { PlacedFinding } from '../review/index.ts';

/**
 * Findings as annotations of a GitHub workflow, a line each
 * (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#setting-a-notice-message).
 */
export function githubText(findings: readonly PlacedFinding[]): string {
  return findings.map((finding) => `${annotation(finding)}\n`).join('');
}

const levels: Readonly<Record<Severity, string>> = {
  error: 'error',
  warning: 'warning',
  info: 'notice',
};

function annotation(finding: PlacedFinding): string {
  const { severity, code, file, line, object, field, message, fix } = finding;
  const place = file === '' || file === '-' ? [] : [`file=${property(file)}`, `line=${line}`];
  const properties = [...place, `title=${property(`autoscrape: ${code}`)}`].join(',');
  const subject = `${object.kind} ${object.namespace}/${object.name}`;
  const sentences = [`${subject}${field === '' ? '' : ` ${field}`}: ${message}`];
  if (fix !== '') sentences.push(`Fix: ${fix}`);
  return `::${levels[severity]} ${properties}::${data(sentences.join('\n'))}`;
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
