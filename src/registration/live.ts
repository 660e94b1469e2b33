import * as v from 'valibot';
import { type Route, routes } from '../admission/index.ts';
import type { Catalogue } from '../catalogue/index.ts';
import { clusterToComplete, componentThatChanges, type MatchCondition } from './conditions.ts';

/** A webhook of autoscrape's that the API server does not call as the catalogue needs it. */
export interface Misfit {
  /** The webhook's name. */
  readonly webhook: string;
  /** What is wrong, in words. */
  readonly problem: string;
}

const liveSchema = v.object({
  webhooks: v.nullish(
    v.array(
      v.object({
        name: v.string(),
        matchConditions: v.nullish(
          v.array(v.object({ name: v.string(), expression: v.string() })),
          [],
        ),
        rules: v.nullish(
          v.array(
            v.object({
              apiGroups: v.nullish(v.array(v.string()), []),
              resources: v.nullish(v.array(v.string()), []),
            }),
          ),
          [],
        ),
      }),
    ),
    [],
  ),
});

type LiveWebhook = NonNullable<v.InferOutput<typeof liveSchema>['webhooks']>[number];

/**
 * What is wrong with the registration that the API server has: an object that the catalogue means and the registration
 * does not is never sent, and nobody is told. Its conditions are compared with those that the catalogue makes, spaces
 * apart; a webhook without conditions is sent more than it needs, which is no fault. Selectors, timeouts and what else
 * an administrator may choose is not looked at.
 *
 * @param live the MutatingWebhookConfiguration as the API server has it; undefined where it has none
 * @param needsClusters whether `push.endpoint` is set
 */
export function misfits(catalogue: Catalogue, live: unknown, needsClusters = false): Misfit[] {
  const read = v.safeParse(liveSchema, live ?? {});
  const registered = new Map(
    ((read.success && read.output.webhooks) || []).map((webhook) => [webhook.name, webhook]),
  );
  const { strong, inject, clusters } = routes;
  const needed: [Route, MatchCondition | undefined][] = [
    [strong, componentThatChanges(catalogue)],
    [inject, undefined],
    ...(needsClusters ? [[clusters, clusterToComplete] satisfies [Route, MatchCondition]] : []),
  ];
  return needed.flatMap(([route, condition]): Misfit[] => {
    const problem = problemOf(route, registered.get(route.webhook), condition);
    return problem === undefined ? [] : [{ webhook: route.webhook, problem }];
  });
}

function problemOf(
  route: Route,
  webhook: LiveWebhook | undefined,
  wanted: MatchCondition | undefined,
): string | undefined {
  if (webhook === undefined) return 'it is not registered: the API server sends nothing to it';
  const unnamed = route.resources.filter(
    ({ group, resource }) => !(webhook.rules ?? []).some((rule) => covers(rule, group, resource)),
  );
  if (unnamed.length > 0) {
    return `its rules leave out ${unnamed.map(({ resource }) => resource).join(' and ')}`;
  }
  if (wanted === undefined) return undefined;
  const condition = (webhook.matchConditions ?? []).find(({ name }) => name === wanted.name);
  return condition === undefined || plain(condition.expression) === plain(wanted.expression)
    ? undefined
    : `its condition ${wanted.name} was made for another catalogue: objects that only the catalogue in use means are not sent`;
}

function covers(
  { apiGroups, resources }: NonNullable<LiveWebhook['rules']>[number],
  group: string,
  resource: string,
): boolean {
  const names = (listed: readonly string[] | null, one: string): boolean =>
    (listed ?? []).some((name) => name === '*' || name === one);
  return names(apiGroups, group) && names(resources, resource);
}

/** CEL without what only a template's indentation adds. */
function plain(expression: string): string {
  return expression.replaceAll(/\s+/g, '');
}
