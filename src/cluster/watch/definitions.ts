import type { ListSelection, Resource } from '../api/index.ts';
import { field } from '../api/index.ts';
import type { Reflector } from './reflector.ts';
import type { Sink } from './sink.ts';

/**
 * Watches the definitions of custom resources, each by its name and by its metadata alone, to hear at once when one is
 * made or is about to go. Where that is not allowed, the watch of the resource itself finds out a little later.
 */
export class Definitions {
  readonly reflectors: readonly Reflector[];
  readonly #there = new Map<string, { readonly going: boolean }>();

  constructor(
    reflector: (selection: ListSelection, sink: Sink) => Reflector,
    defined: readonly Resource[],
    changed: (resource: Resource) => void,
  ) {
    const there = this.#there;
    this.reflectors = defined.map((resource) => {
      const name = nameOf(resource);
      const selection = { fieldSelector: selectorOf(name), metadataOnly: true };
      return reflector(selection, {
        put: (object) => {
          const deleted = field(field(object, 'metadata'), 'deletionTimestamp');
          this.#there.set(name, { going: deleted !== undefined });
          changed(resource);
        },
        remove: () => {
          this.#there.delete(name);
          changed(resource);
        },
        held: () => (there.has(name) ? [{ namespace: '', name }] : []),
        get size() {
          return there.has(name) ? 1 : 0;
        },
      });
    });
  }

  /** Whether it is known that a resource is not defined, or about to be no more: then its objects go one by one, and new ones are refused. */
  isGone(resource: Resource): boolean {
    const name = nameOf(resource);
    const reflector = this.reflectors.find(
      ({ selection }) => selection.fieldSelector === selectorOf(name),
    );
    if (reflector?.synced !== true) return false;
    const found = this.#there.get(name);
    return found === undefined || found.going;
  }
}

function selectorOf(name: string): string {
  return `metadata.name=${name}`;
}

/** A definition is named after what it defines (apiextensions.k8s.io/v1 CustomResourceDefinition). */
function nameOf(resource: Resource): string {
  return `${resource.plural}.${resource.group}`;
}
