/** A reader with a fault that only guidance finds: four right bytes, one after the other, and each is code of its own. */
import type { Target } from './target.js';

const MAGIC = 'lock';

/** Answers how far the text is right. */
function depthOf(text: string): number {
  if (text[0] !== 'l') return 0;
  if (text[1] !== 'o') return 1;
  if (text[2] !== 'c') return 2;
  if (text[3] !== 'k') return 3;
  return MAGIC.length;
}

export const planted: Target = {
  name: 'planted',
  seeds: [Buffer.from('seed')],
  dictionary: [],
  run(bytes) {
    if (depthOf(bytes.toString('latin1')) === MAGIC.length) throw new Error('the planted fault');
  },
};
