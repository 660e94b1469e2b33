import type { Choice, Dice } from './dice.ts';

/** A rule of `relabelConfigs`, as the VictoriaMetrics operator spells it. */
export type Rule = Readonly<Record<string, unknown>>;

const appOfPod = '__meta_kubernetes_pod_label_app';
const appOfService = '__meta_kubernetes_service_label_app_kubernetes_io_name';

/** A rule or two of each action that vmagent knows, and of each thing that a rule can rewrite. */
const rules: readonly [Choice<readonly Rule[]>, ...Choice<readonly Rule[]>[]] = [
  one('replace', {
    sourceLabels: ['pod'],
    regex: '(.*)-(\\d+)',
    targetLabel: 'member',
    replacement: '$2',
  }),
  one('replace-constant', { targetLabel: 'cluster', replacement: 'blue' }),
  one('replace-whole', {
    sourceLabels: ['service'],
    regex: '.*',
    targetLabel: '__metrics_path__',
    replacement: '/of/$1',
  }),
  one('replace-with-label', {
    sourceLabels: ['pod'],
    regex: '(.+)-\\d',
    targetLabel: '__param_of',
    replacement: '$1/{{namespace}}',
  }),
  several('replace-all-groups', [
    {
      action: 'replace_all',
      sourceLabels: ['pod'],
      regex: '[a-m]([a-z]*)',
      replacement: '<$1>',
      targetLabel: '__param_all',
    },
  ]),
  several('if-keep', [{ action: 'keep', if: ['{pod=~"etcd-.+"}', '{pod!~"etcd.*", job!=""}'] }]),
  one('replace-name', {
    sourceLabels: ['endpoint'],
    regex: '(.+)',
    targetLabel: 'reads_$1',
    replacement: 'yes',
  }),
  one('replace-all', {
    action: 'replace_all',
    sourceLabels: ['pod'],
    regex: '-',
    replacement: '_',
    targetLabel: 'pod',
  }),
  one('keep', { action: 'keep', sourceLabels: ['service'], regex: 'etcd.*|gateway|pooler' }),
  one('keep-pod-label', { action: 'keep', sourceLabels: [appOfPod], regex: 'etcd|gateway' }),
  one('keep-two-labels', {
    action: 'keep',
    sourceLabels: [appOfPod, '__meta_kubernetes_pod_label_shard'],
    separator: '/',
    regex: '.+/(0|)',
  }),
  one('keep-ready', {
    action: 'keep',
    sourceLabels: ['__meta_kubernetes_pod_ready'],
    regex: 'true',
  }),
  one('drop', { action: 'drop', sourceLabels: ['service'], regex: '.+-more' }),
  one('drop-phase', {
    action: 'drop',
    sourceLabels: ['__meta_kubernetes_pod_phase'],
    regex: 'Pending|Succeeded|Failed',
  }),
  one('drop-init', {
    action: 'drop',
    sourceLabels: ['__meta_kubernetes_pod_container_init'],
    regex: 'true',
  }),
  one('keep-if-equal', { action: 'keep_if_equal', sourceLabels: [appOfPod, appOfService] }),
  one('drop-if-equal', { action: 'drop_if_equal', sourceLabels: ['service', appOfPod] }),
  one('keep-if-contains', {
    action: 'keep_if_contains',
    sourceLabels: [appOfPod],
    targetLabel: 'pod',
  }),
  one('drop-if-contains', {
    action: 'drop_if_contains',
    sourceLabels: ['container'],
    targetLabel: 'pod',
  }),
  one('keepequal', { action: 'keepequal', sourceLabels: ['service'], targetLabel: 'job' }),
  one('dropequal', { action: 'dropequal', sourceLabels: ['pod'], targetLabel: 'service' }),
  one('keep-metrics', { action: 'keep_metrics', regex: 'up|' }),
  one('drop-metrics', { action: 'drop_metrics', regex: 'go_.*' }),
  several('hashmod', [
    { action: 'hashmod', sourceLabels: ['__address__'], modulus: 2, targetLabel: '__tmp_hash' },
    { action: 'keep', sourceLabels: ['__tmp_hash'], regex: '0' },
  ]),
  one('uppercase', { action: 'uppercase', sourceLabels: ['namespace'], targetLabel: 'namespace' }),
  one('lowercase', { action: 'lowercase', sourceLabels: ['service'], targetLabel: 'job' }),
  one('labelmap', { action: 'labelmap', regex: '__meta_kubernetes_pod_label_(.+)' }),
  one('labelmap-renamed', {
    action: 'labelmap',
    regex: '__meta_kubernetes_service_label_(.+)',
    replacement: 'service_$1',
  }),
  one('labelmap-all', { action: 'labelmap_all', regex: 'kubernetes', replacement: 'k8s' }),
  one('labeldrop', { action: 'labeldrop', regex: 'container|endpoint' }),
  several('labeldrop-meta', [
    { action: 'labeldrop', regex: '__meta_kubernetes_pod_.*' },
    { action: 'drop', sourceLabels: [appOfPod], regex: 'etcd' },
  ]),
  one('labeldrop-address', { action: 'labeldrop', regex: '__address__|pod' }),
  one('labelkeep', {
    action: 'labelkeep',
    regex: '__(address|scheme|metrics_path)__|__param_.*|job|pod',
  }),
  one('graphite', { action: 'graphite', match: 'a.*.c', labels: { job: '$1' } }),
  one('address', {
    sourceLabels: ['__address__'],
    regex: '([^:]+)(?::\\d+)?',
    targetLabel: '__address__',
    replacement: '$1:9999',
  }),
  one('address-annotation', {
    sourceLabels: ['__address__', '__meta_kubernetes_pod_annotation_prometheus_io_port'],
    regex: '([^:]+)(?::\\d+)?;(\\d+)',
    targetLabel: '__address__',
    replacement: '$1:$2',
  }),
  one('address-with-path', {
    sourceLabels: ['__address__'],
    targetLabel: '__address__',
    replacement: 'https://$1/other',
  }),
  one('scheme', { targetLabel: '__scheme__', replacement: 'https' }),
  one('scheme-of-port', {
    sourceLabels: ['__meta_kubernetes_pod_container_port_name'],
    regex: 'http|client',
    targetLabel: '__scheme__',
    replacement: 'https',
  }),
  one('path', { targetLabel: '__metrics_path__', replacement: '/other' }),
  one('path-no-slash', { targetLabel: '__metrics_path__', replacement: 'other?a=b' }),
  one('path-empty', { targetLabel: '__metrics_path__', replacement: '' }),
  one('param', { targetLabel: '__param_x', replacement: 'y z' }),
  several('param-target', [
    { sourceLabels: ['__address__'], targetLabel: '__param_target' },
    { targetLabel: '__address__', replacement: 'exporter.example.test:9115' },
  ]),
  one('if', { action: 'drop', if: '{service=~".+-more"}' }),
  one('if-list', {
    if: ['{pod="etcd-0"}', '{pod="gateway-0"}'],
    targetLabel: 'first',
    replacement: 'yes',
  }),
  one('regex-list', {
    action: 'keep',
    sourceLabels: ['pod'],
    regex: ['etcd-.*', 'gateway-.*', 'pooler-0', ''],
  }),
  one('snake-case', { source_labels: ['service'], target_label: 'service_name' }),
  one('instance', { sourceLabels: ['pod'], targetLabel: 'instance' }),
];

function one(name: string, rule: Rule): Choice<readonly Rule[]> {
  return several(name, [rule]);
}

function several(name: string, some: readonly Rule[]): Choice<readonly Rule[]> {
  return [name, 1, some];
}

/** Some rules, each of which may change what those after it see. */
export function randomRules(roll: Dice, atMost: number): Rule[] {
  return Array.from({ length: roll.below(atMost + 1) }, () => roll.choose('rule', rules)).flat();
}

/** Turn by turn each of the choices, so that none is rare. */
export function ruleInTurn(roll: Dice, turn: number): readonly Rule[] {
  return roll.choose('rule', [rules[turn % rules.length] ?? rules[0]]);
}

export const dropsAll: Rule = { action: 'drop', sourceLabels: ['__address__'], regex: '.*' };
export const notParsable: Rule = { action: 'keep', sourceLabels: ['pod'], regex: 'etcd-(' };

/** The names of all features that rules have. */
export const ruleFeatures: readonly string[] = rules.map(([name]) => `rule-${name}`);
