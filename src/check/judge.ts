import { X509Certificate } from 'node:crypto';
import * as v from 'valibot';
import type { Catalogue } from '../catalogue/index.ts';
import { misfits } from '../registration/index.ts';
import type { CheckOutcome, CheckResult, ObjectRead } from './types.ts';

/** Days before the end of a certificate that somebody should look: a renewal by itself comes earlier. */
const soonDays = 14;
const day = 86_400_000;

function result(name: string, outcome: CheckOutcome, message: string, fix = ''): CheckResult {
  return { name, outcome, message, fix };
}

function unread(name: string, why: string): CheckResult {
  return result(name, 'unknown', why, 'run it as somebody who may read that, or with --as');
}

/**
 * Judges the version of the API server by what it serves: ValidatingAdmissionPolicies are in
 * `admissionregistration.k8s.io/v1` from Kubernetes 1.30 on
 * (https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/).
 *
 * @param served the plural names of that group's resources
 */
export function judgeVersion(served: ObjectRead<readonly string[]>): CheckResult {
  const name = 'kubernetes-version';
  if (served.state === 'unknown') return unread(name, served.why);
  const isNew = served.state === 'there' && served.value.includes('validatingadmissionpolicies');
  return isNew
    ? result(name, 'ok', 'Kubernetes is 1.30 or newer')
    : result(name, 'failed', 'Kubernetes is older than 1.30', 'upgrade the cluster first');
}

/** Judges whether the resource that scrapes are is served. */
export function judgeDefinitions(scrapes: 'served' | 'absent' | 'unknown'): CheckResult {
  const name = 'custom-resources';
  switch (scrapes) {
    case 'served':
      return result(name, 'ok', 'VMServiceScrapes are served');
    case 'absent':
      return result(
        name,
        'warning',
        'VMServiceScrapes are not served: no scrape can be made',
        'install the VictoriaMetrics operator; autoscrape waits for it',
      );
    case 'unknown':
      return unread(name, "API discovery doesn't say whether VMServiceScrapes are served");
  }
}

const webhooksSchema = v.object({
  webhooks: v.nullish(
    v.array(
      v.object({
        name: v.string(),
        clientConfig: v.object({ caBundle: v.nullish(v.string(), '') }),
      }),
    ),
    [],
  ),
});

/** Judges whether the API server is told to call autoscrape, as the catalogue needs it. */
export function judgeRegistration(catalogue: Catalogue, mutating: ObjectRead): CheckResult {
  const name = 'registration';
  const fix = 'install the chart, or apply what autoscrape manifests prints';
  if (mutating.state === 'unknown') return unread(name, mutating.why);
  if (mutating.state === 'missing') {
    return result(name, 'failed', 'there is no MutatingWebhookConfiguration of that name', fix);
  }
  const [first] = misfits(catalogue, mutating.value);
  if (first === undefined) return result(name, 'ok', 'the registration fits the catalogue');
  return result(
    name,
    'failed',
    `the registration does not fit: ${first.webhook}: ${first.problem}`,
    fix,
  );
}

const secretSchema = v.object({ data: v.object({ 'tls.crt': v.string() }) });

/** The serving certificate in a Secret of type kubernetes.io/tls; undefined where there is none that can be read. */
function servingCertificate(secret: unknown): X509Certificate | undefined {
  const read = v.safeParse(secretSchema, secret);
  if (!read.success) return undefined;
  try {
    return new X509Certificate(Buffer.from(read.output.data['tls.crt'], 'base64'));
  } catch {
    return undefined;
  }
}

/** The certificates of a `caBundle`; none where it is no PEM. */
function authoritiesIn(bundle: string): X509Certificate[] {
  const text = Buffer.from(bundle, 'base64').toString('latin1');
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    return [];
  }
}

/**
 * Judges whether each webhook has a `caBundle`, and whether a CA in it signed the certificate that is served.
 *
 * @param registrations both configurations
 * @param secret the Secret with the certificate
 */
export function judgeTrust(registrations: readonly ObjectRead[], secret: ObjectRead): CheckResult {
  const name = 'ca-bundle';
  const webhooks = registrations.flatMap((one) => {
    const read = one.state === 'there' ? v.safeParse(webhooksSchema, one.value) : undefined;
    return read?.success === true ? (read.output.webhooks ?? []) : [];
  });
  if (webhooks.length === 0) return unread(name, 'no registration could be read');
  const fix = 'look at the log of the pods, and at docs/certificates.md';
  const bare = webhooks.find(({ clientConfig }) => (clientConfig.caBundle ?? '') === '');
  if (bare !== undefined) {
    const message = `${bare.name} has no caBundle: the API server trusts nobody, and admits everything as it is`;
    return result(name, 'failed', message, fix);
  }
  if (secret.state !== 'there') {
    const why = secret.state === 'unknown' ? secret.why : 'there is no Secret with the certificate';
    return unread(name, `each webhook has a caBundle; whether it fits is not known: ${why}`);
  }
  const served = servingCertificate(secret.value);
  if (served === undefined) {
    return result(name, 'failed', 'the Secret has no certificate in tls.crt', fix);
  }
  const stranger = webhooks.find(
    ({ clientConfig }) =>
      !authoritiesIn(clientConfig.caBundle ?? '').some((ca) => signed(ca, served)),
  );
  return stranger === undefined
    ? result(name, 'ok', 'each webhook trusts the certificate that is served')
    : result(name, 'failed', `the caBundle of ${stranger.name} does not fit the certificate`, fix);
}

function signed(authority: X509Certificate, certificate: X509Certificate): boolean {
  return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}

/** Judges how long the certificate in a Secret is still valid. */
export function judgeCertificate(secret: ObjectRead, now: Date): CheckResult {
  const name = 'certificate';
  const fix = 'renew it: docs/certificates.md says how, for each mode';
  if (secret.state === 'unknown') return unread(name, secret.why);
  if (secret.state === 'missing') {
    return result(name, 'failed', 'there is no Secret with the certificate', fix);
  }
  const served = servingCertificate(secret.value);
  if (served === undefined) {
    return result(name, 'failed', 'the Secret has no certificate in tls.crt', fix);
  }
  const end = new Date(served.validTo);
  const days = Math.floor((end.getTime() - now.getTime()) / day);
  const date = end.toISOString().slice(0, 10);
  if (end <= now) return result(name, 'failed', `the certificate ended on ${date}`, fix);
  return days < soonDays
    ? result(name, 'warning', `the certificate ends on ${date}, in ${days} days`, fix)
    : result(name, 'ok', `the certificate is valid until ${date}`);
}

const podSchema = v.object({
  metadata: v.object({ name: v.string() }),
  status: v.nullish(
    v.object({
      conditions: v.nullish(v.array(v.object({ type: v.string(), status: v.string() })), []),
    }),
  ),
});

/** Judges whether the pods of autoscrape are ready. */
export function judgePods(pods: ObjectRead<readonly unknown[]>): CheckResult {
  const name = 'pods';
  if (pods.state === 'unknown') return unread(name, pods.why);
  const all = pods.state === 'there' ? pods.value : [];
  const read = all.flatMap((pod) => {
    const parsed = v.safeParse(podSchema, pod);
    return parsed.success ? [parsed.output] : [];
  });
  if (read.length === 0) {
    return result(
      name,
      'failed',
      'there is no pod of autoscrape',
      'kubectl describe its Deployment',
    );
  }
  const waiting = read.filter(
    ({ status }) =>
      status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') !== true,
  );
  const ready = `${read.length - waiting.length} of ${read.length} pods are ready`;
  if (waiting.length === 0) return result(name, 'ok', ready);
  const fix = `kubectl describe pod ${waiting[0]?.metadata.name ?? ''}`;
  return result(name, waiting.length === read.length ? 'failed' : 'warning', ready, fix);
}

const leaseSchema = v.object({
  spec: v.object({
    holderIdentity: v.nullish(v.string(), ''),
    renewTime: v.nullish(v.string(), ''),
    leaseDurationSeconds: v.nullish(v.number(), 0),
  }),
});

/** Judges whether one of the pods leads, and so writes scrapes. */
export function judgeLeader(lease: ObjectRead, now: Date): CheckResult {
  const name = 'leader';
  const fix = 'look at the log of the pods: nobody writes scrapes now';
  if (lease.state === 'unknown') return unread(name, lease.why);
  const read = lease.state === 'there' ? v.safeParse(leaseSchema, lease.value) : undefined;
  if (read?.success !== true) return result(name, 'failed', 'no pod leads: there is no Lease', fix);
  const { holderIdentity, renewTime, leaseDurationSeconds } = read.output.spec;
  if (!holderIdentity) return result(name, 'failed', 'no pod leads: the Lease has no holder', fix);
  const until = Date.parse(renewTime ?? '') + (leaseDurationSeconds ?? 0) * 1000;
  return until >= now.getTime()
    ? result(name, 'ok', `${holderIdentity} leads`)
    : result(name, 'failed', `no pod leads: ${holderIdentity} has not renewed its Lease`, fix);
}

/** One right, as RBAC has it, and whether somebody has it. */
export interface CheckedRight {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  /** Empty for all. */
  readonly namespace: string;
  readonly allowed: boolean | undefined;
}

/**
 * Judges whether somebody may do all that is needed.
 *
 * @param who in words, as the subject of a sentence
 */
export function judgeRights(
  who: string,
  rights: readonly CheckedRight[],
  fix: string,
): CheckResult {
  const name = 'rights';
  const denied = rights.filter(({ allowed }) => allowed === false);
  if (denied.length > 0) {
    const words = denied.map(
      ({ verb, group, resource }) => `${verb} ${resource}${group === '' ? '' : `.${group}`}`,
    );
    return result(name, 'failed', `${who} may not ${words.join(', ')}`, fix);
  }
  if (rights.some(({ allowed }) => allowed === undefined)) {
    return unread(name, `what ${who} may do could not be asked`);
  }
  return result(name, 'ok', `${who} may do what is needed`);
}
