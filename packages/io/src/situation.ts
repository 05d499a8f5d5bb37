/** situation: what is known of an open file when a mechanism is chosen, learnt from call to call. */
import type { Choice, Situation } from "./choice.ts";
import { nativeState } from "./native.ts";
import type { Pieces } from "./ranges.ts";
import type { View } from "./scatter.ts";

const PAGE_BYTES = 4096;
/** Places of the file looked at before its page tables are filled: what is cold would be read then. */
const PLACES = 64;
/** Beyond this, page tables alone would be 64 MiB. */
const MOST_MAPPED_BYTES = 32 * 2 ** 30;

/** One file's kept mapping, and what the calls before have taught. */
export class FileSituation {
  #view: View | undefined;
  #viewBytes = 0;
  #isPopulated = false;
  #regretNs = 0;
  #noMapping: string | null = null;
  #noUring: string | null = null;

  readonly #isDirect: boolean;

  /** Direct: opened with O_DIRECT, to be read from the disk whatever is in memory. */
  constructor(isDirect: boolean) {
    this.#isDirect = isDirect;
  }

  /** Asks the kernel which pieces are in memory. */
  look(fd: number, pieces: Pieces, size: number): Situation {
    const state = nativeState();
    const part = state.functions;
    if (size > this.#viewBytes) this.#isPopulated = false;
    const share = this.#isDirect ? 0 : (part?.residencyShare(fd, size, pieces.pairs) ?? -1);
    const { count, bytes, groups, groupBytes } = pieces;
    return {
      ...{ count, bytes, groups, groupBytes, size },
      resident: share < 0 ? null : share,
      noMapping: state.functions === null ? state.reason : this.#whyNoMapping(size),
      noUring: this.#noUring,
      isPopulated: this.#isPopulated,
      // Filling them cannot pay for a single piece, so that its call need not ask.
      mayPopulate:
        part !== null &&
        count > 1 &&
        !this.#isDirect &&
        !this.#isPopulated &&
        part.residencyShare(fd, size, placesOf(size)) === 1,
      regretNs: this.#regretNs,
    };
  }

  #whyNoMapping(size: number): string | null {
    if (size === 0) return "the file is empty";
    if (size > MOST_MAPPED_BYTES) return "the file is too large for page tables";
    return this.#noMapping;
  }

  /** The mapping of at least `size` bytes, made when there is none; a larger one when the file grew. */
  view(fd: number, size: number): View | undefined {
    const part = nativeState().functions;
    if (part === null || size === 0) return undefined;
    if (this.#view === undefined || size > this.#viewBytes) {
      this.#view = part.createView(fd, size);
      this.#viewBytes = size;
    }
    return this.#view;
  }

  /** After a call that succeeded. */
  learn(choice: Choice, size: number): void {
    this.#regretNs += choice.regretNs;
    if (choice.populate && size === this.#viewBytes) this.#isPopulated = true;
  }

  /** The machine refuses this mechanism: the next ones are chosen from now on. */
  refuse(mechanism: "mapping" | "uring", reason: string): void {
    if (mechanism === "mapping") this.#noMapping = reason;
    else this.#noUring = reason;
  }

  /** Lets the mapping go; its memory is unmapped when no thread uses it any more. */
  forget(): void {
    this.#view = undefined;
    this.#viewBytes = 0;
  }
}

/** Single pages, evenly spread. */
function placesOf(size: number): Float64Array {
  const pairs = new Float64Array(PLACES * 2);
  for (let place = 0; place < PLACES; place++) {
    pairs[place * 2] = Math.floor((size / PLACES) * place);
    pairs[place * 2 + 1] = Math.min(PAGE_BYTES, size);
  }
  return pairs;
}
