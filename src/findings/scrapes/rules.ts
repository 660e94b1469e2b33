import { nearest } from '../../ground/nearest.ts';
import { objects, parseScrape, type RelabelRule } from '../../kubernetes/index.ts';
import { problemOf, type RuleProblem, relabelActions } from '../../reading/index.ts';
import type { Check } from './check.ts';
import { clipped, type Found, quoted } from './found.ts';
import { oneWay, removing, writing } from './remedy.ts';

/** More rules than this are not looked at in one scrape. */
export const maxRules = 200;

/** Relabel rules that vmagent can't parse, of targets and of metrics. */
export function ruleFindings({ scrape, endpoints }: Check): Found[] {
  const found: Found[] = [];
  let looked = 0;
  for (const [index, endpoint] of scrape.endpoints.entries()) {
    const metricRules = objects(endpoints[index], 'metricRelabelConfigs');
    const all: [string, readonly RelabelRule[]][] = [
      ['relabelConfigs', endpoint.relabelRules],
      ['metricRelabelConfigs', metricRules.length === 0 ? [] : parsedRules(metricRules)],
    ];
    for (const [key, rules] of all) {
      for (const [place, rule] of rules.entries()) {
        looked += 1;
        if (looked > maxRules) return found;
        const problem = problemOf(rule);
        if (problem === undefined) continue;
        found.push(badRule(`endpoints[${index}].${key}[${place}]`, problem));
      }
    }
  }
  return found;
}

/** The rules of metrics, read as those of targets are. */
function parsedRules(relabelConfigs: readonly unknown[]): readonly RelabelRule[] {
  const holder = parseScrape({ spec: { endpoints: [{ relabelConfigs }] } });
  return holder?.endpoints[0]?.relabelRules ?? [];
}

function badRule(field: string, problem: RuleProblem): Found {
  const code = 'bad-relabel-rule';
  const skipped = 'vmagent skips the endpoint';
  switch (problem.kind) {
    case 'unknown-action': {
      const action = nearest(problem.action, relabelActions);
      return {
        code,
        field: `${field}.action`,
        message: `${quoted(problem.action)} is no action: ${skipped}`,
        ...(action === undefined
          ? { fix: 'write keep, drop or replace' }
          : writing(`${field}.action`, action)),
      };
    }
    case 'bad-regex':
      return {
        code,
        field: `${field}.regex`,
        message: `Go can't compile ${quoted(problem.regex)} (${clipped(problem.reason, 130)}): ${skipped}`,
        fix: "write it in Go's syntax (RE2): no lookaround, no back-references",
      };
    case 'missing':
      return {
        code,
        field,
        message: `${problem.action} needs ${problem.what}: ${skipped}`,
        fix: `write ${problem.what.replace('two ', '')}, or remove the rule`,
      };
    case 'not-allowed':
      return {
        code,
        field,
        message: `${problem.action} does not take ${problem.what}: ${skipped}`,
        ...oneWay(`remove ${problem.what}`, removing(`${field}.${problem.what}`)),
      };
  }
}
