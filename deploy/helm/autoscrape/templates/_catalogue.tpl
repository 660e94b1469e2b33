{{- /* Made from src/catalogue/multigres.yaml and src/registration by `npm run generate`: change those, not this one. */ -}}

{{/* The API groups whose resources own the Services of components. */}}
{{- define "autoscrape.ownerGroups" -}}
{{- with .Values.rbac.ownerGroups }}{{ toJson . }}{{ else -}}
[multigres.com, multigres.io]
{{- end }}
{{- end }}
