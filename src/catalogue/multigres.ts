// Made from multigres.yaml by `npm run generate`: change that file, not this one.
import type { CatalogueData } from './types.ts';

export const multigres: CatalogueData = {
  "partOf": "multigres",
  "protocols": [
    {
      "name": "postgres",
      "number": 5432,
      "speaks": "PostgreSQL's protocol"
    },
    {
      "name": "pg-replica",
      "number": 5433,
      "speaks": "PostgreSQL's protocol"
    },
    {
      "name": "grpc",
      "speaks": "gRPC",
      "number": undefined
    }
  ],
  "dialects": [
    {
      "name": "draft",
      "ownerGroups": [
        "multigres.io"
      ],
      "sharedOwnerKinds": [],
      "entries": [
        {
          "labels": {
            "name": "etcd",
            "component": "etcd"
          },
          "aliases": [],
          "pairIsStrong": false,
          "owners": [
            {
              "kind": "Etcd",
              "scrapeSuffix": "etcd"
            }
          ],
          "images": [
            "etcd"
          ],
          "facets": [
            {
              "component": "etcd",
              "serves": "scrape",
              "port": {
                "name": "client",
                "number": 2379
              },
              "addPort": true,
              "optional": false,
              "path": "/metrics",
              "interval": "30s",
              "instead": undefined,
              "setting": undefined
            }
          ],
          "dialect": "draft",
          "component": "etcd"
        },
        {
          "labels": {
            "name": "multigateway",
            "component": "gateway"
          },
          "aliases": [],
          "pairIsStrong": true,
          "owners": [
            {
              "kind": "MultiGateway",
              "scrapeSuffix": "gateway"
            }
          ],
          "images": [
            "multigateway"
          ],
          "facets": [
            {
              "component": "multigateway",
              "serves": "scrape",
              "port": {
                "name": "http",
                "number": 8080
              },
              "addPort": true,
              "optional": false,
              "path": "/metrics",
              "interval": "30s",
              "instead": undefined,
              "setting": undefined
            }
          ],
          "dialect": "draft",
          "component": "multigateway"
        },
        {
          "labels": {
            "name": "multiorch",
            "component": "orch"
          },
          "aliases": [],
          "pairIsStrong": true,
          "owners": [
            {
              "kind": "MultiOrch",
              "scrapeSuffix": "orch"
            }
          ],
          "images": [
            "multiorch"
          ],
          "facets": [
            {
              "component": "multiorch",
              "serves": "scrape",
              "port": {
                "name": "http",
                "number": 8080
              },
              "addPort": true,
              "optional": false,
              "path": "/metrics",
              "interval": "30s",
              "instead": undefined,
              "setting": undefined
            }
          ],
          "dialect": "draft",
          "component": "multiorch"
        },
        {
          "labels": {
            "name": "multipooler",
            "component": "pooler"
          },
          "aliases": [],
          "pairIsStrong": true,
          "owners": [
            {
              "kind": "MultiPooler",
              "scrapeSuffix": "pooler"
            }
          ],
          "images": [
            "multipooler"
          ],
          "facets": [
            {
              "component": "multipooler",
              "serves": "scrape",
              "port": {
                "name": "metrics",
                "number": 9187
              },
              "addPort": true,
              "optional": false,
              "path": "/metrics",
              "interval": "30s",
              "instead": undefined,
              "setting": undefined
            }
          ],
          "dialect": "draft",
          "component": "multipooler"
        }
      ]
    },
    {
      "name": "operator-2025-11",
      "ownerGroups": [
        "multigres.com"
      ],
      "sharedOwnerKinds": [],
      "entries": [
        {
          "labels": {
            "name": "multigres",
            "component": "etcd"
          },
          "aliases": [],
          "pairIsStrong": false,
          "owners": [
            {
              "kind": "Etcd",
              "scrapeSuffix": "etcd"
            }
          ],
          "images": [],
          "facets": [
            {
              "component": "etcd",
              "serves": "scrape",
              "port": {
                "name": "client",
                "number": 2379
              },
              "addPort": false,
              "optional": false,
              "path": "/metrics",
              "interval": "30s",
              "instead": {
                "env": "ETCD_LISTEN_CLIENT_URLS",
                "prefix": "https:",
                "targetPort": "metrics"
              },
              "setting": undefined
            }
          ],
          "dialect": "operator-2025-11",
          "component": "etcd"
        },
        {
          "labels": {
            "name": "multigres",
            "component": "multigateway"
          },
          "aliases": [],
          "pairIsStrong": false,
          "owners": [
            {
              "kind": "MultiGateway",
              "scrapeSuffix": "gateway"
            }
          ],
          "images": [],
          "facets": [
            {
              "component": "multigateway",
              "serves": "otlp",
              "port": {
                "name": "http",
                "number": 15100
              },
              "addPort": false,
              "optional": false,
              "path": "/metrics",
              "interval": "30s",
              "setting": "OTEL_METRICS_EXPORTER=otlp in its containers (this version of the operator has no setting for it)",
              "instead": undefined
            }
          ],
          "dialect": "operator-2025-11",
          "component": "multigateway"
        },
        {
          "labels": {
            "name": "multigres",
            "component": "multiorch"
          },
          "aliases": [],
          "pairIsStrong": false,
          "owners": [
            {
              "kind": "MultiOrch",
              "scrapeSuffix": "orch"
            }
          ],
          "images": [],
          "facets": [
            {
              "component": "multiorch",
              "serves": "otlp",
              "port": {
                "name": "http",
                "number": 15300
              },
              "addPort": false,
              "optional": false,
              "path": "/metrics",
              "interval": "30s",
              "setting": "OTEL_METRICS_EXPORTER=otlp in its containers (this version of the operator has no setting for it)",
              "instead": undefined
            }
          ],
          "dialect": "operator-2025-11",
          "component": "multiorch"
        },
        {
          "labels": {
            "name": "multigres",
            "component": "multipooler"
          },
          "aliases": [],
          "pairIsStrong": false,
          "owners": [
            {
              "kind": "MultiPooler",
              "scrapeSuffix": "pooler"
            }
          ],
          "images": [],
          "facets": [
            {
              "component": "multipooler",
              "serves": "otlp",
              "port": {
                "name": "http",
                "number": 15200
              },
              "addPort": false,
              "optional": false,
              "path": "/metrics",
              "interval": "30s",
              "setting": "OTEL_METRICS_EXPORTER=otlp in its containers (this version of the operator has no setting for it)",
              "instead": undefined
            },
            {
              "component": "postgres-exporter",
              "serves": "scrape",
              "port": {
                "name": "metrics",
                "number": 9187
              },
              "addPort": false,
              "optional": true,
              "path": "/metrics",
              "interval": "30s",
              "instead": undefined,
              "setting": undefined
            }
          ],
          "dialect": "operator-2025-11",
          "component": "multipooler"
        }
      ]
    },
    {
      "name": "operator",
      "ownerGroups": [
        "multigres.com"
      ],
      "sharedOwnerKinds": [
        "MultigresCluster",
        "Cell",
        "TableGroup",
        "Shard"
      ],
      "entries": [
        {
          "labels": {
            "name": "multigres",
            "component": "toposerver"
          },
          "aliases": [
            "etcd"
          ],
          "pairIsStrong": false,
          "owners": [
            {
              "kind": "TopoServer",
              "scrapeSuffix": undefined
            }
          ],
          "images": [],
          "facets": [
            {
              "component": "etcd",
              "serves": "scrape",
              "port": {
                "name": "client",
                "number": 2379
              },
              "addPort": false,
              "optional": false,
              "path": "/metrics",
              "interval": "30s",
              "instead": {
                "env": "ETCD_LISTEN_CLIENT_URLS",
                "prefix": "https:",
                "targetPort": "metrics"
              },
              "setting": undefined
            }
          ],
          "dialect": "operator",
          "component": "etcd"
        },
        {
          "labels": {
            "name": "multigres",
            "component": "multigateway"
          },
          "aliases": [],
          "pairIsStrong": false,
          "owners": [],
          "images": [],
          "facets": [
            {
              "component": "multigateway",
              "serves": "otlp",
              "port": {
                "name": "http",
                "number": 15100
              },
              "addPort": false,
              "optional": false,
              "path": "/metrics",
              "interval": "30s",
              "setting": "spec.observability.metricsExporter=otlp with otlpEndpoint (or otlpMetricsEndpoint) of the MultigresCluster",
              "instead": undefined
            }
          ],
          "dialect": "operator",
          "component": "multigateway"
        },
        {
          "labels": {
            "name": "multigres",
            "component": "multiorch"
          },
          "aliases": [],
          "pairIsStrong": false,
          "owners": [],
          "images": [],
          "facets": [
            {
              "component": "multiorch",
              "serves": "otlp",
              "port": {
                "name": "http",
                "number": 15300
              },
              "addPort": false,
              "optional": false,
              "path": "/metrics",
              "interval": "30s",
              "setting": "spec.observability.metricsExporter=otlp with otlpEndpoint (or otlpMetricsEndpoint) of the MultigresCluster",
              "instead": undefined
            }
          ],
          "dialect": "operator",
          "component": "multiorch"
        },
        {
          "labels": {
            "name": "multigres",
            "component": "shard-pool"
          },
          "aliases": [
            "multipooler"
          ],
          "pairIsStrong": false,
          "owners": [],
          "images": [],
          "facets": [
            {
              "component": "multipooler",
              "serves": "otlp",
              "port": {
                "name": "http",
                "number": 15200
              },
              "addPort": false,
              "optional": false,
              "path": "/metrics",
              "interval": "30s",
              "setting": "spec.observability.metricsExporter=otlp with otlpEndpoint (or otlpMetricsEndpoint) of the MultigresCluster",
              "instead": undefined
            },
            {
              "component": "postgres-exporter",
              "serves": "scrape",
              "port": {
                "name": "metrics",
                "number": 9187
              },
              "addPort": false,
              "optional": true,
              "path": "/metrics",
              "interval": "30s",
              "instead": undefined,
              "setting": undefined
            }
          ],
          "dialect": "operator",
          "component": "multipooler"
        },
        {
          "labels": {
            "name": "multigres",
            "component": "multiadmin"
          },
          "aliases": [],
          "pairIsStrong": false,
          "owners": [],
          "images": [],
          "facets": [
            {
              "component": "multiadmin",
              "serves": "otlp",
              "port": {
                "name": "http",
                "number": 18000
              },
              "addPort": false,
              "optional": false,
              "path": "/metrics",
              "interval": "30s",
              "setting": "spec.observability.metricsExporter=otlp with otlpEndpoint (or otlpMetricsEndpoint) of the MultigresCluster",
              "instead": undefined
            }
          ],
          "dialect": "operator",
          "component": "multiadmin"
        },
        {
          "labels": {
            "name": "multigres",
            "component": "multiadmin-web"
          },
          "aliases": [],
          "pairIsStrong": false,
          "owners": [],
          "images": [],
          "facets": [
            {
              "component": "multiadmin-web",
              "serves": "nothing",
              "port": {
                "name": "http",
                "number": 18100
              },
              "addPort": false,
              "optional": false,
              "path": "/metrics",
              "interval": "30s",
              "instead": undefined,
              "setting": undefined
            }
          ],
          "dialect": "operator",
          "component": "multiadmin-web"
        }
      ]
    }
  ]
};
