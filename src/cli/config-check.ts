/** `slotbridge config check`: reads a practices file as `serve` would, and says all that is wrong with it. */
import { accessSync, constants } from 'node:fs';
import { ConfigurationError, formatProblems, loadConfiguration, type Configuration } from '../config.js';
import { registry } from '../connectors/registry.js';
import { STU3_PATH } from '../fhir/stu3/index.js';

export function checkConfiguration(file: string, { format }: { readonly format: string }): void {
  if (format !== 'text' && format !== 'json') throw new Error(`'${format}' is no format: use text or json`);
  const asJson = format === 'json';
  try {
    accessSync(file, constants.R_OK);
  } catch {
    throw new Error(`${file} cannot be read: check that it exists and may be read`);
  }
  try {
    const configuration = loadConfiguration(file, process.env, registry);
    const { practices, groups, warnings } = configuration;
    const services = servicesOf(configuration);
    if (asJson) {
      print(
        JSON.stringify({
          valid: true,
          practices: practices.length,
          groups: groups.length,
          services,
          problems: [],
          warnings,
        }),
      );
    } else {
      for (const warning of warnings) print(`warning: ${formatProblems([warning])}`);
      print(`${file}: valid; ${practices.length} practices, ${groups.length} groups`);
      for (const { name, asid, address, enabled } of services) {
        print(`  ${address}  ASID ${asid}  ${name}${enabled.length === 0 ? ' (switched off)' : ''}`);
      }
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

interface Service {
  readonly name: string;
  readonly asid: string;
  /** What a consumer puts before each interaction's path. */
  readonly address: string;
  /** Capabilities that are switched on. */
  readonly enabled: readonly string[];
}

/** Everything that has an address of its own, as a consumer needs to know it. */
function servicesOf({ publicUrl, practices, groups }: Configuration): readonly Service[] {
  const at = (segment: string): string => `${publicUrl}/${segment}/${STU3_PATH}`;
  return [
    ...practices.map(({ practice: { odsCode, name, asid, enabled } }) => ({
      name,
      asid,
      address: at(odsCode),
      enabled: Object.entries(enabled).flatMap(([capability, on]) => (on ? [capability] : [])),
    })),
    ...groups.map(({ name, asid }) => ({
      name: `group ${name}`,
      asid,
      address: at(`federation/${name}`),
      enabled: ['appointmentManagement'],
    })),
  ];
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
