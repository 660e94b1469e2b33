{{- /* Made from tools/generate/chart by `npm run generate`: change those files, not this one. */ -}}

{{/* Whether anything is rendered: true or nothing. Fails where values can not be meant. */}}
{{- define "autoscrape.enabled" -}}
{{- range $path, $keys := fromJson `{"":["enabled","global","replicaCount","image","fullnameOverride","nameOverride","namespaceOverride","commonLabels","commonAnnotations","deploymentAnnotations","podLabels","podAnnotations","serviceAccount","rbac","resources","podDisruptionBudget","revisionHistoryLimit","strategy","hostNetwork","dnsPolicy","dnsConfig","ports","topologySpreadConstraints","priorityClassName","affinity","tolerations","nodeSelector","podSecurityContext","securityContext","terminationGracePeriodSeconds","drain","lifecycle","startupProbe","livenessProbe","readinessProbe","extraArgs","extraEnv","extraVolumes","extraVolumeMounts","extraObjects","service","webhook","catalogue","settings","certificates","metrics","otlp","networkPolicy","probe","serviceScrape","rule"],"image.":["registry","repository","tag","digest","pullPolicy","pullSecrets"],"serviceAccount.":["create","name","annotations"],"rbac.":["create","readAgents","ownerGroups"],"podDisruptionBudget.":["enabled","maxUnavailable","minAvailable","unhealthyPodEvictionPolicy"],"ports.":["webhook","metrics"],"drain.":["propagationSeconds","deadlineSeconds"],"service.":["port","metricsPort","annotations"],"webhook.":["failurePolicy","timeoutSeconds","namespaceSelector","objectSelector","condition","annotations"],"certificates.":["mode","secretName","caBundle","certManager"],"certificates.certManager.":["issuerRef","duration","renewBefore"],"metrics.":["tls","access","readers"],"otlp.":["endpoint","interval","headersSecret"],"otlp.headersSecret.":["name","key"],"networkPolicy.":["enabled","metricsFrom","egress"],"probe.":["enabled","namespace"],"serviceScrape.":["enabled","interval","labels","insecureSkipVerify"],"rule.":["enabled","labels"]}` }}
  {{- $at := $.Values }}
  {{- range splitList "." $path }}{{ if . }}{{ $at = get $at . }}{{ end }}{{ end }}
  {{- range $keys }}
    {{- if not (hasKey $at .) }}
      {{- fail (printf "%s%s is null: leave it out to have its default" $path .) }}
    {{- end }}
  {{- end }}
{{- end }}
{{- range $fixed := (fromJson `{"doors":[{"path":["server","host"],"flag":"--server-host","variable":"AUTOSCRAPE_SERVER_HOST","instead":"the kubelet and the API server call the address of the pod; leave it out"},{"path":["server","port"],"flag":"--server-port","variable":"AUTOSCRAPE_SERVER_PORT","instead":"set ports.webhook, which the Service and the probes follow"},{"path":["server","metricsPort"],"flag":"--server-metrics-port","variable":"AUTOSCRAPE_SERVER_METRICS_PORT","instead":"set ports.metrics, which the Service and the probes follow"},{"path":["server","metricsTls"],"flag":"--server-metrics-tls","variable":"AUTOSCRAPE_SERVER_METRICS_TLS","instead":"set metrics.tls, which the probes and the scrape follow"},{"path":["server","metricsAccess"],"flag":"--server-metrics-access","variable":"AUTOSCRAPE_SERVER_METRICS_ACCESS","instead":"set metrics.access, which the rights and the scrape follow"},{"path":["server","tls","mode"],"flag":"--server-tls-mode","variable":"AUTOSCRAPE_SERVER_TLS_MODE","instead":"set certificates.mode, which rights and mounted files follow"},{"path":["server","tls","directory"],"flag":"--server-tls-directory","variable":"AUTOSCRAPE_SERVER_TLS_DIRECTORY","instead":"set certificates.secretName: it is mounted where autoscrape reads it"},{"path":["server","tls","secret"],"flag":"--server-tls-secret","variable":"AUTOSCRAPE_SERVER_TLS_SECRET","instead":"set certificates.secretName, which the rights follow"},{"path":["server","tls","service"],"flag":"--server-tls-service","variable":"AUTOSCRAPE_SERVER_TLS_SERVICE","instead":"it is the Service of the chart; fullnameOverride names it"},{"path":["server","tls","registrations"],"flag":"--server-tls-registrations","variable":"AUTOSCRAPE_SERVER_TLS_REGISTRATIONS","instead":"they are those of the chart; fullnameOverride names them"},{"path":["server","drain","propagation"],"flag":"--server-drain-propagation","variable":"AUTOSCRAPE_SERVER_DRAIN_PROPAGATION","instead":"set drain.propagationSeconds, which the grace period follows"},{"path":["server","drain","deadline"],"flag":"--server-drain-deadline","variable":"AUTOSCRAPE_SERVER_DRAIN_DEADLINE","instead":"set drain.deadlineSeconds, which the grace period follows"},{"path":["kubernetes","namespace"],"flag":"--kubernetes-namespace","variable":"AUTOSCRAPE_KUBERNETES_NAMESPACE","instead":"it is the namespace of the pod; set namespaceOverride or helm -n"},{"path":["kubernetes","pod"],"flag":"--kubernetes-pod","variable":"AUTOSCRAPE_KUBERNETES_POD","instead":"each pod tells its own name"},{"path":["kubernetes","node"],"flag":"--kubernetes-node","variable":"AUTOSCRAPE_KUBERNETES_NODE","instead":"each pod tells its own node"},{"path":["probe","namespace"],"flag":"--probe-namespace","variable":"AUTOSCRAPE_PROBE_NAMESPACE","instead":"set probe.enabled, which makes the namespace and the right"},{"path":["telemetry","otlp","endpoint"],"flag":"--telemetry-otlp-endpoint","variable":"AUTOSCRAPE_TELEMETRY_OTLP_ENDPOINT","instead":"set otlp.endpoint"},{"path":["telemetry","otlp","interval"],"flag":"--telemetry-otlp-interval","variable":"AUTOSCRAPE_TELEMETRY_OTLP_INTERVAL","instead":"set otlp.interval"},{"path":["telemetry","otlp","headers"],"flag":"--telemetry-otlp-headers","variable":"AUTOSCRAPE_TELEMETRY_OTLP_HEADERS","instead":"they may be secret, and this file is a ConfigMap; set otlp.headersSecret"}]}`).doors }}
  {{- $at := $.Values.settings }}
  {{- $set := true }}
  {{- range .path }}
    {{- if and (kindIs "map" $at) (hasKey (default dict $at) .) }}{{ $at = get $at . }}{{ else }}{{ $at = "" }}{{ $set = false }}{{ end }}
  {{- end }}
  {{- if $set }}
    {{- fail (printf "settings.%s contradicts the chart: %s" (join "." .path) .instead) }}
  {{- end }}
  {{- range $.Values.extraArgs }}
    {{- if or (eq . $fixed.flag) (hasPrefix (printf "%s=" $fixed.flag) .) }}
      {{- fail (printf "%s in extraArgs contradicts the chart: %s" $fixed.flag $fixed.instead) }}
    {{- end }}
  {{- end }}
  {{- range $.Values.extraEnv }}
    {{- if eq (toString .name) $fixed.variable }}
      {{- fail (printf "%s in extraEnv contradicts the chart: %s" $fixed.variable $fixed.instead) }}
    {{- end }}
  {{- end }}
{{- end }}
{{- range list "app.kubernetes.io/name" "app.kubernetes.io/instance" "app.kubernetes.io/version" "app.kubernetes.io/managed-by" "helm.sh/chart" }}
  {{- if hasKey $.Values.commonLabels . }}
    {{- fail (printf "commonLabels has %s, which the chart sets itself" .) }}
  {{- end }}
{{- end }}
{{- range list "app.kubernetes.io/name" "app.kubernetes.io/instance" "app.kubernetes.io/version" "app.kubernetes.io/managed-by" "helm.sh/chart" }}
  {{- if hasKey $.Values.podLabels . }}
    {{- fail (printf "podLabels has %s, which the chart sets itself" .) }}
  {{- end }}
{{- end }}
{{- range list "app.kubernetes.io/name" "app.kubernetes.io/instance" "app.kubernetes.io/version" "app.kubernetes.io/managed-by" "helm.sh/chart" }}
  {{- if hasKey $.Values.serviceScrape.labels . }}
    {{- fail (printf "serviceScrape.labels has %s, which the chart sets itself" .) }}
  {{- end }}
{{- end }}
{{- range list "app.kubernetes.io/name" "app.kubernetes.io/instance" "app.kubernetes.io/version" "app.kubernetes.io/managed-by" "helm.sh/chart" }}
  {{- if hasKey $.Values.rule.labels . }}
    {{- fail (printf "rule.labels has %s, which the chart sets itself" .) }}
  {{- end }}
{{- end }}
{{- with .Values.certificates }}
  {{- if and .caBundle (ne .mode "existingSecret") }}
    {{- fail (printf "certificates.caBundle counts with certificates.mode existingSecret alone; it is %s" .mode) }}
  {{- end }}
  {{- if and .caBundle (not (regexMatch "^\\s*(-----BEGIN CERTIFICATE-----\\s+[A-Za-z0-9+/=\\s]+-----END CERTIFICATE-----\\s*)+$" .caBundle)) }}
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
{{- if .Values.enabled }}true{{ end -}}
{{- end }}
