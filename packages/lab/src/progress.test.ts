import { expect, test } from "vitest";
import { type Progress, ProgressMeter } from "./progress.ts";

test("shares grow to 1, and the time left follows the pace once there is one", () => {
  const seen: Progress[] = [];
  let now = 0;
  const meter = new ProgressMeter(
    1000,
    (progress) => seen.push(progress),
    () => now,
  );
  meter.begin("a");
  now = 1000; // Twice as slow as planned.
  meter.done(500);
  meter.begin("b");
  meter.done(9000); // More than planned: still not the end.
  meter.begin("c");
  meter.end();
  expect(seen).toMatchObject([
    { share: 0, secondsLeft: 1, doing: "a" },
    { share: 0.5, secondsLeft: 1, doing: "b" },
    { share: 0.99, doing: "c" },
    { share: 1, secondsLeft: 0, doing: "done" },
  ]);
});
