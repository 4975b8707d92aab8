/**
 * A measured process: validates the same resources with bare ajv and with the validator, turn by turn.
 * Arguments: rounds, length of a turn in milliseconds of processor time. Says the microseconds each resource took in each turn.
 */
import { compileBaseSchema } from '../validation/base-schema.js';
import { readResources } from '../validation/resources.js';
import { createSubject } from '../validation/subject.js';

type Check = (resource: unknown) => boolean;

/** Parsed apart, so that nothing can be known of one from having seen another. */
const COPIES = 16;
const WARM_UP_MS = 1000;

const [rounds = 3, turnMs = 100] = process.argv.slice(2).map(Number);
const schema = compileBaseSchema();
const subject = createSubject('stu3');
const bare: Check = (resource) => schema(resource);
const ours: Check = (resource) => subject.accepts(resource);

/** A comparison is worth something only where both say yes to what is right and no to what is wrong. */
function mustTell(name: string, check: Check, resource: object): void {
  const wrong = [
    { ...resource, status: 'bookt', type: 'serchset' },
    { ...resource, id: 'not an id' },
    { ...resource, unheardOf: 'x' },
    { ...resource, meta: {} },
  ];
  if (!check(resource)) throw new Error(`${name} refuses a resource that is right`);
  if (wrong.some(check)) throw new Error(`${name} accepts a resource that is wrong`);
}

/** Breaches of an extension's definition (the delivery channel), of a profile's minimum, of targets and of invariants. */
const BEYOND_BASE: readonly (readonly [found: string, wrong: string])[] = [
  ['"valueCode":"In-person"', '"valueString":"In-person"'],
  ['"reference":"Patient/', '"reference":"Slot/'],
  ['"reference":"Schedule/', '"reference":"Patient/'],
  ['"start":"2027-06-14T09:20:00+01:00",', ''],
  ['"type":"searchset"', '"type":"collection","total":100'],
];

/** What is measured has its profiles' rules on: it refuses what only they forbid, and the hand-written schema lets pass. */
function mustKnowMore(resource: object): void {
  const text = JSON.stringify(resource);
  const wrong = BEYOND_BASE.filter(([found]) => text.includes(found)).map(([found, replacement]): unknown =>
    JSON.parse(text.replace(found, replacement)),
  );
  if (wrong.length < 3) throw new Error('a resource has too little that profiles have rules about');
  if (wrong.some(ours)) throw new Error('the validator accepts what a profile forbids');
  if (!wrong.every(bare)) throw new Error('bare ajv has rules beyond those of the base');
}

/** Microseconds of processor time a resource: on a busy machine, time on the wall is mostly somebody else's. */
function turn(check: Check, copies: readonly unknown[], ms: number): number {
  const began = process.cpuUsage();
  let done = 0;
  let elapsed = 0;
  while (elapsed < ms * 1000) {
    for (const copy of copies) if (!check(copy)) throw new Error('a resource that is right was refused');
    done += copies.length;
    const { user, system } = process.cpuUsage(began);
    elapsed = user + system;
  }
  return elapsed / done;
}

function compare(resource: object): Record<'bare' | 'ours', number[]> {
  mustTell('bare ajv', bare, resource);
  mustTell('the validator', ours, resource);
  mustKnowMore(resource);
  const text = JSON.stringify(resource);
  const copies = Array.from({ length: COPIES }, (): unknown => JSON.parse(text));
  const micros: Record<'bare' | 'ours', number[]> = { bare: [], ours: [] };
  turn(bare, copies, WARM_UP_MS);
  turn(ours, copies, WARM_UP_MS);
  for (let round = 0; round < rounds; round += 1) {
    // Who goes first changes, so that a machine that slows down favours neither.
    if (round % 2 === 0) micros.bare.push(turn(bare, copies, turnMs));
    micros.ours.push(turn(ours, copies, turnMs));
    if (round % 2 === 1) micros.bare.push(turn(bare, copies, turnMs));
  }
  return micros;
}

const { appointment, slotBundle } = readResources('stu3');
process.send?.({ appointment: compare(appointment), slotBundle: compare(slotBundle) });
