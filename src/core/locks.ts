/** First come, first served, per key: bookings of one place, registrations of one NHS number. */
export interface KeyedLocks {
  /**
   * Runs `work` when everybody before it under the same key has finished. Answers `undefined`, without having run it,
   * when `signal` aborts first.
   */
  run<T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<{ readonly value: T } | undefined>;
}

interface Waiter {
  readonly wake: (granted: boolean) => void;
}

export function createKeyedLocks(): KeyedLocks {
  /** A key is present while its lock is held; the list holds those who wait. */
  const queues = new Map<string, Waiter[]>();

  const release = (key: string): void => {
    const next = queues.get(key)?.shift();
    if (next) next.wake(true);
    else queues.delete(key);
  };

  const acquire = (key: string, signal: AbortSignal): Promise<boolean> => {
    if (signal.aborted) return Promise.resolve(false);
    const queue = queues.get(key);
    if (!queue) {
      queues.set(key, []);
      return Promise.resolve(true);
    }
    return new Promise<boolean>((resolve) => {
      const waiter: Waiter = {
        wake: (granted) => {
          signal.removeEventListener('abort', leave);
          resolve(granted);
        },
      };
      const leave = (): void => {
        queue.splice(queue.indexOf(waiter), 1);
        waiter.wake(false);
      };
      signal.addEventListener('abort', leave, { once: true });
      queue.push(waiter);
    });
  };

  return {
    async run(key, signal, work) {
      if (!(await acquire(key, signal))) return undefined;
      try {
        return { value: await work() };
      } finally {
        release(key);
      }
    },
  };
}
