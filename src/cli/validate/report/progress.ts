/** How far a long run is, on a terminal only, gone when it ends. */
export interface Progress {
  step(done: number): void;
  clear(): void;
}

const PATIENCE = 1_000;
const PACE = 100;

export function createProgress(
  stream: NodeJS.WriteStream,
  total: number,
  now = (): number => performance.now(),
): Progress {
  if (!stream.isTTY) return { step: () => undefined, clear: () => undefined };
  const begun = now();
  let last = begun;
  let shown = false;
  return {
    step(done) {
      const time = now();
      if (time - begun < PATIENCE || time - last < PACE) return;
      last = time;
      shown = true;
      const percent = Math.floor((done / total) * 100);
      stream.write(`\r${done} of ${total} files (${percent} %)`);
    },
    clear() {
      if (shown) stream.write('\r\u001b[2K');
      shown = false;
    },
  };
}
