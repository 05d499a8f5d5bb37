/** Path sets: about how many different paths were named, from the bits that their hashes set. */

/** Words of 32 bits: 2,048 bits in all, as PATH_SET_BITS in native/record.h. */
export const PATH_SET_WORDS = 64;
const BITS = PATH_SET_WORDS * 32;

/** The sets of several CPUs, put together. */
export class PathSet {
  readonly #words = new Uint32Array(PATH_SET_WORDS);

  add(words: readonly (readonly [index: number, word: number])[]): void {
    for (const [index, word] of words) this.#words[index] = (this.#words[index] ?? 0) | word;
  }

  /**
   * Linear counting (Whang, Vander-Zanden and Taylor, 1990): with a share z of the bits still zero,
   * about BITS ln (1 / z) paths. A full set tells of as many as leave one bit zero: at least those.
   */
  estimate(): number {
    let ones = 0;
    for (const word of this.#words) ones += bitsOf(word);
    const zeros = Math.max(1, BITS - ones);
    return Math.round(BITS * Math.log(BITS / zeros));
  }
}

function bitsOf(word: number): number {
  let bits = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) bits++;
  return bits;
}
