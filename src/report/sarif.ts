import type { Severity } from '../findings/index.ts';
import type { PlacedFinding } from '../review/index.ts';
import { version } from '../version.ts';
import { findingCodes } from './finding-codes.ts';
import { fingerprints, hasFile, subjectOf } from './identity.ts';

const levels: Readonly<Record<Severity, string>> = {
  error: 'error',
  warning: 'warning',
  info: 'note',
};

/**
 * Findings as SARIF 2.1.0, which GitHub's code scanning and others read
 * (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html). The rules are the codes that occur.
 */
export function sarifText(findings: readonly PlacedFinding[]): string {
  const codes = [...new Set(findings.map(({ code }) => code))].sort();
  const names = fingerprints(findings);
  const log = {
    $schema:
      'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: { name: 'autoscrape', semanticVersion: version, rules: codes.map(ruleOf) },
        },
        columnKind: 'utf16CodeUnits',
        results: findings.map((finding, index) => ({
          ruleId: finding.code,
          ruleIndex: codes.indexOf(finding.code),
          level: levels[finding.severity],
          message: { text: messageOf(finding) },
          locations: [locationOf(finding)],
          partialFingerprints: { 'autoscrape/v1': names[index] },
        })),
      },
    ],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

function ruleOf(code: string) {
  const entry = findingCodes.get(code);
  if (entry === undefined) return { id: code };
  return {
    id: code,
    shortDescription: { text: `${entry.title}.` },
    fullDescription: { text: entry.explanation },
    help: { text: entry.explanation },
    defaultConfiguration: { level: levels[entry.severity] },
  };
}

function messageOf(finding: PlacedFinding): string {
  const { message, fix } = finding;
  return `${subjectOf(finding)}: ${message}${fix === '' ? '' : `\nFix: ${fix}`}`;
}

function locationOf(finding: PlacedFinding) {
  const { object } = finding;
  const logicalLocations = [
    {
      fullyQualifiedName: `${object.namespace}/${object.name}`,
      name: object.name,
      kind: 'resource',
    },
  ];
  if (!hasFile(finding)) return { logicalLocations };
  const artifactLocation = { uri: uriOf(finding.file) };
  const region = { startLine: Math.max(1, finding.line) };
  return { physicalLocation: { artifactLocation, region }, logicalLocations };
}

/** A relative reference, or a file URL for an absolute path (RFC 3986, RFC 8089). */
function uriOf(path: string): string {
  const escaped = path.split('/').map(encodeURIComponent).join('/');
  return path.startsWith('/') ? `file://${escaped}` : escaped;
}
