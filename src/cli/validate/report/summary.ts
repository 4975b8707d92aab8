/** What came of a run, counted. */
import type { Release, Severity } from '../../../validation/index.js';
import type { Outcome, Result } from '../check.js';

export interface Summary {
  files: number;
  resources: number;
  valid: number;
  invalid: number;
  error: number;
  warning: number;
  information: number;
  /** Files in folders that hold no FHIR resource. */
  passedOver: number;
  notRead: number;
  readonly releases: Set<Release>;
  /** Resources that nothing said the release of. */
  assumed: number;
}

export function createSummary(): Summary {
  return {
    files: 0,
    resources: 0,
    valid: 0,
    invalid: 0,
    error: 0,
    warning: 0,
    information: 0,
    passedOver: 0,
    notRead: 0,
    releases: new Set(),
    assumed: 0,
  };
}

export function isValid({ issues }: Result): boolean {
  return !issues.some(({ severity }) => severity === 'error');
}

export function count(summary: Summary, outcome: Outcome, firstOfFile: boolean): void {
  if (outcome.kind === 'passed-over') summary.passedOver += 1;
  else if (outcome.kind === 'not-read') summary.notRead += 1;
  else {
    if (firstOfFile) summary.files += 1;
    summary.resources += 1;
    summary[isValid(outcome) ? 'valid' : 'invalid'] += 1;
    for (const { severity } of outcome.issues) summary[severity] += 1;
    if (outcome.choice === undefined) return;
    summary.releases.add(outcome.choice.release);
    if (outcome.choice.assumed) summary.assumed += 1;
  }
}

/** 0 valid, 1 not valid, 2 something could not be read or there was nothing. */
export function exitCodeOf({ resources, invalid, notRead }: Summary): number {
  if (notRead > 0 || resources === 0) return 2;
  return invalid > 0 ? 1 : 0;
}

const NAMES: Readonly<Record<Release, string>> = { stu3: 'STU3', r4: 'R4' };
const COUNTED: Readonly<Record<Severity, readonly [string, string]>> = {
  error: ['error', 'errors'],
  warning: ['warning', 'warnings'],
  information: ['note', 'notes'],
};

export function inWords(summary: Summary): string {
  const { resources, files, valid, invalid, passedOver, notRead, releases, assumed } = summary;
  const many = (number: number, one: string, more: string): string => `${number} ${number === 1 ? one : more}`;
  const found = (['error', 'warning', 'information'] as const)
    .filter((severity) => summary[severity] > 0)
    .map((severity) => many(summary[severity], ...COUNTED[severity]));
  const verdict = invalid === 0 ? 'valid' : valid === 0 ? 'not valid' : `${valid} valid, ${invalid} not valid`;
  const release = [...releases].map((one) => NAMES[one]).join(' and ');
  const guess = `${release} (assumed${assumed < resources ? ` for ${assumed}` : ''}, set --fhir)`;
  return [
    resources === 0
      ? 'nothing was validated'
      : `${many(resources, 'resource', 'resources')} in ${many(files, 'file', 'files')}: ${verdict}`,
    ...found,
    ...(releases.size > 0 ? [`FHIR ${assumed > 0 ? guess : release}`] : []),
    ...(passedOver > 0 ? [`${many(passedOver, 'file', 'files')} without FHIR resources passed over`] : []),
    ...(notRead > 0 ? [`${many(notRead, 'file', 'files')} not read`] : []),
  ].join('; ');
}
