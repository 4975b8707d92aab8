/** `slotbridge validate` as the command line knows it; what it does is loaded when it is called. */
import { type Command, CommanderError, Option } from 'commander';
import type { ReportFormat } from './report/report.js';

export interface ValidateCommandOptions {
  readonly fhir?: 'stu3' | 'r4';
  readonly profile: readonly string[];
  readonly ig: readonly string[];
  readonly format: ReportFormat;
  readonly quietTerminology: boolean;
  readonly maxIssues: number;
  readonly watch: boolean;
  /** `true` without a type. */
  readonly listProfiles?: string | true;
}

const EXAMPLES = `
Exit codes: 0 valid, 1 not valid, 2 could not run.

Examples:
  slotbridge validate appointment.json
  slotbridge validate --profile GPConnect-Appointment-1 bookings/ more.ndjson
  slotbridge validate --fhir r4 --ig my-guide.tgz --profile https://example.org/StructureDefinition/clinic-patient -
  slotbridge validate --list-profiles Appointment`;

export function addValidate(program: Command): void {
  program
    .command('validate')
    .description('tell where FHIR resources do not meet their profiles, and why')
    .argument('[paths...]', 'files (JSON, XML, NDJSON), folders, or - for standard input')
    .addOption(
      new Option('--fhir <release>', 'FHIR release; without it each resource is looked at').choices(['stu3', 'r4']),
    )
    .addOption(several('--profile <url|name|file>', 'profile to hold resources of its type to; may be repeated'))
    .addOption(several('--ig <folder|tgz>', 'definitions beyond those that come along; may be repeated'))
    .addOption(
      new Option('--format <format>', 'form of the answer').choices(['text', 'json', 'outcome']).default('text'),
    )
    .option('--quiet-terminology', 'no notes about codes that cannot be checked here', false)
    .option('--max-issues <number>', 'issues told of each resource at most', positive, 100)
    .option('--watch', 'stay, and validate again what changes', false)
    .option('--list-profiles [type]', 'list the profiles that are known, and end')
    .addHelpText('after', EXAMPLES)
    .action(async (paths: readonly string[], options: ValidateCommandOptions) => {
      const { runValidate } = await import('./run.js');
      await runValidate(paths, options);
    });
}

function several(flags: string, description: string): Option {
  return new Option(flags, description)
    .default([], 'none')
    .argParser((one: string, all: readonly string[]) => [...all, one]);
}

function positive(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= 1_000_000) return number;
  throw new CommanderError(
    2,
    'slotbridge.max-issues',
    `error: '${text}' is no number of issues: use a whole number from 1 to 1000000`,
  );
}
