/**
 * `Chart.yaml`: the chart has the version of what it installs. The annotations are those of Artifact Hub
 * (https://artifacthub.io/docs/topics/annotations/helm/).
 *
 * @param repository the address of the repository on GitHub
 */
export function chartYaml(version: string, repository: string): string {
  return `# Made from package.json by \`npm run generate\`: change tools/generate/chart, not this one.
apiVersion: v2
name: autoscrape
description: Keeps every component of a Multigres cluster scraped by VictoriaMetrics, exactly once
type: application
version: ${version}
appVersion: '${version}'
# The sleep of preStop, and .? in match conditions.
kubeVersion: '>=1.30.0-0'
keywords: [multigres, victoriametrics, metrics, webhook]
home: ${repository}
sources:
  - ${repository}
icon: ${repository}/raw/v${version}/docs/icon.svg
annotations:
  artifacthub.io/category: monitoring-logging
  artifacthub.io/license: Apache-2.0
  artifacthub.io/operator: 'false'
  artifacthub.io/links: |
    - name: Documentation
      url: ${repository}/blob/v${version}/docs/README.md
    - name: Report an issue
      url: ${repository}/issues
  artifacthub.io/changes: |
    - kind: changed
      description: ${repository}/blob/v${version}/CHANGELOG.md has what changed
`;
}

/**
 * `files/alerts.yaml`: the groups of `deploy/samples/vmrule.yaml`, which Helm is not to read as a template.
 *
 * @throws Error when that file has another form
 */
export function chartAlerts(rule: string): string {
  const [, groups] = /\nspec:\n( {2}groups:\n[\s\S]*)$/.exec(rule) ?? [];
  if (groups === undefined)
    throw new Error('deploy/samples/vmrule.yaml has no spec.groups at its end');
  return groups.replaceAll(/^ {2}/gm, '');
}
