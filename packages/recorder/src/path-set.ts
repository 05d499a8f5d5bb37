/** Path sets: about how many different paths were named, from the bits that their hashes set. */

/** Words of 32 bits: 8,192 bits in all, as PATH_SET_BITS in native/record.h. */
export const PATH_SET_WORDS = 256;
const BITS = PATH_SET_WORDS * 32;

/** The sets of several CPUs, put together. */
export class PathSet {
  readonly #words = new Uint32Array(PATH_SET_WORDS);

  add(words: readonly (readonly [index: number, word: number])[]): void {
    for (const [index, word] of words) this.#words[index] = (this.#words[index] ?? 0) | word;
  }

  /**
   * Linear counting (Whang, Vander-Zanden and Taylor, 1990): with a share z of the bits still zero,
   * about BITS ln (1 / z) paths. A full set tells nothing but that there were many: infinitely many.
   */
  estimate(): number {
    let ones = 0;
    for (const word of this.#words) ones += bitsOf(word);
    return ones === BITS ? Infinity : Math.round(BITS * Math.log(BITS / (BITS - ones)));
  }
}

function bitsOf(word: number): number {
  let bits = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) bits++;
  return bits;
}
