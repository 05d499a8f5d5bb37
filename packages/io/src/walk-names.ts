/** walk-names: names and paths of a walk as text where they are UTF-8, or as the bytes that they are. */
import { isAscii, isUtf8 } from "node:buffer";

const SLASH = 47;

/** The names of a batch. */
export class Names {
  readonly #bytes: Buffer;
  readonly #ends: Uint32Array;
  #texts: readonly string[] | null | undefined;

  /** Each is ended by NUL, which is where `ends` points. */
  constructor(bytes: Buffer, ends: Uint32Array) {
    this.#bytes = bytes;
    this.#ends = ends;
  }

  bytes(index: number): Buffer {
    const begin = index === 0 ? 0 : (this.#ends[index - 1] ?? 0) + 1;
    return this.#bytes.subarray(begin, this.#ends[index]);
  }

  /** Null if it is not UTF-8. All are decoded at once: a call for each would cost more than the name. */
  text(index: number): string | null {
    if (this.#texts === undefined) this.#texts = textOf(this.#bytes)?.split("\0") ?? null;
    if (this.#texts !== null) return this.#texts[index] ?? null;
    return textOf(this.bytes(index));
  }
}

function textOf(bytes: Buffer): string | null {
  if (isAscii(bytes)) return bytes.toString("latin1");
  return isUtf8(bytes) ? bytes.toString() : null;
}

/** How names and paths are given. */
export interface Naming<Path> {
  /** The root as bytes, and as it is given. */
  readonly bytes: Buffer;
  readonly root: Path;
  name(names: Names, index: number): Path;
  /** Of an entry of a folder, whose path is relative to the root. */
  path(folder: Buffer, names: Names, index: number): Path;
}

/** As Buffers. */
export class BytesNaming implements Naming<Buffer> {
  readonly bytes: Buffer;
  readonly root: Buffer;
  readonly #prefix: Buffer;

  /** Of a walk from this root. */
  constructor(root: string | Buffer) {
    this.bytes = Buffer.from(root);
    this.root = this.bytes;
    const isEnded = this.bytes.at(-1) === SLASH;
    this.#prefix = isEnded ? this.bytes : Buffer.concat([this.bytes, Buffer.from("/")]);
  }

  name(names: Names, index: number): Buffer {
    return names.bytes(index);
  }

  path(folder: Buffer, names: Names, index: number): Buffer {
    const slash = Buffer.from(folder.length === 0 ? "" : "/");
    return Buffer.concat([this.#prefix, folder, slash, names.bytes(index)]);
  }
}

/** As strings, or Buffers where the bytes are not UTF-8. */
export class TextNaming implements Naming<string | Buffer> {
  readonly bytes: Buffer;
  readonly root: string | Buffer;
  readonly #asBytes: BytesNaming;
  /** What stands before the names in the folder that was asked about last; null if it is not UTF-8. */
  #folder: Buffer | undefined;
  #prefix: string | null = null;

  /** Of a walk from this root. */
  constructor(root: string | Buffer) {
    this.#asBytes = new BytesNaming(root);
    this.bytes = this.#asBytes.bytes;
    this.root = textOf(this.bytes) ?? this.bytes;
  }

  name(names: Names, index: number): string | Buffer {
    return names.text(index) ?? names.bytes(index);
  }

  path(folder: Buffer, names: Names, index: number): string | Buffer {
    if (folder !== this.#folder) {
      this.#folder = folder;
      this.#prefix = this.#prefixOf(folder);
    }
    const name = this.#prefix === null ? null : names.text(index);
    if (name === null) return this.#asBytes.path(folder, names, index);
    return this.#prefix + name;
  }

  #prefixOf(folder: Buffer): string | null {
    const text = textOf(folder);
    if (text === null || typeof this.root !== "string") return null;
    return `${this.root}${this.root.endsWith("/") ? "" : "/"}${text}${text === "" ? "" : "/"}`;
  }
}
