import { type ClusterFields, fieldsOf } from '../../pushing/index.ts';
import type { ListSelection } from '../api/index.ts';
import type { Reflector } from './reflector.ts';
import type { Sink } from './sink.ts';

/** The definition of MultigresClusters, by its name. */
const name = 'multigresclusters.multigres.com';

/**
 * Watches the definition of MultigresClusters, for the fields of `spec.observability` that the API server keeps. It is
 * read whole, and nothing but these is kept.
 */
export class ClusterDefinition {
  readonly reflector: Reflector;
  #held: { readonly fields: ClusterFields | undefined } | undefined;

  constructor(reflector: (selection: ListSelection, sink: Sink) => Reflector) {
    const held = () => (this.#held === undefined ? [] : [{ namespace: '', name }]);
    this.reflector = reflector(
      { fieldSelector: `metadata.name=${name}` },
      {
        put: (object) => {
          this.#held = { fields: fieldsOf(object) };
        },
        remove: () => {
          this.#held = undefined;
        },
        held,
        get size() {
          return held().length;
        },
      },
    );
  }

  /** Undefined where the definition is not there, was not read, or does not say. */
  get fields(): ClusterFields | undefined {
    return this.#held?.fields;
  }

  /** True once it was read, or it is known that it can't be now. */
  get tried(): boolean {
    const { state } = this.reflector.state;
    return this.reflector.settled || state === 'failing' || state === 'forbidden';
  }
}
