import { routes } from '../../../src/admission/index.ts';
import type { Catalogue } from '../../../src/catalogue/index.ts';
import {
  defaultRegistration,
  registration,
  registrationYaml,
} from '../../../src/registration/index.ts';

const made =
  'Made from src/catalogue/multigres.yaml and src/registration by `npm run generate`: change those, not this one.';

/** A text of the registration that the chart's values decide, what stands for it in the chart, and how often. */
type Place = readonly [text: string, template: string, times: number];

/** Stands for a name that only Helm knows. No registration has such a text of its own. */
const unknown = (what: string) => `@${what}@`;

/**
 * `templates/webhooks.yaml`: the registration, with the chart's values where they decide.
 *
 * @throws Error when the registration has not the form that is expected here
 */
export function webhooksTemplate(catalogue: Catalogue): string {
  const [mutating = '', validating = ''] = registrationYaml(
    registration(catalogue, {
      ...defaultRegistration,
      name: unknown('name'),
      namespace: unknown('namespace'),
      username: `system:serviceaccount:${unknown('namespace')}:${unknown('account')}`,
      reach: { service: unknown('name'), port: 443 },
      clusters: true,
    }),
  ).split('---\n');
  const begin = mutating.indexOf(`  - name: ${routes.clusters.webhook}\n`);
  if (begin < 0) throw new Error('the registration has no webhook of clusters');
  return [
    `{{- /* ${made} */ -}}`,
    '{{- if include "autoscrape.enabled" . }}',
    filled(withOwnCondition(mutating.slice(0, begin)), places(2)).trimEnd(),
    '{{- if dig "push" "endpoint" "" .Values.settings }}',
    filled(mutating.slice(begin), webhookPlaces(1, failurePolicy)).trimEnd(),
    '{{- end }}',
    '{{- if ne (dig "scrapes" "findings" "warn" .Values.settings) "off" }}',
    '---',
    filled(validating, places(1)).trimEnd(),
    '{{- end }}',
    '{{- end }}',
    '',
  ].join('\n');
}

const failurePolicy = '    failurePolicy: Ignore\n';

/** The configuration's own places, and those of its webhooks. */
function places(webhooks: number): Place[] {
  return [
    [
      `  name: '${unknown('name')}'\n  labels:\n    app.kubernetes.io/name: autoscrape\n`,
      metadata,
      1,
    ],
    ...webhookPlaces(webhooks, '    failurePolicy: {{ .Values.webhook.failurePolicy }}\n'),
  ];
}

/**
 * What is to be filled in for each webhook.
 *
 * @param policy a MultigresCluster is never kept from being made, whatever `webhook.failurePolicy` says
 */
function webhookPlaces(webhooks: number, policy: string): Place[] {
  const spared = `[kube-system, '${unknown('namespace')}']`;
  return [
    [failurePolicy, policy, webhooks],
    ['    clientConfig:\n', `    clientConfig:\n${caBundle}`, webhooks],
    ['        port: 443\n', '        port: {{ .Values.service.port }}\n', webhooks],
    [
      '    timeoutSeconds: 2\n',
      '    timeoutSeconds: {{ .Values.webhook.timeoutSeconds }}\n',
      webhooks,
    ],
    ...['namespaceSelector', 'objectSelector'].map(
      (name): Place => [`    ${name}:\n      matchExpressions:\n`, selector(name), webhooks],
    ),
    [spared, '[kube-system, {{ include "autoscrape.namespace" . }}]', webhooks],
    [
      `namespace: '${unknown('namespace')}'`,
      'namespace: {{ include "autoscrape.namespace" . }}',
      webhooks,
    ],
    [
      `        name: '${unknown('name')}'`,
      '        name: {{ include "autoscrape.name" . }}',
      webhooks,
    ],
  ];
}

const metadata = [
  '  {{- include "autoscrape.object" (dict "root" . "cluster" true "annotations" (include "autoscrape.registrationAnnotations" . | fromYaml)) | nindent 2 }}',
  '',
].join('\n');

const caBundle = [
  '      {{- with include "autoscrape.caBundle" . }}',
  '      caBundle: {{ . }}',
  '      {{- end }}',
  '',
].join('\n');

/** Further conditions of the chart's values. They narrow ours. */
function selector(name: string): string {
  return [
    `    ${name}:`,
    `      {{- with .Values.webhook.${name}.matchLabels }}`,
    '      matchLabels:',
    '        {{- toYaml . | nindent 8 }}',
    '      {{- end }}',
    '      matchExpressions:',
    `        {{- with .Values.webhook.${name}.matchExpressions }}`,
    '        {{- toYaml . | nindent 8 }}',
    '        {{- end }}',
    '',
  ].join('\n');
}

/** The condition of the strong webhook, which is the first one, unless there is one for another catalogue. */
function withOwnCondition(yaml: string): string {
  const found = /^ {8}expression: \|-\n(?:(?: {10}.*)?\n)+/m.exec(yaml);
  if (found === null) throw new Error('the registration has no condition');
  const [expression] = found;
  return yaml.replace(expression, () =>
    [
      '        {{- with .Values.webhook.condition }}',
      '        expression: |-',
      '          {{- . | trim | nindent 10 }}',
      '        {{- else }}',
      expression.trimEnd(),
      '        {{- end }}',
      '',
    ].join('\n'),
  );
}

function filled(yaml: string, all: readonly Place[]): string {
  if (/\{\{(?!-? ?(?:with|else|end|\.))/.test(yaml)) {
    throw new Error('the registration has braces that Helm would read');
  }
  let text = yaml;
  for (const [before, after, times] of all) {
    const parts = text.split(before);
    if (parts.length !== times + 1) {
      throw new Error(`the registration has ${JSON.stringify(before)} ${parts.length - 1} times`);
    }
    text = parts.join(after);
  }
  text = text
    .replaceAll(unknown('namespace'), '{{ include "autoscrape.namespace" . }}')
    .replaceAll(unknown('account'), '{{ include "autoscrape.serviceAccount" . }}');
  return text;
}

/** The API groups of the resources that own components' Services, sorted. */
export function ownerGroups(catalogue: Catalogue): string[] {
  return [...new Set(catalogue.dialects.flatMap((dialect) => dialect.ownerGroups))].sort();
}

/** `templates/_catalogue.tpl`: what else follows from the catalogue. */
export function catalogueTemplate(catalogue: Catalogue): string {
  return [
    `{{- /* ${made} */ -}}`,
    '',
    '{{/* The API groups whose resources own the Services of components. */}}',
    '{{- define "autoscrape.ownerGroups" -}}',
    '{{- with .Values.rbac.ownerGroups }}{{ toJson . }}{{ else -}}',
    `[${ownerGroups(catalogue).join(', ')}]`,
    '{{- end }}',
    '{{- end }}',
    '',
  ].join('\n');
}
