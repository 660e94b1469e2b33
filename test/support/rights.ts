import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import type { ControlPlane } from '../../tools/control-plane.ts';
import { api } from './control-plane.ts';

/** One thing that somebody may do: one verb, one resource, and one name where names are given. */
export interface Right {
  readonly verb: string;
  readonly group: string;
  /** `*` for all of the group. */
  readonly resource: string;
  readonly name: string | undefined;
  /** Undefined for everywhere. */
  readonly namespace: string | undefined;
}

const bindingsSchema = v.object({
  items: v.array(
    v.object({
      metadata: v.object({ namespace: v.optional(v.string()) }),
      roleRef: v.object({ kind: v.string(), name: v.string() }),
      subjects: v.optional(
        v.array(
          v.object({ kind: v.string(), name: v.string(), namespace: v.optional(v.string()) }),
        ),
        [],
      ),
    }),
  ),
});
const roleSchema = v.object({
  rules: v.array(
    v.object({
      apiGroups: v.optional(v.array(v.string()), []),
      resources: v.optional(v.array(v.string()), []),
      resourceNames: v.optional(v.array(v.string())),
      verbs: v.array(v.string()),
    }),
  ),
});

const rbac = '/apis/rbac.authorization.k8s.io/v1';

/** All that bindings give to a ServiceAccount by its name; what everybody may do is not among it. */
export async function granted(plane: ControlPlane, account: string): Promise<Right[]> {
  const rights: Right[] = [];
  for (const collection of ['clusterrolebindings', 'rolebindings']) {
    const { items } = v.parse(
      bindingsSchema,
      (await api(plane, 'GET', `${rbac}/${collection}`)).body,
    );
    for (const { metadata, roleRef, subjects } of items) {
      const meant = subjects.some(
        ({ kind, name, namespace }) =>
          kind === 'ServiceAccount' && account === `system:serviceaccount:${namespace}:${name}`,
      );
      if (!meant) continue;
      const { namespace } = metadata;
      const inside = roleRef.kind === 'Role' ? `namespaces/${namespace}/` : '';
      const path = `${rbac}/${inside}${roleRef.kind.toLowerCase()}s/${roleRef.name}`;
      const { rules } = v.parse(roleSchema, (await api(plane, 'GET', path)).body);
      for (const { apiGroups, resources, resourceNames = [undefined], verbs } of rules)
        for (const group of apiGroups)
          for (const resource of resources)
            for (const name of resourceNames)
              for (const verb of verbs) rights.push({ verb, group, resource, name, namespace });
    }
  }
  return rights;
}

const eventSchema = v.object({
  verb: v.string(),
  requestURI: v.string(),
  user: v.object({ username: v.string() }),
  objectRef: v.optional(
    v.object({
      apiGroup: v.optional(v.string(), ''),
      resource: v.optional(v.string(), ''),
      namespace: v.optional(v.string()),
      name: v.optional(v.string()),
    }),
  ),
  responseStatus: v.object({ code: v.number() }),
});

/** What the audit log says of somebody's rights. */
export interface Use {
  /** What was forbidden. */
  readonly forbidden: readonly string[];
  /** Rights that nothing was done with. */
  readonly unused: readonly string[];
  /** What was asked about Secrets, and about pods but for those with labels of components: each once. */
  readonly private: readonly string[];
}

/**
 * What a user has done with rights, as the API server's audit log has it by now. An apply that made an object is a
 * patch there, and took the right to create as well.
 */
export async function used(
  auditLog: string,
  account: string,
  rights: readonly Right[],
): Promise<Use> {
  const lines = (await readFile(auditLog, 'utf8')).split('\n').slice(0, -1);
  const events = lines.flatMap((line) => {
    const event = v.safeParse(eventSchema, JSON.parse(line));
    return event.success && event.output.user.username === account ? [event.output] : [];
  });
  const done = events.filter(({ responseStatus: { code } }) => code < 400);
  const isUsed = ({ verb, group, resource, name, namespace }: Right): boolean =>
    done.some(({ verb: did, objectRef, responseStatus: { code } }) => {
      if (objectRef === undefined || objectRef.apiGroup !== group) return false;
      const same = did === verb || (verb === 'create' && did === 'patch' && code === 201);
      return (
        same &&
        (resource === '*' || objectRef.resource === resource) &&
        (name === undefined || objectRef.name === name) &&
        (namespace === undefined || objectRef.namespace === namespace)
      );
    });
  return {
    forbidden: events
      .filter(({ responseStatus: { code } }) => code === 401 || code === 403)
      .map(({ verb, requestURI }) => `${verb} ${requestURI}`),
    private: [
      ...new Set(
        events
          .filter(
            ({ objectRef, requestURI }) =>
              objectRef?.resource === 'secrets' ||
              (objectRef?.resource === 'pods' && !requestURI.includes('labelSelector=')),
          )
          .map(({ verb, objectRef }) => `${verb} ${objectRef?.resource} ${objectRef?.name ?? ''}`),
      ),
    ].sort(),
    unused: rights
      .filter((right) => !isUsed(right))
      .map(({ verb, group, resource, name = '' }) => `${verb} ${group}/${resource} ${name}`),
  };
}
