import { partsOf } from '../../kubernetes/index.ts';
import type { Finding } from '../finding.ts';
import { type TargetCode, targetFindingCodes } from './codes.ts';
import type { TargetState, TargetVerdict } from './types.ts';

const codes: Readonly<Partial<Record<TargetState, TargetCode>>> = {
  down: 'target-down',
  empty: 'target-empty',
  dropped: 'target-dropped',
  missing: 'target-missing',
  elsewhere: 'target-elsewhere',
  twice: 'target-twice',
};

/** What is wrong with targets: one finding for those of a scrape that are alike. */
export function targetFindings(verdicts: readonly TargetVerdict[]): Finding[] {
  const wrong = verdicts.flatMap((verdict) => {
    const code = codes[verdict.state];
    return code === undefined ? [] : [{ code, verdict }];
  });
  const alike = Map.groupBy(wrong, ({ code, verdict }) =>
    [code, verdict.scrape, verdict.because].join('\u0000'),
  );
  return [...alike.values()].flatMap((members): Finding[] => {
    const [first] = members;
    if (first === undefined) return [];
    const { code, verdict } = first;
    const { severity, certain } = targetFindingCodes[code];
    const { namespace, name } = partsOf(verdict.scrape);
    const others = members.length === 1 ? '' : ` and ${members.length - 1} more`;
    return [
      {
        code,
        severity,
        object: {
          apiVersion: 'operator.victoriametrics.com/v1beta1',
          kind: 'VMServiceScrape',
          namespace,
          name,
        },
        field: '',
        message: `${verdict.component} in pod ${verdict.pod}, port ${verdict.port}${others}: ${verdict.because}`,
        fix: verdict.fix,
        certain,
      },
    ];
  });
}
