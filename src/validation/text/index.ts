/** Validation of text: the same issues with line and column, and the faults of the text itself. */
export { locateIssues } from './locate.js';
export type { ReadXml, TextPlace, ValidateTextOptions } from './options.js';
export { validateText } from './validate.js';
