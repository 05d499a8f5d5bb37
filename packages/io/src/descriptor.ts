/** descriptor: a file's descriptor, closed once, when nothing uses it any more, or when forgotten. */
import { closeSync } from "node:fs";
import { IoError } from "./errors.ts";

/** As FileHandle does: a file that was forgotten is closed, and the program is told of its mistake. */
const forgotten = new FinalizationRegistry<{ fd: number; path: string }>(({ fd, path }) => {
  closeSync(fd);
  process.emitWarning(`the file '${path}' (descriptor ${fd}) was closed on garbage collection`, {
    code: "CROSSBILL_FORGOTTEN_FILE",
    detail: "Close files explicitly, by close(), `using` or `await using`.",
  });
});

/** Counts its users, so that closing waits for operations under way. */
export class Descriptor {
  readonly path: string;
  readonly #fd: number;
  #users = 0;
  #isClosing = false;
  readonly #closed: Promise<void>;
  #settle: (failure?: Error) => void = () => {};

  constructor(fd: number, path: string) {
    this.#fd = fd;
    this.path = path;
    forgotten.register(this, { fd, path }, this);
    this.#closed = new Promise((resolve, reject) => {
      this.#settle = (failure) => (failure === undefined ? resolve() : reject(failure));
    });
    // A failure to close is told to those who await it; nobody has to.
    this.#closed.catch(() => {});
  }

  /** Calls with the descriptor, which stays open meanwhile. */
  use<Result>(call: (fd: number) => Result): Result {
    this.#take();
    try {
      return call(this.#fd);
    } finally {
      this.#give();
    }
  }

  /** The same for an operation that goes on. */
  async useAsync<Result>(call: (fd: number) => Promise<Result> | Result): Promise<Result> {
    this.#take();
    try {
      return await call(this.#fd);
    } finally {
      this.#give();
    }
  }

  /** Lets no more operations begin; resolves when the last has ended and the descriptor is closed. */
  close(): Promise<void> {
    if (!this.#isClosing) {
      this.#isClosing = true;
      if (this.#users === 0) this.#end();
    }
    return this.#closed;
  }

  #take(): void {
    if (this.#isClosing) throw new IoError("ERR_CLOSED", `ERR_CLOSED: '${this.path}' is closed`);
    this.#users++;
  }

  #give(): void {
    this.#users--;
    if (this.#isClosing && this.#users === 0) this.#end();
  }

  #end(): void {
    forgotten.unregister(this);
    try {
      closeSync(this.#fd);
      this.#settle();
    } catch (error) {
      this.#settle(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
