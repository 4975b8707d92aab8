/** `slotbridge config check`: reads a practices file as `serve` would, and says all that is wrong with it. */
import { accessSync, constants } from 'node:fs';
import { ConfigurationError, formatProblems, loadConfiguration } from '../config.js';
import { registry } from '../connectors/registry.js';

export function checkConfiguration(file: string, { format }: { readonly format: string }): void {
  if (format !== 'text' && format !== 'json') throw new Error(`'${format}' is no format: use text or json`);
  const asJson = format === 'json';
  try {
    accessSync(file, constants.R_OK);
  } catch {
    throw new Error(`${file} cannot be read: check that it exists and may be read`);
  }
  try {
    const { practices, groups, warnings } = loadConfiguration(file, process.env, registry);
    if (asJson) {
      print(
        JSON.stringify({ valid: true, practices: practices.length, groups: groups.length, problems: [], warnings }),
      );
    } else {
      for (const warning of warnings) print(`warning: ${formatProblems([warning])}`);
      print(`${file}: valid; ${practices.length} practices, ${groups.length} groups`);
    }
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    if (asJson) print(JSON.stringify({ valid: false, problems: error.problems, warnings: [] }));
    else {
      print(formatProblems(error.problems));
      print(`${file}: ${error.problems.length} ${error.problems.length === 1 ? 'problem' : 'problems'}`);
    }
    process.exitCode = 1;
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
