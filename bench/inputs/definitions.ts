import { stringify } from 'yaml';

/** A file with a CustomResourceDefinition. */
export interface Definition {
  readonly name: string;
  readonly text: string;
}

/**
 * CustomResourceDefinitions as large operators ship them: hundreds of fields in many levels, each described in a few
 * lines.
 *
 * @param bytes how large they are in all, at least
 */
export function definitions(bytes: number): Definition[] {
  const made: Definition[] = [];
  for (let size = 0; size < bytes; size += made.at(-1)?.text.length ?? 0) {
    made.push(definitionOf(`kind${made.length}`));
  }
  return made;
}

function definitionOf(singular: string): Definition {
  const group = 'example.com';
  const plural = `${singular}s`;
  const name = `${plural}.${group}`;
  const schema = { openAPIV3Schema: object(['spec', 'status'], 3) };
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name, annotations: { 'controller-gen.kubebuilder.io/version': 'v0.18.0' } },
    spec: {
      group,
      names: { kind: singular, listKind: `${singular}List`, plural, singular },
      scope: 'Namespaced',
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  };
  return { name, text: `---\n${stringify(definition)}` };
}

const words = ['template', 'selector', 'resources', 'affinity', 'storage', 'security', 'probe'];

/** The schema of an object: `depth` levels of objects, the fields of each in a list or a map in turn. */
function object(fields: readonly string[], depth: number): object {
  const properties = fields.map((field, index) => {
    const inner = depth === 0 ? { type: 'string' } : nested(index, object(words, depth - 1));
    return [field, { description: describe(field, depth), ...inner }] as const;
  });
  return { type: 'object', properties: Object.fromEntries(properties), required: fields.slice(1) };
}

function nested(index: number, schema: object): object {
  return index % 3 === 0 ? { type: 'array', items: schema } : schema;
}

function describe(field: string, depth: number): string {
  return `The ${field} of what is ${depth} levels above the end.\nIt is optional: "no" means none, and a list of one\nis the same as the one. # More in the documentation.`;
}
