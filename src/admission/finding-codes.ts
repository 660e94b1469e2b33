import type { CodeEntry } from '../findings/index.ts';

/** Every finding about a Service or a workload. None of them is ever a reason to refuse the object. */
export const additionFindings = {
  'port-name-taken': {
    severity: 'warning',
    certain: true,
    title: 'Another port has the name of the metrics port',
    explanation:
      'Names are unique among the ports of a Service. Where the other port does not lead to the number where the ' +
      'metrics of the component are, no port was added or named. Where both are there, the API server refuses the ' +
      'Service: autoscrape may have added the metrics port before the other one was given its name.',
  },
  'port-number-taken': {
    severity: 'warning',
    certain: true,
    title: 'Another port has the number of the metrics port',
    explanation:
      'Numbers are unique among the ports of one protocol. The other port has a name of its own and sends the number ' +
      'on to another one, so that no port was added.',
  },
  'port-exposed': {
    severity: 'warning',
    certain: true,
    title: 'A Service with a metrics port becomes reachable from outside',
    explanation:
      'autoscrape adds no port to Services of type `LoadBalancer` or `NodePort`, which would show the metrics to the ' +
      'world. This one was of type `ClusterIP` before, and kept its metrics port when it changed.',
  },
  'label-value-invalid': {
    severity: 'info',
    certain: true,
    title: 'A label was not added, because its value would be refused',
    explanation:
      'Label values have at most 63 characters. The name of an owner or an object can be longer; the label stays ' +
      'away then, and can be set by hand.',
  },
  'label-differs': {
    severity: 'info',
    certain: true,
    title: 'The component label says something else than the catalogue',
    explanation: 'Labels that somebody set are theirs: it stays as it is.',
  },
  'label-would-mislead': {
    severity: 'info',
    certain: true,
    title: 'A label was not added, because the object would be taken for another component',
    explanation:
      'Standard labels are strong evidence. Together with labels that the object already has, the missing ones can ' +
      'mean another entry of the catalogue than the weak evidence by which it was recognised.',
  },
} as const satisfies Readonly<Record<string, CodeEntry>>;

/** The code of a finding of admission. */
export type AdditionCode = keyof typeof additionFindings;
