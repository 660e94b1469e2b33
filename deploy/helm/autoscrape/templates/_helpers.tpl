{{/* Name of all objects. */}}
{{- define "autoscrape.name" -}}
{{- $own := .Values.nameOverride | default "autoscrape" -}}
{{- $name := ternary .Release.Name (printf "%s-%s" .Release.Name $own) (contains $own .Release.Name) -}}
{{- .Values.fullnameOverride | default $name | trunc 40 | trimSuffix "-" -}}
{{- end }}

{{/* Where all objects are. */}}
{{- define "autoscrape.namespace" -}}
{{- .Values.namespaceOverride | default .Release.Namespace -}}
{{- end }}

{{/* What tells the pods from all others. A Deployment never changes it. */}}
{{- define "autoscrape.selectorLabels" -}}
app.kubernetes.io/name: {{ .Values.nameOverride | default "autoscrape" }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "autoscrape.labels" -}}
{{ include "autoscrape.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version | replace "+" "_" }}
{{- end }}

{{/*
Content of metadata, of a dict with root; and name, if not that of all objects; cluster, of an object without a
namespace; labels and annotations of its own.
*/}}
{{- define "autoscrape.object" -}}
{{- $values := .root.Values -}}
name: {{ .name | default (include "autoscrape.name" .root) }}
{{- if not .cluster }}
namespace: {{ include "autoscrape.namespace" .root }}
{{- end }}
labels:
  {{- include "autoscrape.labels" .root | nindent 2 }}
  {{- with merge (dict) (.labels | default dict) $values.commonLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with merge (dict) (.annotations | default dict) $values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* metadata of an object in the namespace. */}}
{{- define "autoscrape.metadata" -}}
{{ include "autoscrape.object" (dict "root" .) }}
{{- end }}

{{- define "autoscrape.serviceAccount" -}}
{{ .Values.serviceAccount.name | default (ternary (include "autoscrape.name" .) "default" .Values.serviceAccount.create) }}
{{- end }}

{{/* The image: registry, name, tag and digest. */}}
{{- define "autoscrape.image" -}}
{{- $registry := .Values.image.registry | default .Values.global.imageRegistry -}}
{{- with .Values.image -}}
{{- $tag := .tag | default (ternary "" $.Chart.AppVersion (ne .digest "")) -}}
{{- with $registry }}{{ . | trimSuffix "/" }}/{{ end }}{{ .repository }}
{{- with $tag }}:{{ . }}{{ end }}
{{- with .digest }}@{{ . }}{{ end }}
{{- end -}}
{{- end }}

{{/* Names of the Secrets to pull images with, one a line. */}}
{{- define "autoscrape.pullSecrets" -}}
{{- $names := list -}}
{{- range concat .Values.global.imagePullSecrets .Values.image.pullSecrets -}}
{{- $names = append $names (kindIs "map" . | ternary (get (kindIs "map" . | ternary . dict) "name") .) -}}
{{- end -}}
{{- range uniq $names }}
- name: {{ . }}
{{- end -}}
{{- end }}

{{/* How long preStop takes; of a lifecycle that is not ours, what it says itself, else nothing. */}}
{{- define "autoscrape.preStopSeconds" -}}
{{- if .Values.lifecycle -}}
{{- dig "preStop" "sleep" "seconds" 0 .Values.lifecycle | int -}}
{{- else -}}
5
{{- end -}}
{{- end }}

{{/* How long a pod may take to end. */}}
{{- define "autoscrape.gracePeriod" -}}
{{- $needed := add (include "autoscrape.preStopSeconds" . | int) (int .Values.drain.deadlineSeconds) 10 -}}
{{- .Values.terminationGracePeriodSeconds | default $needed | int -}}
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
{{- $from := printf "%s/%s" (include "autoscrape.namespace" .) (include "autoscrape.name" .) -}}
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
{{- if .Values.probe.enabled -}}
{{- $settings = mergeOverwrite (dict) $settings (dict "probe" (merge (dict "namespace" (include "autoscrape.probeNamespace" .)) (get $settings "probe" | default dict))) -}}
{{- end -}}
{{- with $settings }}{{ toYaml . }}{{ end -}}
{{- end }}

{{/* Where the probe's Service is created, as a dry run. */}}
{{- define "autoscrape.probeNamespace" -}}
{{- .Values.probe.namespace | default (printf "%s-probe" (include "autoscrape.name" . | trunc 57 | trimSuffix "-")) -}}
{{- end }}

{{/* Of the settings those that are read at the start alone. */}}
{{- define "autoscrape.settingsAtStart" -}}
{{- $settings := include "autoscrape.settings" . | fromYaml -}}
{{- with pick $settings "server" "kubernetes" "log" "telemetry" "push" "probe" }}{{ toYaml . | sha256sum }}{{ end -}}
{{- end }}
