import { a, Capability, K8s, RegisterKind } from 'pepr';

class VMServiceScrape extends a.GenericKind {}
RegisterKind(VMServiceScrape, {
  group: 'operator.victoriametrics.com',
  version: 'v1beta1',
  kind: 'VMServiceScrape',
  plural: 'vmservicescrapes',
});

const labels = {
  'app.kubernetes.io/name': () => 'etcd',
  'app.kubernetes.io/instance': (service: string) => service,
  'app.kubernetes.io/component': () => 'etcd',
  'app.kubernetes.io/part-of': () => 'multigres',
};

const port = { name: 'client', port: 2379, protocol: 'TCP', targetPort: 2379 };

/** What autoscrape does for an etcd, as the documentation's examples would have it written. */
export const scrapes = new Capability({
  name: 'scrapes',
  description: 'Labels and a metrics port for the Services of components, and a scrape for each.',
});

const { When } = scrapes;

When(a.Service)
  .IsCreatedOrUpdated()
  .WithLabel('app.kubernetes.io/managed-by', 'multigres-operator')
  .Mutate((request) => {
    for (const [key, value] of Object.entries(labels)) {
      if (!request.HasLabel(key)) request.SetLabel(key, value(request.Raw.metadata.name));
    }
    const { ports } = request.Raw.spec;
    if (!ports.some((one) => one.name === port.name || one.port === port.port)) ports.push(port);
  });

When(a.Service)
  .IsCreatedOrUpdated()
  .WithLabel('app.kubernetes.io/part-of', 'multigres')
  .Watch(async (service) => {
    const { name, namespace, uid } = service.metadata;
    await K8s(VMServiceScrape).Apply(
      {
        metadata: {
          name: `${name}-metrics`,
          namespace,
          labels: { 'app.kubernetes.io/managed-by': 'pepr-peer' },
          ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name, uid }],
        },
        spec: {
          selector: { matchLabels: service.metadata.labels },
          endpoints: [{ port: 'client', path: '/metrics', interval: '30s' }],
        },
      },
      { force: true },
    );
  });
