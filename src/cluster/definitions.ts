import type { Selection } from './client.ts';
import { field } from './errors.ts';
import type { Reflector, Sink } from './reflector.ts';
import type { Resource } from './resources.ts';

/**
 * Watches the definitions of custom resources, each by its name and by its metadata alone, to hear at once when one is
 * made or is about to go. Where that is not allowed, the watch of the resource itself finds out a little later.
 */
export class Definitions {
  readonly reflectors: readonly Reflector[];
  readonly #going = new Set<string>();

  constructor(
    reflector: (selection: Selection, sink: Sink) => Reflector,
    defined: readonly Resource[],
    changed: (resource: Resource) => void,
  ) {
    this.reflectors = defined.map((resource) => {
      const name = nameOf(resource);
      const selection = { fieldSelector: `metadata.name=${name}`, metadataOnly: true };
      return reflector(selection, {
        put: (object) => {
          const deleted = field(field(object, 'metadata'), 'deletionTimestamp');
          if (deleted === undefined) this.#going.delete(name);
          else this.#going.add(name);
          changed(resource);
        },
        remove: () => {
          this.#going.delete(name);
          changed(resource);
        },
      });
    });
  }

  /** Whether the definition is being deleted: its objects go one by one, and new ones are refused. */
  isGoing(resource: Resource): boolean {
    return this.#going.has(nameOf(resource));
  }
}

/** A definition is named after what it defines (apiextensions.k8s.io/v1 CustomResourceDefinition). */
function nameOf(resource: Resource): string {
  return `${resource.plural}.${resource.group}`;
}
