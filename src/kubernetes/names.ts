/**
 * What Kubernetes accepts as a name or value. We add nothing that it would refuse.
 * Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ and
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
 */

const labelValue = /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/;
const dnsLabel = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const dnsSubdomain = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;

/** True for a label value that the API server accepts: at most 63 characters. */
export function isLabelValue(value: string): boolean {
  return labelValue.test(value);
}

/** True for a Service port's name: a DNS label of at most 63 characters. */
export function isServicePortName(name: string): boolean {
  return dnsLabel.test(name);
}

/** True for a container port's name (IANA_SVC_NAME, RFC 6335): at most 15 characters, a letter among them, no `--`. */
export function isContainerPortName(name: string): boolean {
  return name.length <= 15 && dnsLabel.test(name) && /[a-z]/.test(name) && !name.includes('--');
}

/** True for the name of a custom resource's object: a DNS subdomain of at most 253 characters. */
export function isObjectName(name: string): boolean {
  return name.length <= 253 && dnsSubdomain.test(name);
}
