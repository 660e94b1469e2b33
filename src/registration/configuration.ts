import type { MatchCondition } from './conditions.ts';

/**
 * The webhook configurations of admissionregistration.k8s.io/v1, as far as we write them
 * (https://kubernetes.io/docs/reference/kubernetes-api/extend-resources/mutating-webhook-configuration-v1/).
 */
export interface MutatingWebhookConfiguration {
  readonly apiVersion: 'admissionregistration.k8s.io/v1';
  readonly kind: 'MutatingWebhookConfiguration';
  readonly metadata: ConfigurationMeta;
  readonly webhooks: readonly MutatingWebhook[];
}

export interface ValidatingWebhookConfiguration {
  readonly apiVersion: 'admissionregistration.k8s.io/v1';
  readonly kind: 'ValidatingWebhookConfiguration';
  readonly metadata: ConfigurationMeta;
  readonly webhooks: readonly Webhook[];
}

export interface ConfigurationMeta {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface Webhook {
  readonly name: string;
  readonly clientConfig: ClientConfig;
  readonly admissionReviewVersions: readonly string[];
  readonly rules: readonly Rule[];
  readonly namespaceSelector: Selector;
  readonly objectSelector: Selector;
  readonly matchConditions: readonly MatchCondition[];
  readonly matchPolicy: 'Equivalent';
  readonly failurePolicy: 'Ignore';
  readonly sideEffects: 'NoneOnDryRun';
  readonly timeoutSeconds: number;
}

export interface MutatingWebhook extends Webhook {
  readonly reinvocationPolicy: 'IfNeeded';
}

/** Where the webhook is. `caBundle` is PEM in base64; without it the API server trusts what its system does. */
export type ClientConfig = {
  readonly caBundle?: string;
} & (
  | {
      readonly service: {
        readonly namespace: string;
        readonly name: string;
        readonly path: string;
        readonly port: number;
      };
    }
  | { readonly url: string }
);

export interface Rule {
  readonly apiGroups: readonly string[];
  readonly apiVersions: readonly string[];
  readonly resources: readonly string[];
  readonly operations: readonly string[];
  readonly scope: 'Namespaced';
}

export interface Selector {
  readonly matchExpressions: readonly {
    readonly key: string;
    readonly operator: 'In' | 'NotIn';
    readonly values: readonly string[];
  }[];
}
