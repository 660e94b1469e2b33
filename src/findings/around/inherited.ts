import type { PipelineSettings } from '../../settings/index.ts';
import type { Finding } from '../finding.ts';
import { surroundingFindingCodes } from './codes.ts';
import type { DatabaseOperator, Surroundings } from './types.ts';

/** Says which of the database's operators have an environment that `push.endpoint` goes against. */
export function inheritedFindings(
  { databaseOperators }: Surroundings,
  { push }: PipelineSettings,
): Finding[] {
  if (push.endpoint === undefined) return [];
  return databaseOperators.map((operator) => inheritedFinding(operator, push.overInherited));
}

function inheritedFinding(
  { namespace, name, variables }: DatabaseOperator,
  isMeant: boolean,
): Finding {
  const code = 'push-over-inherited';
  const { severity, certain } = surroundingFindingCodes[code];
  const names = variables.join(', ');
  return {
    code,
    severity: isMeant ? 'info' : severity,
    certain,
    object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name },
    field: '',
    message:
      'new MultigresClusters do not inherit what this operator has in its environment: push.endpoint goes before it',
    fix: `take ${names} out of the environment of Deployment ${namespace}/${name}; or set push.overInherited: true`,
  };
}
