import { isJson, list } from '../../kubernetes/index.ts';
import { type Check, maxEndpoints, maxServices } from './check.ts';
import type { Found } from './found.ts';
import { maxRules } from './rules.ts';

/** What of a scrape is not looked at, for there being too much of it. */
export function sizeFindings(check: Check): Found[] {
  const { spec, services, complete } = check;
  const endpoints = list(spec, 'endpoints');
  const rules = endpoints.reduce<number>(
    (sum, one) =>
      sum +
      (isJson(one)
        ? list(one, 'relabelConfigs').length + list(one, 'metricRelabelConfigs').length
        : 0),
    0,
  );
  const what = [
    ...(endpoints.length > maxEndpoints ? [`${endpoints.length} endpoints`] : []),
    ...(rules > maxRules ? [`${rules} relabel rules`] : []),
    ...(!complete && services.length >= maxServices ? [`more than ${maxServices} Services`] : []),
  ];
  if (what.length === 0) return [];
  return [
    {
      code: 'too-large',
      field: '',
      message: `it has ${what.join(' and ')}: of these the first ${looked(endpoints.length, rules)} are judged`,
      fix: 'split it into several scrapes to have all of it judged',
    },
  ];
}

/** What is said of a scrape that is too large to judge. */
export function unjudged(because: string): Found {
  return {
    code: 'too-large',
    severity: 'warning',
    field: '',
    message: `it is too large to judge: ${because}. What it reads can't be told`,
    fix: 'split it into several scrapes to have it judged',
  };
}

function looked(endpoints: number, rules: number): string {
  const counts = [
    ...(endpoints > maxEndpoints ? [`${maxEndpoints} endpoints`] : []),
    ...(rules > maxRules ? [`${maxRules} rules`] : []),
  ];
  return counts.length === 0 ? String(maxServices) : counts.join(' and ');
}
