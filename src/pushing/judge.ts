import type { Inventory } from '../inventory/index.ts';
import type { Container, PodShape, Service } from '../kubernetes/index.ts';
import {
  destinationOf,
  endpointText,
  type OtlpDestination,
  type OtlpEndpoint,
} from './endpoint.ts';
import { intakeVerdict } from './intake.ts';
import { type Receiver, receiverBehind, receiverName } from './receivers.ts';
import { type OtlpSender, senderOf } from './sender.ts';
import { fails, maybe, type PushLink, type PushVerdict, unchecked } from './types.ts';

/** Whether the metrics that a component sends arrive. */
export interface PushState {
  readonly state: 'pushed' | 'silent' | 'unread' | 'unknown';
  /** The first link that breaks or can't be told; empty where all hold, or none is needed. */
  readonly link: PushLink | '';
  /** One sentence without a full stop. */
  readonly because: string;
  /** The receiver that it means; undefined where that is not known. */
  readonly receiver: Receiver | undefined;
}

/**
 * Judges what the containers of a component's pods say of sending metrics, against the Services and receivers at hand.
 * Where pods or containers differ, what gets least far decides: a component is one thing as a whole.
 *
 * What is not at hand is not concluded from: an address outside of the cluster, or of a namespace whose Services were
 * not read, is `pushed`, and told as not checked.
 *
 * @param component the container of this name is asked, where there is one; else all are
 * @param shapes the pods; at least one
 */
export function pushState(
  component: string,
  shapes: readonly PodShape[],
  namespace: string,
  inventory: Inventory,
): PushState {
  const states = shapes.map((shape) =>
    worst(
      containersOf(component, shape).map((one) => stateOf(one, shape, namespace, inventory)),
      soundness,
    ),
  );
  return worst(states, pods);
}

/** True where the pods are told to send metrics, whether or not these arrive. */
export function isToldToPush(component: string, shapes: readonly PodShape[]): boolean {
  return shapes.some((shape) =>
    containersOf(component, shape).some((one) => senderOf(one).sends !== 'nothing'),
  );
}

/** The namespaces of Services that pods may send metrics to. */
export function namespacesMeant({ containers }: PodShape, namespace: string): string[] {
  return containers.flatMap((one) => {
    const sender = senderOf(one);
    if (sender.sends !== 'otlp' || sender.endpoint === undefined) return [];
    const destination = destinationOf(sender.endpoint.host, namespace);
    return destination.is === 'service' ? [destination.namespace] : [];
  });
}

/** The container that is called as the component, where there is one: a pool's pod has others that send as well. */
function containersOf(component: string, { containers }: PodShape): readonly Container[] {
  const own = containers.filter((one) => one.name === component);
  return own.length > 0 ? own : containers;
}

/** Of containers whose names say nothing those count that send. */
const soundness = ['unread', 'unknown', 'pushed', 'silent'] as const;
/** A pod that sends nothing is not made up for by one that does. */
const pods = ['unread', 'unknown', 'silent', 'pushed'] as const;

function worst(states: readonly PushState[], order: readonly PushState['state'][]): PushState {
  const [first = silent('nothing shows that it sends metrics'), ...others] = states;
  return others.reduce(
    (one, other) => (order.indexOf(other.state) < order.indexOf(one.state) ? other : one),
    first,
  );
}

function silent(because: string): PushState {
  return { state: 'silent', link: '', because, receiver: undefined };
}

function stateOf(
  container: Container,
  shape: PodShape,
  namespace: string,
  inventory: Inventory,
): PushState {
  const sender = senderOf(container);
  switch (sender.sends) {
    case 'nothing':
      return silent(sender.because);
    case 'unknown':
      return { state: 'unknown', link: 'exporter', because: sender.because, receiver: undefined };
    case 'refused':
      return { state: 'unread', link: 'exporter', because: sender.because, receiver: undefined };
    case 'otlp':
      return stateOfSending(sender, { container, shape, namespace, inventory });
  }
}

interface Place {
  readonly container: Container;
  readonly shape: PodShape;
  readonly namespace: string;
  readonly inventory: Inventory;
}

function stateOfSending(sending: OtlpSender, place: Place): PushState {
  const { endpoint, hidden } = sending;
  if (endpoint === undefined || hidden.length > 0) {
    const names = hidden.join(' and ');
    const verdict = unchecked(`the value of ${names} is not where it can be read`);
    return told(verdict, 'its metrics are sent by OTLP', undefined);
  }
  const sent = `its metrics are sent to ${endpointText(endpoint)}`;
  const destination = destinationOf(endpoint.host, place.namespace);
  const receiver = receiverAt(destination, place.inventory);
  const verdict = verdictOf(sending, endpoint, destination, place);
  if (verdict !== undefined) return told(verdict, sent, receiver);
  const name = receiver === undefined ? '' : receiverName(receiver);
  return { state: 'pushed', link: '', because: `${sent}, where ${name} takes them`, receiver };
}

function told(
  { is, link, because }: PushVerdict,
  sent: string,
  receiver: Receiver | undefined,
): PushState {
  switch (is) {
    case 'breaks':
      return { state: 'unread', link, because, receiver };
    case 'unclear':
      return { state: 'unknown', link, because, receiver };
    case 'unchecked':
      return { state: 'pushed', link, because: `${sent}, not checked: ${because}`, receiver };
  }
}

function receiverAt(destination: OtlpDestination, inventory: Inventory): Receiver | undefined {
  if (destination.is !== 'service') return undefined;
  return receiverBehind(destination.namespace, destination.name, inventory)?.receiver;
}

/** Undefined where the metrics arrive. */
function verdictOf(
  sending: OtlpSender,
  endpoint: OtlpEndpoint,
  destination: OtlpDestination,
  place: Place,
): PushVerdict | undefined {
  if (sending.isDefault) return defaultVerdict(endpoint, place);
  if (endpoint.host === '') {
    return fails('address', 'its address has no scheme: it has to begin with http:// or https://');
  }
  switch (destination.is) {
    case 'own-pod':
      return ownPodVerdict(endpoint, place);
    case 'address':
      return unchecked('what is at an address by number is not known');
    case 'outside':
      return unchecked('it is outside of the cluster');
    case 'service':
      return serviceVerdict(sending, endpoint, destination, place);
  }
}

/** Without any address the SDK posts to its own pod, by TLS. */
function defaultVerdict(endpoint: OtlpEndpoint, place: Place): PushVerdict | undefined {
  if (mayListen(endpoint.port, place)) return ownPodVerdict(endpoint, place);
  return fails(
    'address',
    `it is told to send metrics and not where to: it tries ${endpointText(endpoint)} in its own pod, where nothing takes them`,
  );
}

function ownPodVerdict({ port }: OtlpEndpoint, { shape, container }: Place): PushVerdict {
  const others = shape.containers.filter((one) => one !== container);
  if (others.some((one) => declares(one, port))) {
    return unchecked('it is another container of its pod');
  }
  const because = `it sends to port ${port} of its own pod`;
  return others.length === 0 && shape.injectsCollector !== true
    ? fails('receiver', `${because}, where no other container is`)
    : maybe('receiver', `${because}, and no container there declares it`);
}

function declares({ ports }: Container, port: number): boolean {
  return ports.some(({ number }) => number === port);
}

/** Whether something else in the pod could take it: a container need not declare its ports. */
function mayListen(port: number, { shape, container }: Place): boolean {
  if (shape.injectsCollector === true) return true;
  return shape.containers.some(
    (one) =>
      one !== container &&
      (declares(one, port) || /otel|opentelemetry|collector|vmagent|alloy/.test(one.image)),
  );
}

function serviceVerdict(
  sending: OtlpSender,
  endpoint: OtlpEndpoint,
  { namespace, name, isSure }: Extract<OtlpDestination, { is: 'service' }>,
  { inventory }: Place,
): PushVerdict | undefined {
  const service = inventory.service(namespace, name);
  const behind = receiverBehind(namespace, name, inventory);
  if (service === undefined && behind === undefined) {
    return absenceVerdict(namespace, name, isSure, inventory);
  }
  if (service?.type === 'ExternalName')
    return unchecked(`Service ${namespace}/${name} leads out of the cluster`);
  const servicePort = service?.ports.find(
    (one) => one.port === endpoint.port && one.protocol === 'TCP',
  );
  if (service !== undefined && servicePort === undefined && !service.headless) {
    return fails(
      'port',
      `Service ${namespace}/${name} has no port ${endpoint.port}: it has ${portsText(service)}`,
    );
  }
  if (behind === undefined) return conventionVerdict(sending, servicePort, `${namespace}/${name}`);
  if (!behind.takes) {
    return fails(
      'receiver',
      `Service ${namespace}/${name} leads to a part of ${receiverName(behind.receiver)} that takes no metrics`,
    );
  }
  const verdict = intakeVerdict(behind.receiver, { sending, endpoint, servicePort });
  if (verdict !== undefined) return verdict;
  const { receiver } = behind;
  return receiver.kind === 'OpenTelemetryCollector' && receiver.intake === undefined
    ? unchecked(`the configuration of ${receiverName(receiver)} can't be read`)
    : undefined;
}

/** Only what was read whole shows that something is not there. */
function absenceVerdict(
  namespace: string,
  name: string,
  isSure: boolean,
  inventory: Inventory,
): PushVerdict {
  const isThere = inventory.namespace(namespace) !== undefined;
  const sends = `it sends to Service ${namespace}/${name}`;
  if (!isSure && !isThere) return unchecked('it is taken to be outside of the cluster');
  if (!isThere && inventory.knows('Namespace')) {
    return fails('receiver', `${sends}, and there is no namespace ${namespace}`);
  }
  return inventory.knows('Service', namespace)
    ? fails('receiver', `${sends}, and there is no such Service`)
    : unchecked(`the Services of namespace ${namespace} are not at hand`);
}

/** What a port's name says where the program behind it is not known: the OpenTelemetry operator names them so. */
function conventionVerdict(
  { protocol }: OtlpSender,
  port: { readonly name: string; readonly port: number } | undefined,
  service: string,
): PushVerdict {
  const speaks = spokenBy(port?.name ?? '');
  if (speaks !== undefined && speaks !== protocol) {
    const says = protocol === 'grpc' ? 'gRPC' : 'HTTP';
    return fails(
      'protocol',
      `it sends by ${says} to port ${port?.name} of Service ${service}, which is for ${speaks}`,
    );
  }
  if (
    (port?.port === 4317 && protocol !== 'grpc') ||
    (port?.port === 4318 && protocol === 'grpc')
  ) {
    return maybe(
      'protocol',
      `it sends by ${protocol} to port ${port.port} of Service ${service}, which usually takes the other protocol`,
    );
  }
  return unchecked(`what answers behind Service ${service} is not known`);
}

function spokenBy(name: string): 'grpc' | 'http/protobuf' | undefined {
  if (name === 'grpc' || name === 'otlp-grpc' || name === 'grpc-otlp') return 'grpc';
  return name === 'otlp-http' || name === 'http-otlp' ? 'http/protobuf' : undefined;
}

function portsText({ ports }: Service): string {
  const numbers = ports.filter(({ protocol }) => protocol === 'TCP').map(({ port }) => port);
  return numbers.length === 0 ? 'none' : numbers.join(', ');
}
