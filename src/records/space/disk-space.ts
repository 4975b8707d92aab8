/**
 * A disk that runs full must not stop what is under way. While little is left nothing new is begun, and a reserve that
 * was kept beside the ledger is given up, so that bookings and cancellations that were sent can be written to their end.
 */
import { randomBytes } from 'node:crypto';
import { open, rm, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

const MIB = 1024 * 1024;
const SCARCE_BELOW = 64 * MIB;
/** More than giving up the reserve brings, so that it does not come and go. */
const PLENTY_ABOVE = 128 * MIB;
const RESERVE_MIB = 16;
const EVERY_MS = 1000;

export interface DiskSpace {
  /** So little is left that nothing new may be begun. */
  scarce(): boolean;
  /** Looks now; also done each second. Never rejects. */
  look(): Promise<void>;
  close(): Promise<void>;
}

async function bytesFree(file: string): Promise<number> {
  const { bavail, bsize } = await statfs(dirname(file));
  return bavail * bsize;
}

/** What is written cannot be compressed, or the file would keep nothing free. */
async function keepReserve(path: string): Promise<void> {
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size >= RESERVE_MIB * MIB) return;
  const reserve = await open(path, 'w', 0o600);
  try {
    for (let written = 0; written < RESERVE_MIB; written += 1) await reserve.write(randomBytes(MIB));
  } finally {
    await reserve.close();
  }
}

/** Watches the disk that `file` is on, and keeps `<file>.reserve`, which may be removed at any time. */
export function watchDiskSpace(file: string, free: () => Promise<number> = () => bytesFree(file)): DiskSpace {
  const reserve = `${file}.reserve`;
  let scarce = false;
  let looking: Promise<void> = Promise.resolve();

  const look = async (): Promise<void> => {
    const left = await free();
    if (left < SCARCE_BELOW) {
      scarce = true;
      await rm(reserve, { force: true });
    } else if (!scarce || left > PLENTY_ABOVE) {
      await keepReserve(reserve);
      scarce = false;
    }
  };
  /** One after the other. A disk that cannot be asked says so when the ledger writes to it. */
  const lookNext = (): Promise<void> => {
    looking = looking.then(look).catch(() => undefined);
    return looking;
  };
  const timer = setInterval(() => void lookNext(), EVERY_MS);
  timer.unref();
  void lookNext();

  return {
    scarce: () => scarce,
    look: lookNext,
    async close() {
      clearInterval(timer);
      await looking;
    },
  };
}
