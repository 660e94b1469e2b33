import process from 'node:process';
import { standardLabels } from '../catalogue/index.ts';
import {
  type CheckedRight,
  type CheckOutcome,
  type CheckResult,
  judgeCertificate,
  judgeDefinitions,
  judgeLeader,
  judgePods,
  judgeRegistration,
  judgeRights,
  judgeTrust,
  judgeVersion,
  type ObjectRead,
} from '../check/index.ts';
import { choiceOf } from '../cli/arguments.ts';
import { accessFlags, awayText, commandTransport, reach } from '../cli/cluster-access.ts';
import { type Command, strayWords } from '../cli/command.ts';
import { configuration } from '../cli/configuration.ts';
import { hasColours, type Stream } from '../cli/terminal.ts';
import {
  type Client,
  createClient,
  field,
  isGone,
  presenceOf,
  type Resource,
  resources,
} from '../cluster/api/index.ts';
import { styleFor } from '../report/index.ts';
import type { Configured } from '../serve/live-configuration.ts';
import { type Flag, fieldManager, type Settings } from '../settings/index.ts';
import { leaseName } from '../telemetry/index.ts';

const outputs = ['text', 'json'] as const;

const flags: ReadonlyMap<string, Flag> = new Map<string, Flag>([
  ['pre', { kind: 'switch', about: 'Before an installation: whether it can be made.' }],
  [
    'output',
    {
      kind: 'text',
      short: 'o',
      values: outputs,
      usual: 'text',
      about: 'json: a list of {name, outcome, message, fix}.',
    },
  ],
  ...accessFlags,
]);

/** `autoscrape check` with the stream that its results go to. */
export function checkCommand(stream: Stream): Command {
  return {
    usage: 'check [--pre] [flags]',
    help: `Says whether autoscrape is installed as it should be: the API server's version, VMServiceScrapes, registration,
caBundle, certificate, rights, pods and leader, each with what to do. Reads the cluster of the kubeconfig, and changes
nothing. Namespace and names are settings: --kubernetes-namespace, --server-tls-registrations, --server-tls-secret.`,
    exitCodes:
      'Exit code: 0 nothing failed, 1 something did, 2 used wrongly, or the API server is away.',
    flags,
    settings: true,
    run: async (line, shell) => {
      const problems = strayWords(line, 'check');
      const output = choiceOf(line, 'output', outputs, problems) ?? 'text';
      const configured = await configuration(line, shell);
      if ('problems' in configured) problems.push(...configured.problems);
      const fail = (sentences: readonly string[]): number => {
        shell.err(sentences.map((sentence) => `${sentence}\n`).join(''));
        return 2;
      };
      if (problems.length > 0 || 'problems' in configured) return fail(problems);
      const reached = await reach(line, configured.settings, shell);
      if ('problem' in reached) return fail([reached.problem]);
      const { access } = reached;
      const transport = commandTransport(access, 'check');
      try {
        const client = createClient(transport, fieldManager);
        const asked = await client.groups();
        const away = asked.ok ? undefined : awayText(access.server, asked.error);
        if (away !== undefined) return fail([away]);
        const pre = line.own.get('pre')?.at(-1) === 'true';
        const results = pre
          ? await before(client, configured.settings)
          : await after(client, configured, shell.now());
        shell.out(
          output === 'json'
            ? `${JSON.stringify(results, undefined, 2)}\n`
            : text(results, hasColours(stream, shell.environment)),
        );
        return results.some(({ outcome }) => outcome === 'failed') ? 1 : 0;
      } finally {
        transport.close();
      }
    },
  };
}

export const command: Command = checkCommand(process.stdout);

/** The kinds of the chart. */
const installed: readonly (readonly [group: string, resource: string, namespaced: boolean])[] = [
  ['apps', 'deployments', true],
  ['', 'services', true],
  ['', 'serviceaccounts', true],
  ['policy', 'poddisruptionbudgets', true],
  ['networking.k8s.io', 'networkpolicies', true],
  ['rbac.authorization.k8s.io', 'roles', true],
  ['rbac.authorization.k8s.io', 'rolebindings', true],
  ['rbac.authorization.k8s.io', 'clusterroles', false],
  ['rbac.authorization.k8s.io', 'clusterrolebindings', false],
  ['admissionregistration.k8s.io', 'mutatingwebhookconfigurations', false],
  ['admissionregistration.k8s.io', 'validatingwebhookconfigurations', false],
];

async function before(client: Client, { kubernetes }: Settings): Promise<CheckResult[]> {
  const rights = installed.map(([group, resource, namespaced]) => ({
    verb: 'create',
    group,
    resource,
    namespace: namespaced ? kubernetes.namespace : '',
  }));
  const asked = await Promise.all(rights.map((right) => allowed(client, right, undefined)));
  return [
    ...(await basics(client)),
    judgeRights('who runs this', asked, 'install as somebody who may'),
  ];
}

/** What the reconciler can't do without. */
const needed = [
  ...['list', 'watch'].flatMap((verb) => [
    { verb, group: '', resource: 'services', namespace: '' },
    { verb, group: '', resource: 'pods', namespace: '' },
    { verb, group: '', resource: 'namespaces', namespace: '' },
    { verb, group: 'apps', resource: 'statefulsets', namespace: '' },
    { verb, group: 'apps', resource: 'deployments', namespace: '' },
  ]),
  ...['list', 'watch', 'create', 'patch', 'delete'].map((verb) => ({
    verb,
    group: resources.scrapes.group,
    resource: resources.scrapes.plural,
    namespace: '',
  })),
];

async function after(
  client: Client,
  { settings, catalogue }: Configured,
  now: Date,
): Promise<CheckResult[]> {
  const { namespace } = settings.kubernetes;
  const { registrations, secret } = settings.server.tls;
  const [mutating, validating, lease, own, certManagers, pods] = await Promise.all([
    one(client, resources.mutatingRegistrations, '', registrations),
    one(client, resources.validatingRegistrations, '', registrations),
    one(client, resources.leases, namespace, leaseName),
    one(client, resources.secrets, namespace, secret),
    one(client, resources.secrets, namespace, `${registrations}-cert-manager-tls`),
    podsOf(client, namespace),
  ]);
  const certificate = own.state === 'missing' ? certManagers : own;
  const user = `system:serviceaccount:${namespace}:${registrations}`;
  const rights = await Promise.all(needed.map((right) => allowed(client, right, user)));
  return [
    ...(await basics(client)),
    judgeRegistration(catalogue, mutating),
    judgeTrust([mutating, validating], certificate),
    judgeCertificate(certificate, now),
    judgeRights(`the account ${registrations}`, rights, 'apply the roles of the chart'),
    judgePods(pods),
    judgeLeader(lease, now),
  ];
}

/** What has to hold before and after an installation. */
async function basics(client: Client): Promise<CheckResult[]> {
  const { group, version: groupVersion } = resources.mutatingRegistrations;
  const [served, scrapes] = await Promise.all([
    client.discover(group, groupVersion),
    presenceOf(client, resources.scrapes),
  ]);
  const names: ObjectRead<readonly string[]> = served.ok
    ? { state: 'there', value: served.value.map(({ plural }) => plural) }
    : { state: 'unknown', why: served.error.message };
  return [judgeVersion(names), judgeDefinitions(scrapes)];
}

async function one(
  client: Client,
  resource: Resource,
  namespace: string,
  name: string,
): Promise<ObjectRead> {
  const answer = await client.get(resource, namespace, name);
  if (answer.ok) return { state: 'there', value: answer.value };
  if (isGone(answer.error, name)) return { state: 'missing' };
  return { state: 'unknown', why: answer.error.message };
}

async function podsOf(client: Client, namespace: string): Promise<ObjectRead<readonly unknown[]>> {
  const selection = { namespace, labelSelector: `${standardLabels.name}=autoscrape` };
  const page = await client.page(resources.pods, selection, 500, '');
  if (!page.ok) return { state: 'unknown', why: page.error.message };
  return { state: 'there', value: page.value.items };
}

const selfAccessReviews: Resource = {
  group: 'authorization.k8s.io',
  version: 'v1',
  plural: 'selfsubjectaccessreviews',
};

/**
 * Asks the API server whether somebody has a right
 * (https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access).
 *
 * @param user undefined for who asks
 */
async function allowed(
  client: Client,
  right: Omit<CheckedRight, 'allowed'>,
  user: string | undefined,
): Promise<CheckedRight> {
  const { verb, group, resource, namespace } = right;
  const of = user === undefined ? selfAccessReviews : resources.accessReviews;
  const answer = await client.create(of, '', {
    apiVersion: `${of.group}/${of.version}`,
    kind: user === undefined ? 'SelfSubjectAccessReview' : 'SubjectAccessReview',
    spec: {
      ...(user === undefined ? {} : { user, groups: groupsOf(user) }),
      resourceAttributes: { verb, group, resource, namespace },
    },
  });
  const said = answer.ok ? field(field(answer.value, 'status'), 'allowed') : undefined;
  return { ...right, allowed: typeof said === 'boolean' ? said : undefined };
}

/** The groups that every service account is in: an API server that is asked about somebody adds none. */
function groupsOf(user: string): string[] {
  const namespace = user.split(':')[2] ?? '';
  const accounts = 'system:serviceaccounts';
  return [accounts, `${accounts}:${namespace}`, 'system:authenticated'];
}

function text(results: readonly CheckResult[], colours: boolean): string {
  const style = styleFor(colours);
  const paint = {
    ok: style.faint,
    warning: style.strong,
    failed: style.bad,
    unknown: style.strong,
  };
  const lines = results.flatMap(({ name, outcome, message, fix }) => [
    `${paint[outcome](outcome.padEnd(7))}  ${name.padEnd(18)}  ${message}`,
    ...(fix === '' ? [] : [`${' '.repeat(29)}Fix: ${fix}`]),
  ]);
  const count = (outcome: CheckOutcome): number =>
    results.filter((one) => one.outcome === outcome).length;
  const all = `${count('ok')} ok, ${count('warning')} warnings, ${count('failed')} failed, ${count('unknown')} not known`;
  return `${[...lines, '', all].join('\n')}\n`;
}
