import type { Operation } from '../admission/index.ts';
import { isJson, type Json, member } from '../kubernetes/index.ts';

/**
 * A patch in words, a line for each addition.
 *
 * @param object what the patch applies to, for the names of what it adds to
 */
export function patchWords(operations: readonly Operation[], object: Json): string[] {
  return operations.flatMap((operation) => words(operation, object));
}

function words({ path, value }: Operation, object: Json): string[] {
  const steps = stepsOf(path);
  const [last] = steps.slice(-1);
  const within = steps.slice(0, -1).join('/');
  if (last === 'labels' && isJson(value)) return labels(within, value);
  if (within.endsWith('metadata/labels') && typeof value === 'string') {
    return labels(within.replace(/\/labels$/, ''), { [String(last)]: value });
  }
  if (last === 'ports' && Array.isArray(value)) {
    return value.map((port: unknown) => `${holder(steps, object)}port ${portText(port)}`);
  }
  if (steps.at(-2) === 'ports' && last === '-') {
    return [`${holder(steps.slice(0, -1), object)}port ${portText(value)}`];
  }
  if (steps.at(-3) === 'ports' && last === 'name') {
    const port = valueAt(object, steps.slice(0, -1));
    return [
      `${holder(steps.slice(0, -2), object)}port ${numberOf(port)} gets the name ${String(value)}`,
    ];
  }
  return [`${path}: ${JSON.stringify(value)}`];
}

function stepsOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function labels(metadata: string, added: Json): string[] {
  const whose = metadata === 'metadata' ? 'label' : 'pod label';
  return Object.entries(added).map(([key, value]) => `${whose} ${key}: ${String(value)}`);
}

/** Of which container the ports are; nothing for a Service's own. */
function holder(steps: readonly string[], object: Json): string {
  const container = valueAt(object, steps.slice(0, -1));
  return steps.includes('containers') && isJson(container)
    ? `container ${String(member(container, 'name'))}: `
    : '';
}

function portText(port: unknown): string {
  if (!isJson(port)) return JSON.stringify(port);
  const number = numberOf(port);
  const target = member(port, 'targetPort');
  const behind = target === undefined || target === number ? '' : `, targetPort ${String(target)}`;
  return `${String(member(port, 'name'))} ${number}${behind}`;
}

function numberOf(port: unknown): unknown {
  return isJson(port) ? (member(port, 'port') ?? member(port, 'containerPort')) : undefined;
}

function valueAt(object: unknown, steps: readonly string[]): unknown {
  return steps.reduce<unknown>((value, step) => {
    if (Array.isArray(value)) return value[Number(step)];
    return isJson(value) ? member(value, step) : undefined;
  }, object);
}
