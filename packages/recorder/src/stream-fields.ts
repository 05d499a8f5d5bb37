/** One object of a recorder's stream, its fields checked as they are read: nothing is trusted. */
import { decodeByteString, RecorderError } from "@crossbill/core";

/** Times are below 2^63 ns by contract; above 2^53 a number loses nanoseconds, never its size. */
const TIME_LIMIT = 2 ** 63;

/** The stream broke its contract: says where and what, so that the recorder can be mended. */
export function malformed(where: string, what: string): RecorderError {
  return new RecorderError(`the recorder's stream is malformed: ${where}: ${what}`, {
    remedy: "rebuild crossbill with ./setup; if it stays, report it with `crossbill doctor`",
  });
}

/** Shows a hostile value in an error message without repeating all of it. */
function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}

/** A parsed line with typed, validated access. Every reader throws RecorderError with the field. */
export class Fields {
  readonly #object: Readonly<Record<string, unknown>>;
  readonly #where: string;

  constructor(object: Readonly<Record<string, unknown>>, where: string) {
    this.#object = object;
    this.#where = where;
  }

  /** The error for a field that is not what the contract says. */
  wrong(name: string, expected: string): RecorderError {
    return malformed(
      this.#where,
      `field ${name}: expected ${expected}, got ${shown(this.#get(name))}`,
    );
  }

  #get(name: string): unknown {
    return Object.hasOwn(this.#object, name) ? this.#object[name] : undefined;
  }

  /** A non-negative integer that can be counted with: at most 2^53 - 1. */
  count(name: string): number {
    const value = this.#get(name);
    if (isCount(value)) return value;
    throw this.wrong(name, "a count");
  }

  /** A count no larger than `limit`. */
  index(name: string, limit: number): number {
    const value = this.count(name);
    if (value <= limit) return value;
    throw this.wrong(name, `a number up to ${limit}`);
  }

  /** A count, or null where the contract allows it. */
  countOrNull(name: string): number | null {
    return this.#get(name) === null ? null : this.count(name);
  }

  /** An integer of either sign. */
  integer(name: string): number {
    const value = this.#get(name);
    if (typeof value === "number" && Number.isSafeInteger(value)) return value;
    throw this.wrong(name, "an integer");
  }

  /** A time in ns. */
  time(name: string): number {
    const value = this.#get(name);
    if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value < TIME_LIMIT) {
      return value;
    }
    throw this.wrong(name, "a time in ns");
  }

  timeOrNull(name: string): number | null {
    return this.#get(name) === null ? null : this.time(name);
  }

  /** What a recorder may leave out: what `read` gives when it is there. */
  optional<T>(name: string, read: () => T): T | undefined {
    return this.#get(name) === undefined ? undefined : read();
  }

  flag(name: string): boolean {
    const value = this.#get(name);
    if (typeof value === "boolean") return value;
    throw this.wrong(name, "true or false");
  }

  /** A string the recorder made itself: printable ASCII. */
  word(name: string): string {
    const value = this.#get(name);
    if (isPlainWord(value)) return value;
    throw this.wrong(name, "a plain word");
  }

  /** One of the words the contract lists. */
  choice<T extends string>(name: string, allowed: readonly T[]): T {
    const value = this.#get(name);
    const found = allowed.find((word) => word === value);
    if (found !== undefined) return found;
    throw this.wrong(name, allowed.join(" or "));
  }

  wordOrNull(name: string): string | null {
    return this.#get(name) === null ? null : this.word(name);
  }

  /** Bytes of the kernel or the program, one code unit each, decoded to text. */
  text(name: string): string {
    const value = this.#get(name);
    // Code units above 0xff cannot be bytes.
    // oxlint-disable-next-line no-control-regex
    if (typeof value === "string" && /^[\x00-\xff]*$/.test(value)) return decodeByteString(value);
    throw this.wrong(name, "a string of bytes");
  }

  textOrNull(name: string): string | null {
    return this.#get(name) === null ? null : this.text(name);
  }

  /** A nested object, or null where the contract allows it. */
  objectOrNull(name: string): Fields | null {
    const value = this.#get(name);
    if (value === null) return null;
    if (!isRecord(value)) throw this.wrong(name, "an object or null");
    return new Fields(value, `${this.#where}, ${name}`);
  }

  /** A flat object of counts and plain words. */
  settings(name: string): Record<string, number | string> {
    const value = this.#get(name);
    if (!isRecord(value)) throw this.wrong(name, "an object");
    const nested = new Fields(value, `${this.#where}, ${name}`);
    const names = Object.keys(value);
    if (names.length > 256) throw this.wrong(name, "at most 256 entries");
    return Object.fromEntries(names.map((key) => [key, nested.#countOrWord(key)]));
  }

  #countOrWord(name: string): number | string {
    return typeof this.#get(name) === "string" ? this.word(name) : this.count(name);
  }

  /** Pairs [cell, count] of a log2 histogram: cell 0 holds zeros, cell k up to 2^(k-1). */
  cells(name: string): [cell: number, count: number][] {
    return this.#pairs(name, 64, (pair) => {
      const [cell, count] = pair;
      if (!isCount(cell) || cell > 53 || !isCount(count)) {
        throw this.wrong(name, "pairs of a cell up to 53 and a count");
      }
      return [cell, count];
    });
  }

  /** Pairs of an index below `size` and a word of 32 bits that is not 0. */
  words(name: string, size: number): [index: number, word: number][] {
    return this.#pairs(name, size, (pair) => {
      const [index, word] = pair;
      if (!isCount(index) || index >= size || !isCount(word) || word >= 2 ** 32) {
        throw this.wrong(name, `pairs of an index below ${size} and 32 bits`);
      }
      return [index, word];
    });
  }

  /** Whether the field is there and null. */
  isNull(name: string): boolean {
    return this.#get(name) === null;
  }

  /** Pairs of two plain words, such as a build id and an offset. */
  wordPairs(name: string, limit: number): [string, string][] {
    return this.#pairs(name, limit, (pair) => {
      const [first, second] = pair;
      if (!isPlainWord(first) || !isPlainWord(second)) throw this.wrong(name, "pairs of words");
      return [first, second];
    });
  }

  /** Rows of `width` integers of either sign. */
  integerRows(name: string, width: number, limit: number): number[][] {
    const value = this.#get(name);
    if (!Array.isArray(value) || value.length > limit) {
      throw this.wrong(name, `at most ${limit} rows`);
    }
    return value.map((row: unknown) => {
      if (!Array.isArray(row) || row.length !== width || !row.every(Number.isSafeInteger)) {
        throw this.wrong(name, `rows of ${width} integers`);
      }
      return row.map(Number);
    });
  }

  #pairs<T>(name: string, limit: number, read: (pair: readonly unknown[]) => T): T[] {
    const value = this.#get(name);
    if (!Array.isArray(value) || value.length > limit) {
      throw this.wrong(name, `at most ${limit} pairs`);
    }
    return value.map((pair: unknown) => {
      if (!Array.isArray(pair) || pair.length !== 2) throw this.wrong(name, "pairs");
      return read(pair);
    });
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isPlainWord(value: unknown): value is string {
  return typeof value === "string" && /^[\x20-\x7e]{0,256}$/.test(value);
}

/** An object with the key, or without it when there is no value. */
export function given<K extends string, T>(key: K, value: T | undefined): { [P in K]?: T } {
  const object: { [P in K]?: T } = {};
  if (value !== undefined) object[key] = value;
  return object;
}

/** The same for a count that a recorder may leave out. */
export function givenCount<K extends string>(
  fields: Fields,
  key: K,
  name: string = key,
): { [P in K]?: number } {
  return given(
    key,
    fields.optional(name, () => fields.count(name)),
  );
}

/** Reads one line of the stream. Throws RecorderError when it is not a JSON object. */
export function parseLine(text: string, where: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed(where, `not JSON: ${shown(text)}`);
  }
  if (!isRecord(value)) throw malformed(where, `not an object: ${shown(text)}`);
  return new Fields(value, where);
}
