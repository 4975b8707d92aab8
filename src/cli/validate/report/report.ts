/** Writes what comes of a run, as it comes. */
import type { DefinitionProblem } from '../../../validation/index.js';
import type { Outcome } from '../check.js';
import { createJsonReport } from './json.js';
import { createOutcomeReport } from './outcome.js';
import type { Summary } from './summary.js';
import { createTextReport } from './text.js';

export interface Report {
  add(outcome: Outcome): void;
  end(summary: Summary, problems: readonly DefinitionProblem[]): void;
}

export interface ReportOptions {
  readonly write: (text: string) => void;
  readonly coloured: boolean;
  /** Only one resource can come: its answer stands by itself. */
  readonly single: boolean;
  /** Those that were asked for. */
  readonly profiles: readonly string[];
}

export const FORMATS = ['text', 'json', 'outcome'] as const;
export type ReportFormat = (typeof FORMATS)[number];

const REPORTS: Readonly<Record<ReportFormat, (options: ReportOptions) => Report>> = {
  text: createTextReport,
  json: createJsonReport,
  outcome: createOutcomeReport,
};

export function createReport(format: ReportFormat, options: ReportOptions): Report {
  return REPORTS[format](options);
}
