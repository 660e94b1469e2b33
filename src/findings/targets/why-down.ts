import type { ActiveTarget } from './types.ts';

/** A reason and what to look at. */
export interface Why {
  readonly because: string;
  readonly fix: string;
}

/** Characters of an agent's own words. */
const longest = 240;

/** What vmagent's errors mean (VictoriaMetrics lib/promscrape/client.go and Go's net, in their words), first match first. */
const known: readonly (readonly [RegExp, string, string])[] = [
  [
    /connection refused/,
    'connection refused: nothing listens on that port of the pod',
    'look whether the container serves metrics there, on all addresses and not on localhost alone',
  ],
  [
    /\b(?:status code|expecting 200).*\b404\b|\b404\b.*expecting 200/,
    'HTTP 404: there is nothing under that path',
    "correct the endpoint's path, or the port",
  ],
  [
    /\b40[13]\b.*expecting 200/,
    'HTTP 401 or 403: it wants credentials',
    'give the endpoint bearerTokenSecret, basicAuth or authorization',
  ],
  [
    /server gave HTTP response to HTTPS client/,
    'it is asked by HTTPS and speaks HTTP',
    "set the endpoint's scheme to http",
  ],
  [
    /\b400\b.*(?:HTTPS server|TLS)|malformed HTTP response/,
    'it is asked by HTTP and speaks TLS',
    "set the endpoint's scheme to https, with a tlsConfig",
  ],
  [
    /x509|certificate|tls:/i,
    'its certificate is not accepted, or it wants one',
    "correct the endpoint's tlsConfig",
  ],
  [
    /timeout|deadline exceeded/i,
    'no answer in time',
    'look for a NetworkPolicy between the agent and the pod, or raise scrapeTimeout',
  ],
  [
    /no route to host|network is unreachable/,
    'the pod cannot be reached',
    'look at the network between the agent and the pod',
  ],
  [
    /cannot parse|unsupported content|text\/html|invalid metric/i,
    'what it answers is not in the text format of Prometheus',
    'correct the path and the port: something else answers there',
  ],
  [
    /exceeds? .*(?:sample|size)|sample_limit|max_scrape_size/i,
    'it answers with more than the limits allow',
    'raise sampleLimit or max_scrape_size of the scrape',
  ],
];

/** Why a target is down. */
export function whyDown({ error }: ActiveTarget): Why {
  const found = known.find(([pattern]) => pattern.test(error));
  if (found !== undefined) return { because: found[1], fix: found[2] };
  return { because: error.slice(0, longest), fix: "look at the agent's page of targets" };
}

/** A target that answers and brings nothing: vmagent calls it up. */
export const whyEmpty: Why = {
  because: 'it answers without a sample: not in the text format of Prometheus, or empty',
  fix: 'correct the path and the port: an HTML page answers like this',
};
