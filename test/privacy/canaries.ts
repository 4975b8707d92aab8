/**
 * What must never show: everything that names a patient, by whatever way it came in, words of a practice system, and
 * secrets. Each is so odd that it stands nowhere by chance.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { UNREGISTERED } from '../support/flow.js';
import { FIXTURES, LEDGER_KEY } from '../support/gateway.js';
import { TOKEN } from '../support/operator.js';

/** In the fields and headers of requests. */
export const SENT = {
  family: 'Quillfeather',
  given: 'Zephyrinus',
  birthDate: '1907-02-28',
  phone: '07700 900777',
  email: 'zephyrinus@quillfeather.example',
  line: '77 Hobnail Cut',
  description: 'Vexatious tickle of the left knee',
  comment: 'Ring the bell of Mrs Quandary next door',
  reason: 'Gone to the seaside at Wexmouth',
  header: 'canary-header-kestrel',
  cookie: 'canary-cookie-linnet',
  query: 'canary-query-siskin',
  key: 'canary-key-bunting',
  fragment: 'canary-body-dunnock',
} as const;

/** What a practice system says when it fails. */
export const PRACTICE_WORDS = 'canary-practice-wagtail: patient Quentin Marchbanks, NHS 999 012 3456';

/** The person at the consumer; in the audit trail, as the law of audit trails wants it, and nowhere else. */
export const USER = { family: 'Usherwood', given: 'Ottoline' } as const;

/** The bearer token begins like this, whatever its claims. */
const TOKEN_START = Buffer.from('{"alg":"none"').toString('base64url').slice(0, -1);

export const SECRETS: readonly string[] = [LEDGER_KEY, 'demo-riverside-key', 'demo-hillside-key', TOKEN, TOKEN_START];

interface Person {
  readonly family?: string;
  readonly name?: string;
  readonly nhsNumber?: string;
  readonly phn?: string;
  readonly birthDate?: string;
  readonly dob?: string;
  readonly code?: string;
  readonly address?: string;
  readonly phone?: string;
  readonly mobile?: string;
  readonly phones?: Readonly<Record<string, string>>;
}

/** A resource type as well as a name. */
const ALSO_A_WORD = new Set(['Specimen']);

function wordsOf(person: Person): readonly (string | undefined)[] {
  const { family, name, nhsNumber, phn, birthDate, dob, code, address, phone, mobile, phones = {} } = person;
  return [family, name, name?.split(' ').at(-1), nhsNumber, phn, birthDate, dob, code, address, phone, mobile].concat(
    Object.values(phones),
  );
}

/** What practices and register know of their patients. */
function known(): readonly string[] {
  const people = (file: string, key: string): readonly Person[] =>
    parse(readFileSync(join(FIXTURES, file), 'utf8'))[key];
  return [
    ...people('hmis/riverside.yaml', 'patients'),
    ...people('hmis/hillside.yaml', 'patients'),
    ...people('pds/people.yaml', 'people'),
  ]
    .flatMap(wordsOf)
    .filter((word): word is string => typeof word === 'string' && word.length > 5 && !ALSO_A_WORD.has(word));
}

/** A practice's word for itself is known to everybody. */
export const PATIENT_WORDS: readonly string[] = [
  ...new Set([...known(), ...Object.values(SENT), UNREGISTERED.family, UNREGISTERED.nhsNumber]),
];

/** The words that a text holds; `lines` around the first of each are not shown, because a test's output is a text too. */
export function hitsIn(text: string, words: readonly string[]): readonly string[] {
  return words.filter((word) => text.includes(word));
}
