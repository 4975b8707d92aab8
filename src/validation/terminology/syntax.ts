/** Codes that follow a syntax instead of a list; each text is read once. */

const LONGEST = 500;

/** A language tag of BCP 47 by its form: `en`, `en-GB`, `zh-Hant-TW`, `x-private`. Its parts aren't looked up. */
export function isLanguageTag(code: string): boolean {
  if (code.length > LONGEST) return false;
  const parts = code.split('-');
  const [language = ''] = parts;
  if (!parts.every((part) => part.length >= 1 && part.length <= 8 && everyUnit(part, isAlphanumeric))) return false;
  // A singleton begins an extension and needs something after it; only x and i may begin a tag.
  if (parts.at(-1)?.length === 1 && !parts.slice(0, -1).some((part) => part === 'x' || part === 'X')) return false;
  if (language.length === 1) return 'xXiI'.includes(language) && parts.length > 1;
  return everyUnit(language, isLetter);
}

/** A media type of BCP 13 with or without parameters: `text/plain`, `text/plain; charset=utf-8`. */
export function isMimeType(code: string): boolean {
  if (code.length > LONGEST) return false;
  const [type = '', ...parameters] = code.split(';');
  const [top = '', sub = '', ...more] = type.trimEnd().split('/');
  if (more.length > 0 || !isToken(top) || !isToken(sub)) return false;
  return parameters.every((parameter) => {
    const equals = parameter.indexOf('=');
    return equals > 0 && isToken(parameter.slice(0, equals).trim()) && parameter.length > equals + 1;
  });
}

function isToken(text: string): boolean {
  return (
    text !== '' &&
    everyUnit(text, (unit) => isAlphanumeric(unit) || "!#$%&'*+-.^_`|~".includes(String.fromCharCode(unit)))
  );
}

function everyUnit(text: string, accepts: (unit: number) => boolean): boolean {
  for (let at = 0; at < text.length; at += 1) if (!accepts(text.charCodeAt(at))) return false;
  return true;
}

function isLetter(unit: number): boolean {
  const lower = unit | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

function isAlphanumeric(unit: number): boolean {
  return isLetter(unit) || (unit >= 0x30 && unit <= 0x39);
}
