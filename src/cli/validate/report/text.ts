/** A line for each issue, in the form that editors and build servers know: `file:line:column: error: sentence`. */
import { styleText } from 'node:util';
import type { Severity, ValidationIssue } from '../../../validation/index.js';
import type { Report, ReportOptions } from './report.js';
import { inWords } from './summary.js';

type Style = Parameters<typeof styleText>[0];

const COLOURS: Readonly<Record<Severity, Style>> = { error: 'red', warning: 'yellow', information: 'cyan' };
const WORDS: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', information: 'info' };

export function createTextReport({ write, coloured }: ReportOptions): Report {
  const paint = (style: Style, text: string): string =>
    coloured ? styleText(style, text, { validateStream: false }) : text;
  return {
    add(outcome) {
      if (outcome.kind === 'not-read')
        write(`${printable(outcome.file)}:1:1: ${paint('red', 'error')}: ${printable(outcome.reason)} (not read)\n`);
      if (outcome.kind !== 'result') return;
      for (const issue of outcome.issues) {
        const { severity, line = 1, column = 1, message } = issue;
        const place = paint('bold', `${printable(outcome.file)}:${line}:${column}:`);
        const word = paint(COLOURS[severity], WORDS[severity]);
        write(`${place} ${word}: ${printable(message)} ${paint('dim', `(${printable(ruleOf(issue))})`)}\n`);
      }
    },
    end(summary) {
      const colour = summary.invalid > 0 || summary.notRead > 0 || summary.resources === 0 ? 'red' : 'green';
      write(`${paint(colour, inWords(summary))}\n`);
    },
  };
}

/** `invariant ext-1, Appointment.extension[3], Extension`: the rule, the place, and the profile's name. */
function ruleOf({ rule, expression }: ValidationIssue): string {
  const { kind, constraint, profile } = rule;
  return [
    constraint === undefined ? kind : `${kind} ${constraint}`,
    ...(expression === '' ? [] : [expression]),
    ...(profile === undefined ? [] : [profile.slice(profile.lastIndexOf('/') + 1)]),
  ].join(', ');
}

/** What stands in a resource or a file's name must not steer a terminal, or look like a line of its own. */
export function printable(text: string): string {
  return text.replaceAll(
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
