import type { Route } from './routes.ts';
import type { Admit, FindingsOf, Pipeline } from './types.ts';

/**
 * The function that answers the reviews of one webhook. What can be done before the first request is done here.
 *
 * @param findingsOf what is said of scrapes; only the `scrapes` route asks for it
 */
export function admitFor(route: Route, _pipeline: Pipeline, _findingsOf: FindingsOf): Admit {
  return () => ({ kind: 'not-a-review', message: `${route.path} is not answered yet` });
}
