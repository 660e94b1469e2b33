import { isDeepStrictEqual } from 'node:util';
import * as v from 'valibot';
import { parse } from 'yaml';

const octet = '(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])';

/** An address with or without a port, in 127.0.0.0/8 or ::1. No name: who knows where that leads. */
const loopbackAddress = `(127(\\.${octet}){3}|\\[::1\\])(:[0-9]+)?`;

/**
 * Drops each target that is not on the loopback: the last relabeling rule of a job that finds pods, whose addresses
 * other rules lead to the loopback. The scheme is looked at too, since vmagent puts it in front of the address as it is.
 */
export const keepLoopback = {
  action: 'keep',
  source_labels: ['__scheme__', '__address__'],
  separator: ';',
  regex: `(https?)?;${loopbackAddress}`,
} as const;

const jobSchema = v.looseObject({
  job_name: v.string(),
  proxy_url: v.optional(v.string()),
  relabel_configs: v.optional(v.array(v.unknown()), []),
  static_configs: v.optional(v.array(v.looseObject({ targets: v.array(v.string()) })), []),
  kubernetes_sd_configs: v.optional(
    v.array(
      v.looseObject({ api_server: v.optional(v.string()), proxy_url: v.optional(v.string()) }),
    ),
    [],
  ),
});
type Job = v.InferOutput<typeof jobSchema>;

const configurationSchema = v.strictObject({
  global: v.optional(v.unknown()),
  scrape_configs: v.optional(v.array(jobSchema), []),
});

/**
 * Checks a scrape configuration of vmagent (YAML or JSON) before anything is scraped.
 * @throws where a job could read anything that is not on the loopback, with each such job and the reason
 */
export function assertStaysOnLoopback(configuration: string): void {
  const { scrape_configs: jobs } = v.parse(configurationSchema, decoded(configuration) ?? {});
  const leaving = jobs.flatMap((job) =>
    reasonsOf(job).map((reason) => `job ${job.job_name} may leave the loopback: ${reason}`),
  );
  if (leaving.length > 0) throw new Error(leaving.join('\n'));
}

/** True for an http or https URL of an address on the loopback. */
export function isOnLoopback(url: string): boolean {
  return new RegExp(`^https?://${loopbackAddress}(/|$)`).test(url);
}

/** JSON is YAML, and is read a hundred times faster as what it is. */
function decoded(configuration: string): unknown {
  try {
    return JSON.parse(configuration);
  } catch {
    return parse(configuration);
  }
}

function reasonsOf(job: Job): string[] {
  const reasons: string[] = [];
  for (const field of Object.keys(job)) {
    const known = field === 'static_configs' || field === 'kubernetes_sd_configs';
    if (field.endsWith('_sd_configs') && !known) reasons.push(`it has ${field}`);
    if (field === 'oauth2') reasons.push('it asks for tokens by oauth2');
  }
  for (const { api_server, proxy_url = '' } of job.kubernetes_sd_configs) {
    const asked = proxy_url === '' ? (api_server ?? 'the cluster that it runs in') : proxy_url;
    if (!isOnLoopback(asked)) reasons.push(`it discovers by ${asked}`);
  }
  return [...reasons, ...targetReasons(job)];
}

/** A proxy is all that is connected to: vmagent asks it for http, and by CONNECT for everything else. */
function targetReasons({ proxy_url, relabel_configs: rules, ...job }: Job): string[] {
  if (proxy_url !== undefined && proxy_url !== '') {
    return isOnLoopback(proxy_url) ? [] : [`its proxy is ${proxy_url}`];
  }
  if (isDeepStrictEqual(rules.at(-1), keepLoopback)) return [];
  if (rules.length > 0 || job.kubernetes_sd_configs.length > 0) {
    return ['its last relabeling rule is not keepLoopback of tools/loopback.ts'];
  }
  const address = new RegExp(`^${loopbackAddress}$`);
  const targets = job.static_configs.flatMap((config) => config.targets);
  return targets.filter((target) => !address.test(target)).map((target) => `it reads ${target}`);
}
