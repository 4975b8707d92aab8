/** What the demo prints: in colour on a terminal, plain anywhere else. */
import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

export interface Show {
  heading(text: string): void;
  say(text: string): void;
  /** A request the consumer is about to make. */
  request(method: string, path: string, purpose: string): void;
  answer(ok: boolean, status: number, milliseconds: number, summary: string): void;
  detail(text: string): void;
  table(rows: readonly (readonly string[])[]): void;
}

export function createShow(stream: NodeJS.WriteStream = process.stdout, env = process.env): Show {
  const coloured = stream.isTTY && !env['NO_COLOR'];
  const paint = (style: Style, text: string): string =>
    coloured ? styleText(style, text, { validateStream: false }) : text;
  const line = (text = ''): void => {
    stream.write(`${text}\n`);
  };
  return {
    heading(text) {
      line();
      line(paint('bold', text));
      line(paint('dim', '─'.repeat(text.length)));
    },
    say: line,
    request(method, path, purpose) {
      line();
      line(paint('cyan', purpose));
      line(`  ${paint('bold', method)} ${path}`);
    },
    answer(ok, status, milliseconds, summary) {
      const mark = ok ? paint('green', '✔') : paint('red', '✘');
      line(`  ${mark} ${status} in ${milliseconds} ms: ${summary}`);
    },
    detail(text) {
      line(paint('dim', `    ${text}`));
    },
    table(rows) {
      const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
      rows.forEach((row, index) => {
        const text = row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
        line(`  ${index === 0 ? paint('dim', text.trimEnd()) : text.trimEnd()}`);
      });
    },
  };
}
