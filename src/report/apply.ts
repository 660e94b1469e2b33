import jsonPatch from 'fast-json-patch';
import { stringify } from 'yaml';
import type { ObjectRef } from '../findings/index.ts';
import {
  child,
  editedObject,
  type FieldPath,
  isJson,
  type Json,
  list,
  text,
  valueAt,
} from '../kubernetes/index.ts';
import type { ReviewedObject, TriedEdit } from '../review/index.ts';

/** Finds an object of a review; undefined where it is not there. */
export type FindObject = (ref: ObjectRef) => ReviewedObject | undefined;

/** Returns a finder of the objects of a review; of two documents of one object the later one counts. */
export function objectFinder(objects: readonly ReviewedObject[]): FindObject {
  const byName = new Map(objects.map((object) => [nameOf(object.ref), object]));
  return (ref) => byName.get(nameOf(ref));
}

function nameOf({ kind, namespace, name }: ObjectRef): string {
  return `${kind} ${namespace}/${name}`;
}

/**
 * How the edits of a fix are done in a cluster, as lines: a call of kubectl for each object; and where a GitOps tool owns
 * the object, which would undo that, what to write in its manifest.
 */
export function applyLines(edits: readonly TriedEdit[], find: FindObject): string[] {
  const groups = Map.groupBy(edits, ({ object }) => nameOf(object));
  return [...groups.values()].flatMap((own) => {
    const [first] = own;
    const found = first && find(first.object);
    return found === undefined ? [] : linesFor(found, own);
  });
}

function linesFor(
  { ref, manifest: { value } }: ReviewedObject,
  edits: readonly TriedEdit[],
): string[] {
  // What no API server stores may be a command in a shell.
  if (![ref.name, ref.namespace].every((one) => /^[a-z0-9.-]*$/.test(one))) return [];
  const owner = gitOpsOwner(value);
  const place = `${ref.kind.toLowerCase()} ${ref.name}${ref.namespace === '' ? '' : ` -n ${ref.namespace}`}`;
  if (edits.some(({ path }) => path.length === 0)) {
    const told =
      owner === undefined ? [] : [`${owner} owns it: remove it from its manifests instead`];
    return [`kubectl delete ${place}`, ...told];
  }
  const after = editedObject(value, edits);
  if (after === undefined) return [];
  const patch = JSON.stringify(jsonPatch.compare(value, after)).replaceAll("'", `'\\''`);
  const line = `kubectl patch ${place} --type json -p '${patch}'`;
  if (owner === undefined) return [line];
  const snippet = stringify(snippetOf(after, edits), { version: '1.1', lineWidth: 0 }).trimEnd();
  return [
    line,
    `${owner} owns it, and would undo that: write in its manifest`,
    ...snippet.split('\n').map((one) => `  ${one}`),
  ];
}

/** The fields that edits change, with the lists and maps around them; of a field that goes what stays beside it. */
function snippetOf(after: Json, edits: readonly TriedEdit[]): Json {
  return edits.reduce<Json>((snippet, { action, path }) => {
    const index = path.findIndex((step) => typeof step === 'number');
    const isGone = action === 'remove' || action === 'rename';
    const shown = index >= 0 ? path.slice(0, index) : isGone ? path.slice(0, -1) : path;
    return withValue(snippet, shown, valueAt(after, shown));
  }, {});
}

function withValue(map: Json, [step, ...rest]: FieldPath, value: unknown): Json {
  if (step === undefined) return isJson(value) ? value : map;
  const inner = child(map, String(step)) ?? {};
  return { ...map, [step]: rest.length === 0 ? value : withValue(inner, rest, value) };
}

/**
 * Names the GitOps tool that writes an object, by the marks that it leaves: Argo CD's tracking annotation or label
 * (https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/), Flux' labels of the Kustomization or
 * HelmRelease (https://fluxcd.io/flux/components/kustomize/kustomizations/). Undefined where there is none.
 */
export function gitOpsOwner(object: Json): string | undefined {
  const metadata = child(object, 'metadata');
  const [labels, annotations] = [child(metadata, 'labels'), child(metadata, 'annotations')];
  const tracked = text(annotations, 'argocd.argoproj.io/tracking-id');
  if (tracked !== undefined) return `Argo CD (application ${tracked.split(':')[0]})`;
  const own = text(labels, 'argocd.argoproj.io/instance');
  if (own !== undefined) return `Argo CD (application ${own})`;
  const instance = text(labels, 'app.kubernetes.io/instance');
  const isArgo =
    list(metadata, 'managedFields').some(
      (one) => isJson(one) && one.manager === 'argocd-controller',
    ) || Object.keys(annotations ?? {}).some((key) => key.startsWith('argocd.argoproj.io/'));
  if (instance !== undefined && isArgo) return `Argo CD (application ${instance})`;
  return (
    fluxOwner(labels, 'kustomize', 'Kustomization') ?? fluxOwner(labels, 'helm', 'HelmRelease')
  );
}

function fluxOwner(labels: Json | undefined, group: string, kind: string): string | undefined {
  const name = text(labels, `${group}.toolkit.fluxcd.io/name`);
  if (name === undefined) return undefined;
  const namespace = text(labels, `${group}.toolkit.fluxcd.io/namespace`);
  return `Flux (${kind} ${namespace === undefined ? '' : `${namespace}/`}${name})`;
}
