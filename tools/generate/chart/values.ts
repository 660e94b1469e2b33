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
  /** There may be other keys beside them, which are not read. */
  readonly open?: true;
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

/** A port that a user without rights may listen on. */
const containerPort: Schema = { type: 'integer', minimum: 1024, maximum: 65535 };
const servicePort: Schema = { type: 'integer', minimum: 1, maximum: 65535 };
/** A number of pods, or a share of them. */
const numberOrShare: Schema = {
  type: ['integer', 'string'],
  pattern: '^([0-9]{1,3}%)?$',
  minimum: 0,
};
/** Names of Secrets, or objects with a name, as other charts have them. */
const secretNames: Schema = {
  type: 'array',
  items: {
    anyOf: [
      name,
      {
        type: 'object',
        required: ['name'],
        additionalProperties: false,
        properties: { name: { ...name, description: 'Of the Secret.' } },
      },
    ],
  },
};
/** The numbers of a probe of core/v1; what it asks follows from other values. */
const probe: Schema = {
  type: 'object',
  additionalProperties: false,
  properties: Object.fromEntries(
    ['initialDelaySeconds', 'periodSeconds', 'timeoutSeconds', 'failureThreshold'].map((key) => [
      key,
      {
        type: 'integer',
        minimum: key === 'initialDelaySeconds' ? 0 : 1,
        description: 'As in a probe.',
      },
    ]),
  ),
};

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
    enabled: {
      description:
        'Render anything at all. For charts that have this one as a dependency: condition: autoscrape.enabled.',
      default: true,
      schema: toggle,
    },
    global: {
      description: 'Of a chart that this one is part of. Other keys are not read.',
      open: true,
      values: {
        imageRegistry: {
          description: 'A registry for all images; image.registry wins over it.',
          default: '',
          schema: text,
        },
        imagePullSecrets: {
          description: 'Secrets to pull all images with, as names or as {name: …}.',
          default: [],
          schema: secretNames,
        },
      },
    },
    replicaCount: {
      description: 'How many pods answer admissions. One of them writes scrapes.',
      default: 2,
      schema: { type: 'integer', minimum: 1 },
    },
    image: {
      description: 'The image of autoscrape.',
      values: {
        registry: {
          description: 'The registry, where repository does not begin with one.',
          default: '',
          schema: text,
        },
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
          description:
            'Which one, for certain. Where it is set the tag is only for people: an upgrade has to change both.',
          default: '',
          schema: { type: 'string', pattern: '^(sha256:[0-9a-f]{64})?$' },
        },
        pullPolicy: {
          description: 'When it is pulled.',
          default: 'IfNotPresent',
          schema: { enum: ['Always', 'IfNotPresent', 'Never'] },
        },
        pullSecrets: {
          description: 'Secrets to pull it with, as names or as {name: …}.',
          default: [],
          schema: secretNames,
        },
      },
    },
    fullnameOverride: {
      description: 'Name of all objects, instead of the name of the release.',
      default: '',
      schema: name,
    },
    nameOverride: {
      description:
        "Instead of autoscrape in the name of all objects and in the label app.kubernetes.io/name. Not to be changed later: it is in the Deployment's selector.",
      default: '',
      schema: name,
    },
    namespaceOverride: {
      description:
        'The namespace of all objects, instead of that of the release. It has to be there.',
      default: '',
      schema: name,
    },
    commonLabels: {
      description: 'Labels of all objects and of the pods, not of selectors.',
      default: {},
      schema: texts,
    },
    commonAnnotations: {
      description: 'Annotations of all objects, not of the pods.',
      default: {},
      schema: texts,
    },
    deploymentAnnotations: {
      description: 'Annotations of the Deployment.',
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
          schema: numberOrShare,
        },
        minAvailable: {
          description:
            'How many pods have to stay, as a number or in percent; counts instead of maxUnavailable. Empty for none.',
          default: '',
          schema: numberOrShare,
        },
        unhealthyPodEvictionPolicy: {
          description:
            'Whether pods that are not ready may be evicted at any time: AlwaysAllow, so that they never hold up a node; or IfHealthyBudget.',
          default: 'AlwaysAllow',
          schema: { enum: ['AlwaysAllow', 'IfHealthyBudget'] },
        },
      },
    },
    revisionHistoryLimit: {
      description: 'How many old ReplicaSets are kept.',
      default: 10,
      schema: { type: 'integer', minimum: 0 },
    },
    strategy: {
      description:
        'How pods are replaced. With hostNetwork and as many pods as nodes, maxSurge has to be 0 and maxUnavailable 1.',
      default: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      schema: {
        type: 'object',
        additionalProperties: false,
        properties: {
          type: {
            enum: ['RollingUpdate', 'Recreate'],
            description: 'One after the other, or all.',
          },
          rollingUpdate: { type: 'object', description: 'With RollingUpdate.' },
        },
      },
    },
    hostNetwork: {
      description:
        "Use the node's network, where the API server does not reach pods (EKS with another CNI). The namespace then can't enforce the restricted profile.",
      default: false,
      schema: toggle,
    },
    dnsPolicy: {
      description:
        'How the pods ask DNS. Empty for the usual, which is ClusterFirstWithHostNet with hostNetwork.',
      default: '',
      schema: { enum: ['', 'ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'] },
    },
    dnsConfig: { description: 'More of DNS, as in a pod.', default: {}, schema: anything },
    ports: {
      description: 'The ports that the pods listen on. Service, probes and NetworkPolicy follow.',
      values: {
        webhook: {
          description: "Of the webhook. 10250 is open from GKE's control planes to nodes.",
          default: 9443,
          schema: containerPort,
        },
        metrics: {
          description: 'Of /metrics, /healthz, /readyz and /status.',
          default: 8080,
          schema: containerPort,
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
        'How long a pod may take to end. 0 for 10 s more than preStop and drain.deadlineSeconds take.',
      default: 0,
      schema: { type: 'integer', minimum: 0 },
    },
    drain: {
      description: 'How a pod stops.',
      values: {
        propagationSeconds: {
          description: 'How long it goes on answering after it was told to stop.',
          default: 8,
          schema: { type: 'integer', minimum: 0, maximum: 300 },
        },
        deadlineSeconds: {
          description: 'When it ends in any case.',
          default: 25,
          schema: { type: 'integer', minimum: 1, maximum: 600 },
        },
      },
    },
    lifecycle: {
      description:
        "The container's lifecycle, instead of a preStop that sleeps for 5 s, in which the pod leaves the EndpointSlices.",
      default: {},
      schema: anything,
    },
    startupProbe: {
      description: 'The numbers of the startup probe.',
      default: { periodSeconds: 1, failureThreshold: 60 },
      schema: probe,
    },
    livenessProbe: {
      description: 'The numbers of the liveness probe.',
      default: { periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
      schema: probe,
    },
    readinessProbe: {
      description: 'The numbers of the readiness probe.',
      default: { periodSeconds: 2 },
      schema: probe,
    },
    extraArgs: {
      description: 'Further flags, such as --log-level=debug. What the chart decides is refused.',
      default: [],
      schema: { type: 'array', items: text },
    },
    extraEnv: {
      description:
        'Further environment variables, such as OTEL_RESOURCE_ATTRIBUTES or NODE_EXTRA_CA_CERTS.',
      default: [],
      schema: list,
    },
    extraVolumes: { description: 'Further volumes.', default: [], schema: list },
    extraVolumeMounts: { description: 'Where they are mounted.', default: [], schema: list },
    extraObjects: {
      description: 'Further objects, as objects or as texts. Both are read as templates.',
      default: [],
      schema: { type: 'array', items: { type: ['object', 'string'] } },
    },
    service: {
      description: 'The way to the pods.',
      values: {
        port: {
          description: 'The port that the API server calls.',
          default: 443,
          schema: servicePort,
        },
        metricsPort: {
          description: 'The port of /metrics.',
          default: 8080,
          schema: servicePort,
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
        'The settings file. What the chart has a value for (ports, drain, certificates, metrics, otlp) is refused here. The word "off" has to stand in quotes, or Helm reads false. A change of server, kubernetes, log or telemetry restarts the pods; all others apply without.',
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
      description: 'How /metrics is served.',
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
    probe: {
      description:
        'Whether the API server reaches the webhook, tried every five minutes by a Service that is created as a dry run: nothing is stored.',
      values: {
        enabled: {
          description: 'Try it, in a namespace that is made for it.',
          default: false,
          schema: toggle,
        },
        namespace: {
          description: "The namespace's name; empty for that of all objects with -probe.",
          default: '',
          schema: text,
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
