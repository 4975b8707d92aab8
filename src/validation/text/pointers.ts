/** JSON pointers in a document of which the resource may be a part. */

/** Outermost first. */
export function segmentsOf(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Undefined where there is nothing; never what an object inherits. */
export function valueAt(document: unknown, pointer: string): unknown {
  let value = document;
  for (const segment of segmentsOf(pointer)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[segment];
  }
  return value;
}

/** `Patient.name[0].family`; the halves of a primitive have one name. */
export function expressionOf(root: string, document: unknown, pointer: string): string {
  let expression = root;
  let value = document;
  for (const segment of segmentsOf(pointer)) {
    const inList = Array.isArray(value);
    expression += inList ? `[${segment}]` : `.${segment.startsWith('_') ? segment.slice(1) : segment}`;
    value = valueAt(value, `/${segment.replaceAll('~', '~0').replaceAll('/', '~1')}`);
  }
  return expression;
}
