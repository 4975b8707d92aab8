/** Reads a ledger's whole file while it is in use, in a process of its own: a large one takes seconds, in which nobody waits. */
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';

const run = promisify(execFile);
const DRIVER = createRequire(import.meta.url).resolve('better-sqlite3');
/** What SQLite says of a file that is damaged, or none of its own. */
export const DAMAGED: readonly string[] = ['SQLITE_CORRUPT', 'SQLITE_NOTADB'];

/** Says `ok`, or what is wrong with the file; anything else is no answer. */
const CHECK = `
  const [driver, file] = process.argv.slice(1);
  const Database = require(driver);
  let found;
  try {
    found = new Database(file, { readonly: true }).pragma('quick_check(1)', { simple: true });
  } catch (error) {
    if (!${JSON.stringify(DAMAGED)}.includes(error.code)) throw error;
    found = error.code;
  }
  process.stdout.write(String(found));
`;

/** Whether the file is in order. Rejects where it cannot be read; then `signal` has ended it, or the disk is as it was. */
export async function isFileWhole(file: string, signal: AbortSignal): Promise<boolean> {
  const { stdout } = await run(process.execPath, ['-e', CHECK, DRIVER, file], { signal });
  return stdout === 'ok';
}
