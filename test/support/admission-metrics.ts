import { api, type Connection } from './control-plane.ts';

/** What the API server counted of one webhook, over all operations. */
export interface WebhookCounts {
  /** `apiserver_admission_webhook_request_total`: reviews that it sent. */
  readonly requests: number;
  /** `apiserver_admission_match_condition_exclusions_total`: reviews that a match condition spared. */
  readonly exclusions: number;
  /** `apiserver_admission_match_condition_evaluation_errors_total`: conditions that failed to evaluate. */
  readonly errors: number;
  /** `apiserver_admission_webhook_fail_open_count`: writes that went on without its answer. */
  readonly failedOpen: number;
}

/**
 * Reads the API server's own counts of a webhook
 * (https://kubernetes.io/docs/reference/instrumentation/metrics/). A metric that is not there yet counts 0.
 *
 * @param webhook its name in the registration
 */
export async function webhookCounts(
  plane: Pick<Connection, 'server' | 'ca' | 'token'>,
  webhook: string,
): Promise<WebhookCounts> {
  const { status, body } = await api(plane, 'GET', '/metrics');
  if (status !== 200 || typeof body !== 'string') throw new Error(`no metrics: ${status}`);
  const lines = body.split('\n').filter((line) => line.includes(`name="${webhook}"`));
  const sum = (metric: string): number =>
    lines
      .filter((line) => line.startsWith(`${metric}{`))
      .reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  return {
    requests: sum('apiserver_admission_webhook_request_total'),
    exclusions: sum('apiserver_admission_match_condition_exclusions_total'),
    errors: sum('apiserver_admission_match_condition_evaluation_errors_total'),
    failedOpen: sum('apiserver_admission_webhook_fail_open_count'),
  };
}
