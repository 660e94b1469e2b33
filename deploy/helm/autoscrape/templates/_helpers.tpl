{{/* Name of all objects. */}}
{{- define "autoscrape.name" -}}
{{- $name := ternary .Release.Name (printf "%s-autoscrape" .Release.Name) (contains "autoscrape" .Release.Name) -}}
{{- .Values.fullnameOverride | default $name | trunc 40 | trimSuffix "-" -}}
{{- end }}

{{/* What tells the pods from all others. A Deployment never changes it. */}}
{{- define "autoscrape.selectorLabels" -}}
app.kubernetes.io/name: autoscrape
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "autoscrape.labels" -}}
{{ include "autoscrape.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* metadata of an object in the release's namespace. */}}
{{- define "autoscrape.metadata" -}}
name: {{ include "autoscrape.name" . }}
namespace: {{ .Release.Namespace }}
labels:
  {{- include "autoscrape.labels" . | nindent 2 }}
{{- end }}

{{- define "autoscrape.serviceAccount" -}}
{{ .Values.serviceAccount.name | default (ternary (include "autoscrape.name" .) "default" .Values.serviceAccount.create) }}
{{- end }}

{{- define "autoscrape.image" -}}
{{- with .Values.image -}}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end -}}
{{- end }}

{{/* The Secret with the webhook's certificate. */}}
{{- define "autoscrape.tlsSecret" -}}
{{- $suffix := ternary "cert-manager-tls" "tls" (eq .Values.certificates.mode "certManager") -}}
{{- .Values.certificates.secretName | default (printf "%s-%s" (include "autoscrape.name" .) $suffix) -}}
{{- end }}

{{/* The CA for the registrations, where neither autoscrape nor cert-manager puts it there. */}}
{{- define "autoscrape.caBundle" -}}
{{- if eq .Values.certificates.mode "existingSecret" }}{{ .Values.certificates.caBundle | b64enc }}{{ end -}}
{{- end }}

{{/* Annotations of the registrations. */}}
{{- define "autoscrape.registrationAnnotations" -}}
{{- $annotations := .Values.webhook.annotations -}}
{{- if eq .Values.certificates.mode "certManager" -}}
{{- $from := printf "%s/%s" .Release.Namespace (include "autoscrape.name" .) -}}
{{- $annotations = merge (dict "cert-manager.io/inject-ca-from" $from) $annotations -}}
{{- end -}}
{{- with $annotations }}{{ toYaml . }}{{ end -}}
{{- end }}

{{/* The settings file; empty where the defaults are to hold. */}}
{{- define "autoscrape.settings" -}}
{{- $settings := .Values.settings -}}
{{- if .Values.catalogue -}}
{{- $settings = merge (dict "catalogue" (dict "file" "/etc/autoscrape/config/catalogue.yaml")) $settings -}}
{{- end -}}
{{- with $settings }}{{ toYaml . }}{{ end -}}
{{- end }}

{{/* Of the settings those that are read at the start alone. */}}
{{- define "autoscrape.settingsAtStart" -}}
{{- with pick .Values.settings "server" "kubernetes" "log" "telemetry" }}{{ toYaml . | sha256sum }}{{ end -}}
{{- end }}
