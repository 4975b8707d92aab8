/** Many who want the same at the same moment, round after round, each about a place of its own. */
import { randomUUID } from 'node:crypto';
import { bookingBody } from '../support/flow.js';
import { createRandom } from './random.js';
import { createSender, type Sender, type Sent } from './sender.js';
import type { World } from './world.js';

/**
 * `duplicates`: one request, sent many times at once with one `Idempotency-Key`; `repeats`: without a key, as a transport
 * repeats it (one trace id); `contents`: without a key, each with a trace id of its own. `last-place`: many consumers, one
 * patient each, for one place.
 */
export type RoundKind = 'duplicates' | 'repeats' | 'contents' | 'last-place';
export const ROUND_KINDS: readonly RoundKind[] = ['duplicates', 'repeats', 'contents', 'last-place'];

export interface RoundsOptions {
  readonly kind: RoundKind;
  readonly rounds: number;
  /** Number of the first round; what happens in a round depends on its number and the seed only. */
  readonly first: number;
  /** At once in a round. */
  readonly requests: number;
  readonly seed: string;
  onRound?(done: number, broken: readonly BrokenRound[]): void;
}

export interface BrokenRound {
  readonly round: number;
  readonly what: readonly string[];
  /** More than somebody turned away who was not to be: a booking too many or too few, two truths about one. */
  readonly isUntrue: boolean;
}

/** In every second round they do not come in the same millisecond, but within this time. */
const SPREAD_MS = 40;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export function countedBy<T>(items: readonly T[], key: (item: T) => string): string {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1);
  return [...counts].map(([name, count]) => `${count} × ${name}`).join(', ');
}

/** Status, and of a refusal what kind. */
export function kindOf({ status, text }: Sent): string {
  if (status < 400) return String(status);
  const issue = (JSON.parse(text) as { issue?: { code?: string; diagnostics?: string }[] }).issue?.[0];
  return `${status} ${issue?.code ?? ''} (${issue?.diagnostics ?? ''})`;
}

/** Whether the answers, right or not in their number, tell what stands at the practice. */
export function isUntrue(kind: RoundKind, answers: readonly Sent[], standing: number): boolean {
  const booked = answers.filter(({ status }) => status === 201);
  const told = new Set(booked.map(({ text, location, etag }) => JSON.stringify([text, location, etag]))).size;
  const isOpen = answers.some(({ status }) => status === 504);
  const mostBooked = kind === 'last-place' ? 1 : answers.length;
  return standing > 1 || told > 1 || booked.length > mostBooked || (standing !== told && !isOpen);
}

/** What is not as it has to be. */
export function verdict(kind: RoundKind, answers: readonly Sent[], standing: number): readonly string[] {
  const wrong: string[] = [];
  if (standing !== 1) wrong.push(`${standing} bookings stand at the practice`);
  const booked = answers.filter(({ status }) => status === 201);
  if (kind === 'last-place') {
    const taken = answers.filter(({ status }) => status === 409).length;
    if (booked.length !== 1 || taken !== answers.length - 1) wrong.push(countedBy(answers, kindOf));
    return wrong;
  }
  if (booked.length !== answers.length) wrong.push(countedBy(answers, kindOf));
  const different = new Set(booked.map(({ text, location, etag }) => JSON.stringify([text, location, etag]))).size;
  if (different > 1) wrong.push(`${different} different answers`);
  return wrong;
}

async function playRound(
  world: World,
  senders: readonly Sender[],
  { kind, requests, seed }: RoundsOptions,
  round: number,
): Promise<Omit<BrokenRound, 'round'>> {
  const random = createRandom(`${seed}/${round}`);
  const slot = world.slots[round];
  if (!slot) throw new Error(`there is no place for round ${round}`);
  const patientOf = (n: number): string => world.patients[n % world.patients.length] ?? '';
  const own = Array.from({ length: kind === 'last-place' ? requests : 1 }, (_, n) =>
    JSON.stringify(bookingBody(slot, patientOf(kind === 'last-place' ? n : round))),
  );
  const trace = randomUUID();
  const offset = Math.floor(random() * senders.length);
  const answers = await Promise.all(
    Array.from({ length: requests }, async (_, n) => {
      const wait = random() * SPREAD_MS;
      if (round % 2 === 1) await pause(wait);
      const sender = senders[(n + offset) % senders.length];
      if (!sender) throw new Error('no gateway');
      return sender.send('POST', 'book', '/Appointment', own[n % own.length], {
        ...(kind === 'duplicates' && { key: `round-${seed}-${round}` }),
        ...(kind === 'repeats' && { trace }),
        ...(kind === 'last-place' && { from: String(200_000_010_000 + n) }),
      });
    }),
  );
  const standing = await world.standing(slot);
  return { what: verdict(kind, answers, standing), isUntrue: isUntrue(kind, answers, standing) };
}

export async function playRounds(world: World, options: RoundsOptions): Promise<readonly BrokenRound[]> {
  const senders = world.gateways.map(({ url }) => createSender(url, options.requests));
  const broken: BrokenRound[] = [];
  try {
    for (let done = 0; done < options.rounds; done += 1) {
      const round = options.first + done;
      const failed = (error: unknown): Omit<BrokenRound, 'round'> => ({ what: [String(error)], isUntrue: false });
      const played = await playRound(world, senders, options, round).catch(failed);
      if (played.what.length > 0) broken.push({ round, ...played });
      options.onRound?.(done + 1, broken);
    }
  } finally {
    await Promise.all(senders.map((sender) => sender.close()));
  }
  return broken;
}
