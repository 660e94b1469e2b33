import { isJson } from '../../kubernetes/index.ts';

/** The type of a field of a custom resource. `free` is left to later checks. */
export type FieldType =
  | 'string'
  | 'boolean'
  | 'integer'
  | 'integer or string'
  | 'string or list of strings'
  | 'free'
  | { readonly list: FieldType }
  | { readonly map: FieldType }
  | { readonly fields: Fields };

/** The fields of a map, by name. */
export type Fields = Readonly<Record<string, FieldType>>;

/** Returns the type of a field; undefined where there is no such field. */
export function fieldOf(fields: Fields, name: string): FieldType | undefined {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

/** Whether a value has a type, its members aside. */
export function hasType(value: unknown, type: FieldType): boolean {
  switch (type) {
    case 'free':
      return true;
    case 'string':
    case 'boolean':
      return typeof value === type;
    case 'integer':
      return Number.isInteger(value);
    case 'integer or string':
      return typeof value === 'string' || Number.isInteger(value);
    case 'string or list of strings':
      return (
        typeof value === 'string' ||
        (Array.isArray(value) && value.every((item) => typeof item === 'string'))
      );
    default:
      return 'list' in type ? Array.isArray(value) : isJson(value);
  }
}

/** Whether a type is a reference to a key of a Secret or ConfigMap. */
export function isReference(type: FieldType | undefined): boolean {
  return hasField(type, 'key') && hasField(type, 'name') && hasField(type, 'optional');
}

/** Whether a type is a choice between a reference to a Secret and one to a ConfigMap. */
export function isSource(type: FieldType | undefined): boolean {
  return hasField(type, 'secret') && hasField(type, 'configMap');
}

function hasField(type: FieldType | undefined, name: string): boolean {
  return typeof type === 'object' && 'fields' in type && Object.hasOwn(type.fields, name);
}

/** How a type is called in a sentence, with its article. */
export function nameOfType(type: FieldType): string {
  if (isReference(type) || isSource(type)) return 'a reference to a Secret';
  if (typeof type === 'object') return 'list' in type ? 'a list' : 'a map';
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

/** How the type of a value is called in a sentence, with its article. */
export function nameOfValue(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (isJson(value)) return 'a map';
  return typeof value === 'number' && !Number.isInteger(value) ? 'a fraction' : `a ${typeof value}`;
}
