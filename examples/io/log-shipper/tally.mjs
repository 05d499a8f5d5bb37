// What the collector makes of the lines: how many of each status, and their bytes.
export class Tally {
  #lines = 0;
  #bytes = 0;
  #byStatus = new Map();

  /** A line without its end, of ASCII. */
  add(line) {
    const [, status] = line.split(" ", 2);
    this.#lines++;
    this.#bytes += line.length;
    this.#byStatus.set(status, (this.#byStatus.get(status) ?? 0) + 1);
  }

  print() {
    const statuses = [...this.#byStatus].toSorted(([a], [b]) => a.localeCompare(b));
    const counts = statuses.map(([status, count]) => `${status}: ${count}`).join(", ");
    console.log(`${this.#lines} lines of ${this.#bytes} bytes; ${counts}`);
  }
}
