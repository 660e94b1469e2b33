import { type Option, optionsOf, settingsTree } from '../../../src/settings/index.ts';
import { fixedSettings } from './fixed-settings.ts';
import { isGroup, type Values } from './values.ts';

/** Labels that the chart sets itself. */
const ownLabels = [
  'app.kubernetes.io/name',
  'app.kubernetes.io/instance',
  'app.kubernetes.io/version',
  'app.kubernetes.io/managed-by',
  'helm.sh/chart',
];

/** Values that are labels beside those. */
const labelValues = ['commonLabels', 'podLabels', 'serviceScrape.labels', 'rule.labels'];

/**
 * `templates/_checks.tpl`: `autoscrape.enabled`, which every template asks first. It fails with a sentence where values
 * contradict each other or the chart, which a JSON schema can't say, and else tells whether anything is rendered.
 *
 * @throws Error when a fixed setting is none
 */
export function checksTemplate(values: Values['values']): string {
  return [
    '{{- /* Made from tools/generate/chart by `npm run generate`: change those files, not this one. */ -}}',
    '',
    '{{/* Whether anything is rendered: true or nothing. Fails where values can not be meant. */}}',
    '{{- define "autoscrape.enabled" -}}',
    ...nulls(values),
    ...contradictions(),
    ...labels(),
    others.trim(),
    '{{- if .Values.enabled }}true{{ end -}}',
    '{{- end }}',
    '',
  ].join('\n');
}

/** A raw string of Go. */
function raw(value: unknown): string {
  const text = JSON.stringify(value);
  if (text.includes('`')) throw new Error(`${text} has a character that ends a raw string`);
  return `\`${text}\``;
}

/** Helm takes a value of null for one that is not there, and the chart's default with it. */
function nulls(values: Values['values']): string[] {
  const groups: [path: string, keys: string[]][] = [];
  const look = (within: Values['values'], path: string): void => {
    groups.push([path, Object.keys(within)]);
    for (const [key, value] of Object.entries(within)) {
      if (isGroup(value) && key !== 'global') look(value.values, `${path}${key}.`);
    }
  };
  look(values, '');
  return [
    `{{- range $path, $keys := fromJson ${raw(Object.fromEntries(groups))} }}`,
    '  {{- $at := $.Values }}',
    '  {{- range splitList "." $path }}{{ if . }}{{ $at = get $at . }}{{ end }}{{ end }}',
    '  {{- range $keys }}',
    '    {{- if not (hasKey $at .) }}',
    '      {{- fail (printf "%s%s is null: leave it out to have its default" $path .) }}',
    '    {{- end }}',
    '  {{- end }}',
    '{{- end }}',
  ];
}

function contradictions(): string[] {
  const options = new Map(
    optionsOf(settingsTree()).map((option) => [option.path, option] as const),
  );
  const doors = fixedSettings.map(({ path, instead }) => {
    const option: Option | undefined = options.get(path.join('.'));
    if (option === undefined) throw new Error(`${path.join('.')} is no setting`);
    return { path, flag: `--${option.flag}`, variable: option.variable, instead };
  });
  return [
    `{{- range $fixed := (fromJson ${raw({ doors })}).doors }}`,
    '  {{- $at := $.Values.settings }}',
    '  {{- $set := true }}',
    '  {{- range .path }}',
    '    {{- if and (kindIs "map" $at) (hasKey (default dict $at) .) }}{{ $at = get $at . }}{{ else }}{{ $at = "" }}{{ $set = false }}{{ end }}',
    '  {{- end }}',
    '  {{- if $set }}',
    '    {{- fail (printf "settings.%s contradicts the chart: %s" (join "." .path) .instead) }}',
    '  {{- end }}',
    '  {{- range $.Values.extraArgs }}',
    '    {{- if or (eq . $fixed.flag) (hasPrefix (printf "%s=" $fixed.flag) .) }}',
    '      {{- fail (printf "%s in extraArgs contradicts the chart: %s" $fixed.flag $fixed.instead) }}',
    '    {{- end }}',
    '  {{- end }}',
    '  {{- range $.Values.extraEnv }}',
    '    {{- if eq (toString .name) $fixed.variable }}',
    '      {{- fail (printf "%s in extraEnv contradicts the chart: %s" $fixed.variable $fixed.instead) }}',
    '    {{- end }}',
    '  {{- end }}',
    '{{- end }}',
  ];
}

function labels(): string[] {
  return labelValues.flatMap((path) => [
    `{{- range list ${ownLabels.map((key) => `"${key}"`).join(' ')} }}`,
    `  {{- if hasKey $.Values.${path} . }}`,
    `    {{- fail (printf "${path} has %s, which the chart sets itself" .) }}`,
    '  {{- end }}',
    '{{- end }}',
  ]);
}

const others = `
{{- with .Values.certificates }}
  {{- if and .caBundle (ne .mode "existingSecret") }}
    {{- fail (printf "certificates.caBundle counts with certificates.mode existingSecret alone; it is %s" .mode) }}
  {{- end }}
  {{- if and .caBundle (not (regexMatch "^\\\\s*(-----BEGIN CERTIFICATE-----\\\\s+[A-Za-z0-9+/=\\\\s]+-----END CERTIFICATE-----\\\\s*)+$" .caBundle)) }}
    {{- fail "certificates.caBundle is no certificate in PEM (-----BEGIN CERTIFICATE----- …): with --set-file it is read from a file" }}
  {{- end }}
{{- end }}
{{- if and .Values.catalogue (hasKey (default dict .Values.settings.catalogue) "file") }}
  {{- fail "catalogue and settings.catalogue.file are both set: which one?" }}
{{- end }}
{{- if eq (int .Values.ports.webhook) (int .Values.ports.metrics) }}
  {{- fail "ports.webhook and ports.metrics are the same port" }}
{{- end }}
{{- if eq (int .Values.service.port) (int .Values.service.metricsPort) }}
  {{- fail "service.port and service.metricsPort are the same port" }}
{{- end }}
{{- if ge (int .Values.drain.propagationSeconds) (int .Values.drain.deadlineSeconds) }}
  {{- fail "drain.deadlineSeconds is not above drain.propagationSeconds: pods would end while the API server still calls them" }}
{{- end }}
{{- $needed := add (include "autoscrape.preStopSeconds" . | int) (int .Values.drain.deadlineSeconds) | int }}
{{- with int .Values.terminationGracePeriodSeconds }}
  {{- if lt . $needed }}
    {{- fail (printf "terminationGracePeriodSeconds is %d, but preStop and drain.deadlineSeconds take up to %d s: pods would be killed in the middle of it" . $needed) }}
  {{- end }}
{{- end }}
{{- with .Values.podDisruptionBudget }}
  {{- if and .enabled (kindIs "float64" .minAvailable) (ge (int .minAvailable) (int $.Values.replicaCount)) }}
    {{- fail (printf "podDisruptionBudget.minAvailable is %d of %d pods: no node of theirs could be drained" (int .minAvailable) (int $.Values.replicaCount)) }}
  {{- end }}
{{- end }}
`;
