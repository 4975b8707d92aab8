/** The riverside installation of the demo with other sessions in its diary. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { loadHmisData } from '../../src/connectors/hmis/simulator/simulator.js';
import { FIXTURES } from './gateway.js';

/** For the option `riverside` of a test gateway; entries as a data file has them. */
export function riversideWith(sessions: readonly object[]): Record<string, unknown> {
  const written = parse(readFileSync(join(FIXTURES, 'hmis/riverside.yaml'), 'utf8')) as object;
  return { sessions: loadHmisData({ ...written, sessions }).sessions };
}
