import { table } from '../table.ts';
import { valuesByPath } from './documents.ts';
import type { Values } from './values.ts';

/** `README.md` of the chart. */
export function chartReadme(values: Values['values']): string {
  const rows = [...valuesByPath(values)].map(([path, value]) => [
    `\`${path}\``,
    `\`${JSON.stringify(value.default)}\``,
    value.description.replaceAll('|', '\\|'),
  ]);
  return `${introduction}\n${table(['value', 'default', 'what it means'], rows)}\n`;
}

const introduction = `# The Helm chart

<!-- Made from tools/generate/chart by \`npm run generate\`: change those files, not this one. -->

For Kubernetes 1.30 or newer, with Helm 3.14 or newer, or 4. There are no CRDs, no hooks and no jobs.

## Install

\`\`\`sh
helm install autoscrape deploy/helm/autoscrape --namespace autoscrape-system --create-namespace \\
  --set image.repository=REGISTRY/autoscrape --set image.digest=sha256:…
\`\`\`

The namespace should be autoscrape's own: nothing in it is ever sent to the webhook. It can be labelled
\`pod-security.kubernetes.io/enforce: restricted\`. What Helm prints says what to look at next.

## Certificates

| \`certificates.mode\` | who makes and renews the certificate | who tells the API server its CA |
| --- | --- | --- |
| \`selfManaged\` (default) | autoscrape; it stays in the Secret \`<name>-tls\` | autoscrape, by server-side apply, only that field |
| \`certManager\` | cert-manager, in the Secret \`<name>-cert-manager-tls\` | cert-manager's CA injector |
| \`existingSecret\` | you, in the Secret \`certificates.secretName\` | this chart: \`certificates.caBundle\` |

In the first two modes the chart never names the field \`caBundle\`, so that no upgrade takes it away and no GitOps tool
sees a difference, with server-side apply as well as with Helm's three-way merge.

## Values that follow from others

Ports, probes, rights, the grace period and mounted files follow from values: \`ports\`, \`metrics\`, \`certificates\`, \`drain\`.
Settings that would contradict them are refused at \`helm template\` with a sentence that says which value to set, in \`settings\`
as well as in \`extraArgs\` and \`extraEnv\`. A value of \`null\` is refused too.

As a part of another chart: \`condition: autoscrape.enabled\` in its dependency; \`global.imageRegistry\` and
\`global.imagePullSecrets\` count. GKE, EKS, AKS and OpenShift: [managed clusters](../../../docs/managed-clusters.md).

## Upgrade and remove

Upgrade with \`--reset-then-reuse-values\`, which takes new defaults and keeps what was set. A digest decides, whatever the tag
says: change both.

\`helm upgrade\` replaces the pods one by one: a new one is ready before an old one ends, and that one answers until no
API server sends to it any more. \`helm uninstall\` takes the registrations away first, so that the API server asks
nobody, then everything else. The Lease and the Secret of self-managed certificates belong to the ServiceAccount, and the
garbage collector takes them with it. The scrapes that autoscrape made stay and go on working; to remove them too:

\`\`\`sh
kubectl delete vmservicescrapes -A -l app.kubernetes.io/managed-by=autoscrape
\`\`\`

## A catalogue of your own

\`catalogue\` takes the text of a file. What the API server sends, and whose owners may be read, follows from it: give
\`webhook.condition\` what \`autoscrape manifests --catalogue-file FILE\` prints as the condition
\`component-that-changes\`, and \`rbac.ownerGroups\` its \`ownerGroups\`.

## Values
`;
