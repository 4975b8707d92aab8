/** Resolves with the first SIGTERM or SIGINT. A second one ends the process at once, which is always safe. */
export function untilStopped(): Promise<'SIGTERM' | 'SIGINT'> {
  return new Promise((resolve) => {
    const stop = (first: 'SIGTERM' | 'SIGINT'): void => {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) {
        process.removeListener(signal, stop);
        process.once(signal, () => process.exit(1));
      }
      resolve(first);
    };
    process.once('SIGTERM', stop);
    process.once('SIGINT', stop);
  });
}
