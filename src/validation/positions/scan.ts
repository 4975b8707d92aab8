/**
 * One pass over JSON text, telling where everything stands. It keeps its own stack, so that depth costs memory only,
 * and looks at each character once.
 */

export interface JsonVisitor {
  /** A value begins; for objects and lists `enter` follows. */
  value?(offset: number): void;
  enter?(isList: boolean): void;
  leave?(): void;
  /** The name of a property, from its opening quote to after its closing one. */
  name?(start: number, end: number): void;
}

export interface JsonFault {
  readonly offset: number;
  readonly message: string;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BYTE_ORDER_MARK = 0xfeff;
const LITERALS = ['true', 'false', 'null'];

/** What may come next. */
type State = 'value' | 'item-or-end' | 'name' | 'name-or-end' | 'colon' | 'after';

/** What ends an object or a list that holds nothing. */
const EMPTY_ENDS: Readonly<Partial<Record<State, number>>> = { 'name-or-end': 0x7d, 'item-or-end': 0x5d };

/** Answers the first place where the text is no JSON; a byte order mark at the beginning is passed over. */
export function scanJson(text: string, visitor: JsonVisitor): JsonFault | undefined {
  /** For each open object or list, outermost first: where it begins. */
  const open: number[] = [];
  const lists: boolean[] = [];
  let state: State = 'value';
  let offset = text.charCodeAt(0) === BYTE_ORDER_MARK ? 1 : 0;
  const close = (): void => {
    open.pop();
    lists.pop();
    visitor.leave?.();
  };
  for (;;) {
    offset = skipSpace(text, offset);
    if (offset >= text.length) {
      if (state === 'after' && open.length === 0) return undefined;
      return { offset: text.length, message: unfinished(open.length, lists.at(-1)) };
    }
    const unit = text.charCodeAt(offset);
    const inList = lists.at(-1) === true;
    if (state === 'after') {
      if (open.length === 0) return { offset, message: `The text goes on after its end: ${found(text, offset)}.` };
      if (unit === (inList ? 0x5d : 0x7d)) close();
      else if (unit === 0x2c) state = inList ? 'value' : 'name';
      else
        return {
          offset,
          message: `A comma or "${inList ? ']' : '}'}" was expected after the value, not ${found(text, offset)}.`,
        };
      offset += 1;
    } else if (unit === EMPTY_ENDS[state]) {
      close();
      state = 'after';
      offset += 1;
    } else if (state === 'colon') {
      if (unit !== 0x3a)
        return { offset, message: `A colon was expected after the name of the property, not ${found(text, offset)}.` };
      state = 'value';
      offset += 1;
    } else if (state === 'name' || state === 'name-or-end') {
      if (unit === 0x7d) return { offset, message: 'The last property of an object has a comma after it; remove it.' };
      if (unit !== QUOTE)
        return { offset, message: `The name of a property in double quotes was expected, not ${found(text, offset)}.` };
      const end = endOfString(text, offset);
      if (typeof end !== 'number') return end;
      visitor.name?.(offset, end);
      state = 'colon';
      offset = end;
    } else {
      if (unit === 0x5d && inList)
        return { offset, message: 'The last item of a list has a comma after it; remove it.' };
      visitor.value?.(offset);
      if (unit === 0x7b || unit === 0x5b) {
        const list: boolean = unit === 0x5b;
        visitor.enter?.(list);
        open.push(offset);
        lists.push(list);
        state = list ? 'item-or-end' : 'name-or-end';
        offset += 1;
        continue;
      }
      const end = unit === QUOTE ? endOfString(text, offset) : endOfScalar(text, offset);
      if (typeof end !== 'number') return end;
      state = 'after';
      offset = end;
    }
  }
}

function skipSpace(text: string, from: number): number {
  let offset = from;
  for (; offset < text.length; offset += 1) {
    const unit = text.charCodeAt(offset);
    if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) break;
  }
  return offset;
}

function endOfString(text: string, start: number): number | JsonFault {
  for (let offset = start + 1; offset < text.length; offset += 1) {
    const unit = text.charCodeAt(offset);
    if (unit === QUOTE) return offset + 1;
    if (unit < 0x20) {
      const what = unit === 0x0a || unit === 0x0d ? 'a line break' : unit === 0x09 ? 'a tab' : 'a control character';
      return { offset, message: `The text in quotes has ${what} in it; close the quotes or write it as an escape.` };
    }
    if (unit !== BACKSLASH) continue;
    const escape = text.charAt(offset + 1);
    const length =
      escape === 'u' && isHexadecimal(text, offset + 2) ? 5 : escape !== '' && '"\\/bfnrt'.includes(escape) ? 1 : 0;
    if (length === 0 && offset + 1 < text.length)
      return { offset, message: `The text in quotes has a backslash that begins no escape; write it as "\\\\".` };
    offset += length;
  }
  return { offset: start, message: 'The text in quotes that begins here is not closed.' };
}

function isHexadecimal(text: string, from: number): boolean {
  return /^[0-9a-f]{4}$/i.test(text.slice(from, from + 4));
}

/** A number, `true`, `false` or `null`. */
function endOfScalar(text: string, start: number): number | JsonFault {
  const literal = LITERALS.find((one) => text.startsWith(one, start));
  if (literal !== undefined) return start + literal.length;
  let offset = start;
  if (text.charCodeAt(offset) === 0x2d) offset += 1;
  const whole = digitsFrom(text, offset);
  if (whole === offset) return { offset: start, message: `A value was expected, not ${found(text, start)}.` };
  if (whole > offset + 1 && text.charCodeAt(offset) === 0x30)
    return { offset: start, message: 'A number begins with a zero that does not belong there.' };
  offset = whole;
  if (text.charAt(offset) === '.') {
    const end = digitsFrom(text, offset + 1);
    if (end === offset + 1) return { offset, message: 'A number has no digit after its point.' };
    offset = end;
  }
  if (text.charAt(offset) === 'e' || text.charAt(offset) === 'E') {
    const sign = text.charAt(offset + 1);
    const digits = sign === '+' || sign === '-' ? offset + 2 : offset + 1;
    const end = digitsFrom(text, digits);
    if (end === digits) return { offset, message: 'A number has no digit in its exponent.' };
    offset = end;
  }
  return offset;
}

function digitsFrom(text: string, from: number): number {
  let offset = from;
  for (; offset < text.length; offset += 1) {
    const unit = text.charCodeAt(offset);
    if (unit < 0x30 || unit > 0x39) break;
  }
  return offset;
}

function unfinished(depth: number, inList: boolean | undefined): string {
  if (inList === undefined) return 'The text is empty; a JSON value was expected.';
  const inner = inList ? 'a list' : 'an object';
  return `The text ends before ${inner} is closed; ${depth} closing bracket${depth === 1 ? ' is' : 's are'} missing.`;
}

function found(text: string, offset: number): string {
  const character = String.fromCodePoint(text.codePointAt(offset) ?? 0);
  if (character === "'") return 'a single quote';
  if (text.startsWith('//', offset) || text.startsWith('/*', offset)) return 'a comment, which JSON does not have';
  if (character === '"') return 'a double quote';
  // What can't be seen is named by its number.
  const unit = character.codePointAt(0) ?? 0;
  return unit > 0x20 && unit < 0x7f ? `"${character}"` : `U+${unit.toString(16).toUpperCase().padStart(4, '0')}`;
}
