/** batch-items: the items of batches one by one, without a generator's wait for each. */

/** What items are taken from by their place: an array, or something that makes them when asked. */
export interface Batch<Item> {
  readonly length: number;
  at(index: number): Item | undefined;
}

/**
 * No generator: one that waits for each item costs several times what finding it does. Asked again
 * before the answer, it answers in turn, as a generator would.
 */
export class BatchItems<Item extends object | string> implements AsyncIterableIterator<Item> {
  readonly #batches: AsyncGenerator<Batch<Item>, void, undefined>;
  #batch: Batch<Item> = [];
  #at = 0;
  #isLeft = false;
  #filling: Promise<IteratorResult<Item, undefined>> | undefined;

  /** Of batches, none of which is empty. */
  constructor(batches: AsyncGenerator<Batch<Item>, void, undefined>) {
    this.#batches = batches;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Item, undefined>> {
    if (this.#filling !== undefined) {
      const again = () => this.next();
      return this.#filling.then(again, again);
    }
    const value = this.#at < this.#batch.length ? this.#batch.at(this.#at) : undefined;
    if (value === undefined) return this.#fill();
    this.#at++;
    return Promise.resolve({ done: false, value });
  }

  async return(): Promise<IteratorResult<Item, undefined>> {
    this.#isLeft = true; // A batch that comes after it is not taken.
    this.#batch = [];
    await this.#batches.return();
    return { done: true, value: undefined };
  }

  #fill(): Promise<IteratorResult<Item, undefined>> {
    this.#filling = this.#first().finally(() => {
      this.#filling = undefined;
    });
    return this.#filling;
  }

  async #first(): Promise<IteratorResult<Item, undefined>> {
    const { done, value } = await this.#batches.next();
    this.#batch = done === true || this.#isLeft ? [] : value;
    this.#at = 1;
    const first = this.#batch.at(0);
    return first === undefined ? { done: true, value: undefined } : { done: false, value: first };
  }
}
