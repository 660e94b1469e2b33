/**
 * The sum of a counter's series on a page of metrics in Prometheus' text format.
 *
 * @param labels texts such as `verb="PATCH"`, all of which a series must have
 */
export function counted(page: string, metric: string, labels: readonly string[]): number {
  return page
    .split('\n')
    .filter((line) => line.startsWith(`${metric}{`) || line.startsWith(`${metric} `))
    .filter((line) => labels.every((label) => line.includes(label)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

/** Requests that an API server answered for a resource, by verbs as it counts them (`APPLY`, `PATCH`, `POST`, …). */
export function requestsFor(page: string, resource: string, verbs: readonly string[]): number {
  return verbs.reduce(
    (sum, verb) =>
      sum + counted(page, 'apiserver_request_total', [`resource="${resource}"`, `verb="${verb}"`]),
    0,
  );
}

/** Verbs that write. */
export const writes: readonly string[] = ['APPLY', 'PATCH', 'POST', 'PUT', 'DELETE'];
