/**
 * Regular expressions of definitions, matched in time that grows with the length of the text and never by back-tracking:
 * a pattern becomes states, and all states it may be in are followed at once.
 */

/** Why a pattern can't be used. */
export class PatternError extends Error {}

/** One step: a test of one character or of the place, or a fork without one. */
interface State {
  readonly test?: (letter: string) => boolean;
  readonly place?: '^' | '$' | 'b' | 'B';
  next: readonly number[];
}

interface Piece {
  readonly start: number;
  /** States whose way on is not known yet. */
  readonly open: readonly number[];
}

/** Repetitions are written out, so a pattern of a few signs could ask for millions of states. */
const MOST_STATES = 5000;
const DEEPEST = 100;
/** States times letters; beyond it a text is not looked at. */
const MOST_STEPS = 20_000_000;

const SYNTAX = '^$\\.*+?()[]{}|/';

/** Escapes that Java and old JavaScript take and the `u` flag refuses mean the sign itself. */
function toEscape(sign: string): string {
  return /[dDwWsStrnfv0]/.test(sign) || SYNTAX.includes(sign) || sign === '-' ? `\\${sign}` : sign;
}

class PatternReader {
  private at = 0;
  private depth = 0;
  readonly states: State[] = [];

  constructor(
    private readonly signs: readonly string[],
    private readonly flags: string,
  ) {}

  read(): number {
    const piece = this.alternatives();
    if (this.at < this.signs.length) throw new PatternError('it has a ) too many');
    const end = this.add({ next: [] });
    this.join(piece, end);
    this.final = end;
    return piece.start;
  }

  final = 0;

  private add(state: State): number {
    if (this.states.length >= MOST_STATES) throw new PatternError('its repetitions are too many');
    return this.states.push(state) - 1;
  }

  private join(piece: Piece, to: number): void {
    for (const open of piece.open) {
      const state = this.states[open];
      if (state) state.next = [...state.next, to];
    }
  }

  private alternatives(): Piece {
    this.depth += 1;
    if (this.depth > DEEPEST) throw new PatternError('its groups are nested too deep');
    const pieces = [this.sequence()];
    while (this.signs[this.at] === '|') {
      this.at += 1;
      pieces.push(this.sequence());
    }
    this.depth -= 1;
    if (pieces.length === 1 && pieces[0]) return pieces[0];
    return {
      start: this.add({ next: pieces.map((piece) => piece.start) }),
      open: pieces.flatMap((piece) => piece.open),
    };
  }

  private sequence(): Piece {
    let piece = this.nothing();
    for (
      let sign = this.signs[this.at];
      sign !== undefined && sign !== '|' && sign !== ')';
      sign = this.signs[this.at]
    ) {
      const next = this.repeated();
      this.join(piece, next.start);
      piece = { start: piece.start, open: next.open };
    }
    return piece;
  }

  private nothing(): Piece {
    const state = this.add({ next: [] });
    return { start: state, open: [state] };
  }

  /** An atom and how often it comes; each time it comes it is read anew, which writes the repetition out. */
  private repeated(): Piece {
    const begin = this.at;
    let piece = this.atom();
    const times = this.quantifier();
    if (times === undefined) return piece;
    const after = this.at;
    const again = (): Piece => {
      this.at = begin;
      return this.atom();
    };
    const { min, max } = times;
    let start = this.nothing();
    const first = start.start;
    const leave: number[] = [];
    for (let turn = 0; turn < Math.max(min, max ?? Math.max(min, 1)); turn += 1) {
      if (turn > 0) piece = again();
      if (turn >= min) leave.push(...start.open);
      this.join(start, piece.start);
      const loops = max === undefined && turn + 1 >= Math.max(min, 1);
      if (loops) this.join(piece, piece.start);
      start = piece;
    }
    this.at = after;
    // A piece that comes no times at all was read and is left lying: nothing leads to it.
    return { start: first, open: max === 0 ? [first] : [...start.open, ...leave] };
  }

  private quantifier(): { readonly min: number; readonly max: number | undefined } | undefined {
    const sign = this.signs[this.at];
    let times: { readonly min: number; readonly max: number | undefined } | undefined;
    if (sign === '*') times = { min: 0, max: undefined };
    else if (sign === '+') times = { min: 1, max: undefined };
    else if (sign === '?') times = { min: 0, max: 1 };
    else if (sign === '{') {
      const end = this.signs.indexOf('}', this.at);
      const [low = '', high] = this.signs
        .slice(this.at + 1, end < 0 ? this.at + 1 : end)
        .join('')
        .split(',');
      if (!/^\d{1,4}$/.test(low) || (high !== undefined && !/^\d{0,4}$/.test(high))) {
        throw new PatternError('it has a { that begins no repetition of up to four digits');
      }
      times = { min: Number(low), max: high === undefined ? Number(low) : high === '' ? undefined : Number(high) };
      if (times.max !== undefined && times.max < times.min)
        throw new PatternError('a repetition ends before it begins');
      this.at = end;
    }
    if (times === undefined) return undefined;
    this.at += 1;
    // Whether it takes much or little is all the same when only asked whether it matches.
    if (this.signs[this.at] === '?') this.at += 1;
    if (['*', '+'].includes(this.signs[this.at] ?? '')) throw new PatternError('it repeats a repetition');
    return times;
  }

  private atom(): Piece {
    const sign = this.signs[this.at] ?? '';
    this.at += 1;
    if (sign === '(') return this.group();
    if (sign === '^' || sign === '$') return this.alone({ place: sign, next: [] });
    if (sign === '.') return this.one('[^]');
    if (sign === '[') return this.one(this.set());
    if (sign === '\\') return this.escape();
    if ('*+?{'.includes(sign)) throw new PatternError(`nothing stands before its ${sign}`);
    return this.one(SYNTAX.includes(sign) ? `\\${sign}` : sign);
  }

  private group(): Piece {
    if (this.signs[this.at] === '?') {
      if (this.signs[this.at + 1] !== ':') throw new PatternError('it looks ahead or behind, or names a group');
      this.at += 2;
    }
    const piece = this.alternatives();
    if (this.signs[this.at] !== ')') throw new PatternError('it has a ( that is not closed');
    this.at += 1;
    return piece;
  }

  private escape(): Piece {
    const sign = this.signs[this.at];
    if (sign === undefined) throw new PatternError('it ends with a \\');
    if (/[1-9k]/.test(sign)) throw new PatternError('it refers back to a group');
    if (sign === 'b' || sign === 'B') {
      this.at += 1;
      return this.alone({ place: sign, next: [] });
    }
    return this.one(this.escaped());
  }

  /** The signs after a `\`, as a regular expression of one character. */
  private escaped(): string {
    const sign = this.signs[this.at] ?? '';
    this.at += 1;
    if (sign === 'u' || sign === 'x' || sign === 'p' || sign === 'P') {
      const braced = this.signs[this.at] === '{';
      const length = braced ? this.signs.indexOf('}', this.at) - this.at + 1 : sign === 'u' ? 4 : sign === 'x' ? 2 : 1;
      const rest = this.signs.slice(this.at, this.at + Math.max(length, 0)).join('');
      this.at += Math.max(length, 0);
      return `\\${sign}${!braced && sign.toLowerCase() === 'p' ? `{${rest}}` : rest}`;
    }
    return toEscape(sign);
  }

  private set(): string {
    let set = '[';
    for (let sign = this.signs[this.at]; sign !== ']' || set === '[' || set === '[^'; sign = this.signs[this.at]) {
      if (sign === undefined) throw new PatternError('it has a [ that is not closed');
      this.at += 1;
      if (sign === '[' && this.signs[this.at] === ':') throw new PatternError('it uses POSIX classes');
      if (sign === '&' && this.signs[this.at] === '&') throw new PatternError('it uses intersections');
      if (sign === ']') set += '\\]';
      else set += sign === '\\' ? this.escaped() : sign;
    }
    this.at += 1;
    return `${set}]`;
  }

  /** A test of one character: JavaScript's own, which can't run away on a single one. */
  private one(source: string): Piece {
    let single: RegExp;
    try {
      single = new RegExp(`^(?:${source})$`, `${this.flags.replace('m', '')}us`);
    } catch {
      throw new PatternError(`${source} is no character class`);
    }
    return this.alone({ test: (letter) => single.test(letter), next: [] });
  }

  private alone(state: State): Piece {
    const place = this.add(state);
    return { start: place, open: [place] };
  }
}

const isWord = (letter: string | undefined): boolean => letter !== undefined && /^\w$/.test(letter);

/**
 * A test for a pattern, anywhere in a text; `flags` are `i`, `m` or both. The test gives undefined for a text that is too
 * long for the pattern.
 * @throws PatternError when the pattern can't be read, or needs what only back-tracking can do
 */
export function toPatternTest(pattern: string, flags = ''): (text: string) => boolean | undefined {
  if (pattern.length > MOST_STATES) throw new PatternError('it is too long');
  const reader = new PatternReader([...pattern], flags);
  const start = reader.read();
  const { states, final } = reader;

  const stands = (place: State['place'], letters: readonly string[], at: number): boolean => {
    if (place === undefined) return true;
    const many = flags.includes('m');
    if (place === '^') return at === 0 || (many && letters[at - 1] === '\n');
    if (place === '$') return at === letters.length || (many && letters[at] === '\n');
    return (isWord(letters[at - 1]) !== isWord(letters[at])) === (place === 'b');
  };

  return (text) => {
    const letters = [...text];
    if (letters.length * states.length > MOST_STEPS) return undefined;
    /** The place at which a state was last reached, so that each is followed once a place. */
    const reached = new Int32Array(states.length).fill(-1);
    let waiting: number[] = [];
    for (let at = 0; at <= letters.length; at += 1) {
      const letter = letters[at];
      const follow = [...waiting, start];
      waiting = [];
      for (let index = follow.pop(); index !== undefined; index = follow.pop()) {
        if (reached[index] === at) continue;
        reached[index] = at;
        if (index === final) return true;
        const state = states[index];
        if (state === undefined) continue;
        if (state.test === undefined) {
          if (stands(state.place, letters, at)) follow.push(...state.next);
        } else if (letter !== undefined && state.test(letter)) waiting.push(...state.next);
      }
    }
    return false;
  };
}
