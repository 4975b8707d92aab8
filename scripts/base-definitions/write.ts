import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Writes a file under `profiles/base`, with the SHA-256 of what comes before it as its last member. */
export function writeBaseFile(name: string, content: object): void {
  const target = fileURLToPath(new URL(`../../profiles/base/${name}.json`, import.meta.url));
  const hash = `sha256-${createHash('sha256').update(JSON.stringify(content)).digest('base64')}`;
  const text = `${layOut({ ...content, hash })}\n`;
  writeFileSync(target, text);
  console.log(`${target}: ${text.length} characters`);
}

/** Members that hold many things, each of which gets a line, so that a change can be read as a change. */
const LISTS: ReadonlySet<string> = new Set(['types', 'codeSystems', 'valueSets', 'profiles', 'constraints']);

function layOut(content: object): string {
  const members = Object.entries(content).map(([key, value]) => {
    if (!LISTS.has(key)) return `  ${JSON.stringify(key)}: ${JSON.stringify(value)}`;
    const list = Array.isArray(value);
    const lines = Object.entries(value as object).map(
      ([name, entry]) => `    ${list ? '' : `${JSON.stringify(name)}: `}${layOutEntry(entry as object)}`,
    );
    return `  ${JSON.stringify(key)}: ${list ? '[' : '{'}\n${lines.join(',\n')}\n  ${list ? ']' : '}'}`;
  });
  return `{\n${members.join(',\n')}\n}`;
}

/** On one line, save the elements of a definition, which stand last. */
function layOutEntry(entry: object): string {
  const { elements, ...rest } = entry as { readonly elements?: readonly object[] };
  if (elements === undefined) return JSON.stringify(entry);
  const body = elements.map((element) => `        ${JSON.stringify(element)}`).join(',\n');
  return `${JSON.stringify(rest).slice(0, -1)},"elements": [${body === '' ? '' : `\n${body}\n      `}]}`;
}
