/** JSON pointers in a document of which the resource may be a part. */

/** Outermost first. */
function segmentsOf(pointer: string): readonly string[] {
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

/** Names that may be repeated in a message: those of elements. Others may be anything, a patient's data too. */
export const ELEMENT_NAME = /^_?[A-Za-z][A-Za-z0-9]{0,63}$/;

/** `Patient.name[0].family`, up to a name that is none of an element; the halves of a primitive have one name. */
export function expressionOf(root: string, document: unknown, pointer: string): string {
  let expression = root;
  let value = document;
  for (const segment of segmentsOf(pointer)) {
    const inList = Array.isArray(value);
    if (!inList && !ELEMENT_NAME.test(segment)) return expression;
    expression += inList ? `[${segment}]` : `.${segment.startsWith('_') ? segment.slice(1) : segment}`;
    value = valueAt(value, `/${segment.replaceAll('~', '~0').replaceAll('/', '~1')}`);
  }
  return expression;
}
