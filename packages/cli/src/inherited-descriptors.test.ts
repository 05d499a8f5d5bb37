import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type Descriptor, inheritedAmong } from "./inherited-descriptors.ts";

/** What Node opens at its start, in its order. */
const nodes = [
  ["anon_inode:[eventpoll]", 0o2000002],
  ["pipe:[5001]", 0o2000000],
  ["pipe:[5001]", 0o2000001],
  ["pipe:[5002]", 0o2004000],
  ["pipe:[5002]", 0o2004001],
  ["anon_inode:[eventfd]", 0o2004002],
  ["anon_inode:[eventpoll]", 0o2000002],
  ["pipe:[5003]", 0o2004000],
  ["pipe:[5003]", 0o2004001],
  ["anon_inode:[eventfd]", 0o2004002],
] as const;

/** As libuv left those that were there before: close-on-exec. */
const passed = [
  ["/etc/passwd", 0o2100000],
  ["/dev/null", 0o2100001],
  ["pipe:[4000]", 0o2004000], // make's jobserver
  ["pipe:[4000]", 0o2000001],
  ["pipe:[4001]", 0o2000000], // cargo's, which looks like libuv's lock
  ["pipe:[4001]", 0o2000001],
  ["pipe:[4002]", 0o2004001], // one end alone
  ["socket:[4003]", 0o2000002],
  ["anon_inode:[eventfd]", 0o2000002],
  ["anon_inode:[timerfd]", 0o2004002],
] as const;

test("with nothing inherited nothing is taken for it", () => {
  expect(inheritedAmong(numbered(nodes, 3))).toEqual([]);
});

test("what was passed to Node is told from its own, wherever it stands", () => {
  const numbers = fc.uniqueArray(fc.integer({ min: 3, max: 40 }), {
    minLength: passed.length,
    maxLength: passed.length,
  });
  fc.assert(
    fc.property(numbers, (taken) => {
      const inherited = passed.map(([link, flags], at) => ({
        number: taken[at] ?? 0,
        link,
        flags,
      }));
      const free = Array.from({ length: 60 }, (_, at) => at + 3).filter((n) => !taken.includes(n));
      const own = nodes.map(([link, flags], at) => ({ number: free[at] ?? 0, link, flags }));
      const open = [...inherited, ...own].toSorted((one, other) => one.number - other.number);
      expect(inheritedAmong(open)).toEqual(taken.toSorted((one, other) => one - other));
    }),
  );
});

function numbered(list: typeof nodes, first: number): Descriptor[] {
  return list.map(([link, flags], at) => ({ number: first + at, link, flags }));
}
