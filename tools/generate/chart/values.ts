/** A JSON Schema (draft 7, which Helm reads), without what stands beside it in a {@link Value}. */
export type Schema = Readonly<Record<string, unknown>>;

/** One value of the chart: what it means, what it is by default, and what else it may be. */
export interface Value {
  readonly description: string;
  readonly default: unknown;
  readonly schema: Schema;
}

/** Values under one key. */
export interface Values {
  readonly description: string;
  readonly values: Readonly<Record<string, Value | Values>>;
}

export function isGroup(value: Value | Values): value is Values {
  return 'values' in value;
}

const text: Schema = { type: 'string' };
const toggle: Schema = { type: 'boolean' };
const list: Schema = { type: 'array', items: { type: 'object' } };
const anything: Schema = { type: 'object' };
const texts: Schema = { type: 'object', additionalProperties: { type: 'string' } };
/** RFC 1123 label, and empty for none. */
const name: Schema = { type: 'string', pattern: '^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)?$' };
/** Of a Certificate: Go's durations, whole hours, minutes and seconds. */
const goDuration: Schema = { type: 'string', pattern: '^([0-9]+h)?([0-9]+m)?([0-9]+s)?$' };
/** What vmagent reads; anything else makes it drop its whole configuration. */
const interval: Schema = { type: 'string', pattern: '^([0-9]+(ms|s|m|h|d|w|y))+$' };

/** A label selector of meta/v1. */
const selector: Schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    matchLabels: { ...texts, description: 'Labels that have to be there.' },
    matchExpressions: {
      type: 'array',
      description: 'Further conditions on labels.',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['key', 'operator'],
        properties: {
          key: { type: 'string', description: 'Of the label.' },
          operator: {
            enum: ['In', 'NotIn', 'Exists', 'DoesNotExist'],
            description: 'How it is compared.',
          },
          values: { type: 'array', items: { type: 'string' }, description: 'With what.' },
        },
      },
    },
  },
};

/**
 * Every value of the chart: `values.yaml`, `values.schema.json` and the table in the chart's README are made from
 * this.
 *
 * @param version of autoscrape, the tag of its image
 * @param settings the form of the settings file
 */
export function chartValues(version: string, settings: Schema): Values['values'] {
  return {
    replicaCount: {
      description: 'How many pods answer admissions. One of them writes scrapes.',
      default: 2,
      schema: { type: 'integer', minimum: 1 },
    },
    image: {
      description: 'The image of autoscrape.',
      values: {
        repository: {
          description: 'Where it is.',
          default: 'autoscrape',
          schema: { type: 'string', minLength: 1 },
        },
        tag: {
          description: `Which one; empty for the chart's own version, ${version}.`,
          default: '',
          schema: text,
        },
        digest: {
          description: 'Which one, for certain; wins over the tag.',
          default: '',
          schema: { type: 'string', pattern: '^(sha256:[0-9a-f]{64})?$' },
        },
        pullPolicy: {
          description: 'When it is pulled.',
          default: 'IfNotPresent',
          schema: { enum: ['Always', 'IfNotPresent', 'Never'] },
        },
        pullSecrets: {
          description: 'Names of Secrets to pull it with.',
          default: [],
          schema: { type: 'array', items: name },
        },
      },
    },
    fullnameOverride: {
      description: 'Name of all objects, instead of the name of the release.',
      default: '',
      schema: name,
    },
    commonLabels: {
      description: 'Labels of all objects, not of selectors.',
      default: {},
      schema: texts,
    },
    podLabels: { description: 'Labels of the pods.', default: {}, schema: texts },
    podAnnotations: { description: 'Annotations of the pods.', default: {}, schema: texts },
    serviceAccount: {
      description: 'As whom autoscrape works.',
      values: {
        create: { description: 'Make it.', default: true, schema: toggle },
        name: {
          description: 'Its name; empty for that of all objects.',
          default: '',
          schema: name,
        },
        annotations: { description: 'Its annotations.', default: {}, schema: texts },
      },
    },
    rbac: {
      description: 'What autoscrape may do.',
      values: {
        create: {
          description: 'Make the roles and their bindings.',
          default: true,
          schema: toggle,
        },
        readAgents: {
          description:
            'Read VMAgents, VMSingles, VMPodScrapes and VMStaticScrapes, which say who takes a scrape and what else reads the same pods. Without that right nothing is removed in favour of scrapes of others.',
          default: true,
          schema: toggle,
        },
        ownerGroups: {
          description:
            "API groups of the resources that own the components' Services; empty for those of the built-in catalogue.",
          default: [],
          schema: { type: 'array', items: text },
        },
      },
    },
    resources: {
      description: 'CPU and memory of a pod.',
      default: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '512Mi' } },
      schema: anything,
    },
    podDisruptionBudget: {
      description: 'What an eviction leaves.',
      values: {
        enabled: { description: 'Make it.', default: true, schema: toggle },
        maxUnavailable: {
          description: 'How many pods may be away, as a number or in percent.',
          default: 1,
          schema: { type: ['integer', 'string'] },
        },
      },
    },
    topologySpreadConstraints: {
      description: 'How the pods are spread. Without a labelSelector it is that of the pods.',
      default: [
        { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway' },
      ],
      schema: list,
    },
    priorityClassName: { description: 'The priority of the pods.', default: '', schema: text },
    affinity: { description: 'Affinity of the pods.', default: {}, schema: anything },
    tolerations: { description: 'Taints that the pods tolerate.', default: [], schema: list },
    nodeSelector: {
      description: 'Labels of the nodes that the pods may run on.',
      default: {},
      schema: texts,
    },
    podSecurityContext: {
      description: 'Security of the pods: the restricted profile of Pod Security takes it.',
      default: {
        runAsNonRoot: true,
        runAsUser: 65532,
        runAsGroup: 65532,
        fsGroup: 65532,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      schema: anything,
    },
    securityContext: {
      description: 'Security of the container: the restricted profile of Pod Security takes it.',
      default: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      },
      schema: anything,
    },
    terminationGracePeriodSeconds: {
      description:
        'How long a pod may take to end: 5 s of preStop, 25 s of server.drain.deadline, and some.',
      default: 40,
      schema: { type: 'integer', minimum: 10 },
    },
    extraEnv: {
      description:
        'Further environment variables, such as OTEL_RESOURCE_ATTRIBUTES or NODE_EXTRA_CA_CERTS.',
      default: [],
      schema: list,
    },
    extraVolumes: { description: 'Further volumes.', default: [], schema: list },
    extraVolumeMounts: { description: 'Where they are mounted.', default: [], schema: list },
    service: {
      description: 'The way to the pods.',
      values: {
        port: {
          description: 'The port that the API server calls.',
          default: 443,
          schema: { type: 'integer', minimum: 1, maximum: 65535 },
        },
        annotations: { description: 'Its annotations.', default: {}, schema: texts },
      },
    },
    webhook: {
      description: 'What the API server sends to autoscrape, and how.',
      values: {
        failurePolicy: {
          description:
            'What happens to an object when autoscrape does not answer. With Fail no component can be created or changed while it is away.',
          default: 'Ignore',
          schema: { enum: ['Ignore', 'Fail'] },
        },
        timeoutSeconds: {
          description: 'How long the API server waits for an answer. A write is held up as long.',
          default: 2,
          schema: { type: 'integer', minimum: 1, maximum: 3 },
        },
        namespaceSelector: {
          description:
            "Further conditions on namespaces. kube-system, autoscrape's own and those that opt out are never sent.",
          default: {},
          schema: selector,
        },
        objectSelector: {
          description: 'Further conditions on objects.',
          default: {},
          schema: selector,
        },
        condition: {
          description:
            'The condition (CEL) of the strong webhook, for a catalogue of your own: the one that `autoscrape manifests --catalogue-file FILE` prints. Empty for the built-in catalogue.',
          default: '',
          schema: text,
        },
        annotations: {
          description: 'Annotations of the registrations.',
          default: {},
          schema: texts,
        },
      },
    },
    catalogue: {
      description:
        'A catalogue (YAML, as a text) instead of the built-in one; webhook.condition and rbac.ownerGroups go with it. A change applies without a restart.',
      default: '',
      schema: text,
    },
    settings: {
      description:
        'The settings file. What the chart has a value for (certificates, metrics, otlp) belongs there. A change of server, kubernetes, log or telemetry restarts the pods; all others apply without.',
      default: {},
      schema: settings,
    },
    certificates: {
      description: "The webhook's certificate.",
      values: {
        mode: {
          description:
            'selfManaged: autoscrape makes and renews it, and needs nothing else. certManager: cert-manager does. existingSecret: you do.',
          default: 'selfManaged',
          schema: { enum: ['selfManaged', 'certManager', 'existingSecret'] },
        },
        secretName: {
          description:
            'The Secret with it. Empty for <name>-tls, and <name>-cert-manager-tls of cert-manager: no mode takes the Secret of another.',
          default: '',
          schema: name,
        },
        caBundle: {
          description: 'The CA that the API server trusts (PEM), with existingSecret.',
          default: '',
          schema: text,
        },
        certManager: {
          description: 'With mode certManager.',
          values: {
            issuerRef: {
              description:
                'The Issuer or ClusterIssuer that signs. Empty for a CA that cert-manager makes for autoscrape alone.',
              default: {},
              schema: {
                type: 'object',
                additionalProperties: false,
                properties: {
                  name: { type: 'string', description: 'Its name.' },
                  kind: { enum: ['Issuer', 'ClusterIssuer'], description: 'What it is.' },
                  group: { type: 'string', description: 'Its API group.' },
                },
              },
            },
            duration: {
              description: 'How long the certificate is valid.',
              default: '2160h0m0s',
              schema: goDuration,
            },
            renewBefore: {
              description: 'How long before its end it is renewed.',
              default: '720h0m0s',
              schema: goDuration,
            },
          },
        },
      },
    },
    metrics: {
      description: 'How /metrics is served, on port 8080.',
      values: {
        tls: {
          description: "With the webhook's certificate (HTTPS).",
          default: false,
          schema: toggle,
        },
        access: {
          description:
            'open: whoever reaches the port. authorized: whoever has a token and may get /metrics, as the API server says.',
          default: 'open',
          schema: { enum: ['open', 'authorized'] },
        },
        readers: {
          description: 'ServiceAccounts that may get /metrics, with access authorized.',
          default: [],
          schema: {
            type: 'array',
            items: {
              type: 'object',
              additionalProperties: false,
              required: ['name', 'namespace'],
              properties: {
                name: { type: 'string', description: 'Of the ServiceAccount.' },
                namespace: { type: 'string', description: 'Where it is.' },
              },
            },
          },
        },
      },
    },
    otlp: {
      description: 'Metrics by OTLP over HTTP.',
      values: {
        endpoint: {
          description:
            'The base address, such as http://vmsingle-main.monitoring.svc:8429/opentelemetry. Empty for none.',
          default: '',
          schema: { type: 'string', pattern: '^(https?://.+)?$' },
        },
        interval: {
          description: 'The time between exports, as 30s.',
          default: '',
          schema: { type: 'string', pattern: '^([0-9]+(ms|s|m|h))*$' },
        },
        headersSecret: {
          description: 'A Secret with the headers of each request, as Authorization=Bearer%20….',
          values: {
            name: { description: 'Its name; empty for none.', default: '', schema: name },
            key: { description: 'The key in it.', default: 'headers', schema: text },
          },
        },
      },
    },
    networkPolicy: {
      description: 'Who may reach the pods.',
      values: {
        enabled: {
          description: 'Make it: the webhook is open to all, other ports to none.',
          default: true,
          schema: toggle,
        },
        metricsFrom: {
          description: 'Who may reach the port of metrics, as in a NetworkPolicy; empty for all.',
          default: [],
          schema: list,
        },
        egress: {
          description:
            'Where the pods may go, as in a NetworkPolicy: the API server, DNS and OTLP at least. Empty for everywhere.',
          default: [],
          schema: list,
        },
      },
    },
    serviceScrape: {
      description: 'A VMServiceScrape of autoscrape itself, for the VictoriaMetrics operator.',
      values: {
        enabled: { description: 'Make it.', default: false, schema: toggle },
        interval: { description: 'How often.', default: '30s', schema: interval },
        labels: {
          description: 'Labels by which a VMAgent selects it.',
          default: {},
          schema: texts,
        },
        insecureSkipVerify: {
          description:
            'With metrics.tls: take any certificate. Else that of the Secret is asked for.',
          default: false,
          schema: toggle,
        },
      },
    },
    rule: {
      description: 'A VMRule with the alerts of docs/runbook.md, for the VictoriaMetrics operator.',
      values: {
        enabled: { description: 'Make it.', default: false, schema: toggle },
        labels: {
          description: 'Labels by which a VMAlert selects it.',
          default: {},
          schema: texts,
        },
      },
    },
  };
}
