/**
 * Room for so many at a time. Who finds none waits in a short line, ordered by rank and then by arrival, and is sent away
 * at once when the line is full, or as soon as its signal says that it would be too late.
 */

export interface Wish {
  /** Lower goes first. */
  readonly rank: number;
  /** How many may be in, this one included, for it to be let in: less than the room there is keeps the rest for others. */
  readonly most: number;
  /** Is never sent away because the line is long: somebody else bounds how many of these there are. */
  readonly isPatient?: boolean;
  readonly signal: AbortSignal;
}

/** Only who is `in` has to leave again. */
export type Entered = 'in' | 'full' | 'late' | 'flushed';

export interface Gate {
  /** In at once, or not at all: nothing to wait for, nothing to clear away. `most` as in a `Wish`. */
  tryEnter(most: number): boolean;
  enter(wish: Wish): Promise<Entered>;
  leave(): void;
  /** Neither room, `most` as in a `Wish`, nor a place in the line. */
  isFull(most: number): boolean;
  /** Sends away all who wait and whose rank is `rank` or higher. */
  flush(rank: number): void;
  readonly underWay: number;
  readonly waiting: number;
}

interface Waiter {
  readonly wish: Wish;
  readonly end: (how: Entered) => void;
}

export function createGate(longestLine: number): Gate {
  const line: Waiter[] = [];
  let underWay = 0;

  const admit = (): void => {
    // Whoever may not go in yet holds up nobody behind: the one behind may have room of its own.
    for (let next = line.find(({ wish }) => underWay < wish.most); next;) {
      underWay += 1;
      next.end('in');
      next = line.find(({ wish }) => underWay < wish.most);
    }
  };

  const isLineFull = (): boolean => line.filter(({ wish }) => !wish.isPatient).length >= longestLine;

  const tryEnter = (most: number): boolean => {
    if (underWay >= most) return false;
    underWay += 1;
    return true;
  };

  return {
    get underWay() {
      return underWay;
    },
    get waiting() {
      return line.length;
    },
    tryEnter,
    isFull: (most) => underWay >= most && isLineFull(),
    enter(wish) {
      const { signal, rank, most, isPatient = false } = wish;
      if (signal.aborted) return Promise.resolve('late');
      if (tryEnter(most)) return Promise.resolve('in');
      if (!isPatient && isLineFull()) {
        // The last in line makes room for whoever goes before it.
        const last = line.findLast((other) => !other.wish.isPatient);
        if (!last || last.wish.rank <= rank) return Promise.resolve('full');
        last.end('full');
      }
      return new Promise((resolve) => {
        const end = (how: Entered): void => {
          line.splice(line.indexOf(waiter), 1);
          signal.removeEventListener('abort', onAbort);
          resolve(how);
        };
        const onAbort = (): void => end('late');
        const waiter: Waiter = { wish, end };
        signal.addEventListener('abort', onAbort, { once: true });
        const behind = line.findIndex((other) => other.wish.rank > rank);
        line.splice(behind < 0 ? line.length : behind, 0, waiter);
      });
    },
    leave() {
      underWay -= 1;
      admit();
    },
    flush(rank) {
      for (const waiter of line.filter(({ wish }) => wish.rank >= rank)) waiter.end('flushed');
    },
  };
}
