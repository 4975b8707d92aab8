/**
 * The named mutants: shortcuts that a gateway could take, each as a change of the seams the real core stands on. Every
 * one of them must turn the checker red, or the simulation would not notice if the core took it.
 */
import type { Ledger } from '../../src/ports/ledger.js';
import type { PracticeSystem } from '../../src/ports/practice-system.js';
import type { Plan } from './plan.js';
import type { Mutation } from './run.js';

export interface Mutant {
  readonly name: string;
  readonly mutation: Mutation;
  /** Plans in which it can show; the others would only cost time. */
  readonly fits: (plan: Plan) => boolean;
}

const everywhere = (): boolean => true;
const alone = ({ processes }: Plan): boolean => processes === 1;
const withLookUp = ({ lookUp }: Plan): boolean => lookUp !== 'none';

const onePrincipal = (ledger: Ledger): Ledger => ({
  ...ledger,
  findRepeat: (asked, ...rest) => ledger.findRepeat({ ...asked, principal: 'everybody' }, ...rest),
  bindRepeat: (asked, ...rest) => ledger.bindRepeat({ ...asked, principal: 'everybody' }, ...rest),
  claim: (attempt, ...rest) => ledger.claim({ ...attempt, principal: 'everybody' }, ...rest),
});

const bookTwice = (system: PracticeSystem): PracticeSystem => ({
  ...system,
  async book(request, call) {
    for (let n = 1; ; n += 1) {
      const answer = await system.book(request, call);
      if (answer.class !== 'unknown' || n === 3) return answer;
    }
  },
});

const deafToProof = (system: PracticeSystem): PracticeSystem => {
  const lookUpBooking = system.lookUpBooking?.bind(system);
  if (!lookUpBooking) return system;
  return {
    ...system,
    async lookUpBooking(trace, call) {
      const seen = await lookUpBooking(trace, call);
      return seen.found === 'booked' || seen.found === 'part' ? { found: 'nothing' } : seen;
    },
  };
};

/** The status line of a refused key says that all is well on some calls; this one believes it. */
const believesStatus = (system: PracticeSystem): PracticeSystem => ({
  ...system,
  async cancel(ref, reason, call) {
    const answer = (await system.cancel?.(ref, reason, call)) ?? { class: 'auth' };
    return answer.class === 'auth' || answer.class === 'unknown'
      ? { class: 'refused', reason: 'already-cancelled' }
      : answer;
  },
});

const never = new AbortController().signal;

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'no settle wait',
    mutation: {
      seams: { system: (system) => ({ ...system, capabilities: { ...system.capabilities, settleMs: 0 } }) },
    },
    fits: withLookUp,
  },
  { name: 'positive proof ignored', mutation: { seams: { system: deafToProof } }, fits: withLookUp },
  { name: 'open rows not counted', mutation: { store: { openHoldersIgnored: true } }, fits: everywhere },
  {
    name: 'no place lock',
    mutation: {
      seams: { locks: () => ({ run: async (_key, _signal, work) => ({ value: await work() }) }) },
      store: { slotsUnclaimed: true },
    },
    fits: everywhere,
  },
  {
    name: 'intent after call',
    mutation: { seams: { committedLater: { states: ['CONFIRMING', 'CANCELLING'], ms: 400 } } },
    fits: alone,
  },
  { name: 'synchronous NORMAL', mutation: { seams: { losesLastMs: 2000 } }, fits: alone },
  { name: 'key without principal', mutation: { seams: { ledger: onePrincipal } }, fits: everywhere },
  { name: 'HTTP status used instead of body code', mutation: { seams: { system: believesStatus } }, fits: everywhere },
  {
    name: 'by-reference "Active" taken as booked',
    mutation: { holdsCount: true },
    fits: ({ lookUp }) => lookUp === 'by-reference',
  },
  { name: 'abort at timeout then retry', mutation: { seams: { system: bookTwice } }, fits: everywhere },
  {
    name: 'queue without deadline check',
    mutation: {
      seams: { locks: (locks) => ({ run: (key, _signal, work) => locks.run(key, never, work) }), deaf: true },
    },
    fits: everywhere,
  },
  { name: 'takeover sends before settle', mutation: { seams: { resendsAtStart: true } }, fits: everywhere },
  { name: 'lost answers not thought of', mutation: { store: { toldForgotten: true } }, fits: everywhere },
  { name: 'a cache of keys instead of a ledger', mutation: { store: { forgetful: true } }, fits: everywhere },
];
