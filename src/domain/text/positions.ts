/** Lines and columns in a text that somebody has to mend. */

/** Both from 1; columns count UTF-16 units, as editors do. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** The positions of these offsets, by the same keys. Counts lines once, up to the last offset. */
export function positionsOf(text: string, offsets: ReadonlyMap<string, number>): Map<string, Position> {
  const positions = new Map<string, Position>();
  let line = 1;
  let start = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  let end = text.indexOf('\n');
  for (const [key, offset] of [...offsets].sort(([, one], [, other]) => one - other)) {
    for (; end >= 0 && end < offset; end = text.indexOf('\n', start)) {
      line += 1;
      start = end + 1;
    }
    positions.set(key, { line, column: offset - start + 1 });
  }
  return positions;
}
