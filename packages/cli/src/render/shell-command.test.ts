import { displayWidth } from "@crossbill/core";
import { expect, test } from "vitest";
import { shellCommand } from "./shell-command.ts";

test.each([
  [["ls", "-l", "/tmp/a=b"], "ls -l /tmp/a=b"],
  [["sh", "-c", "ls -l"], "sh -c 'ls -l'"],
  [["true", "--save", ""], "true --save ''"],
  [["echo", "it's"], `echo "it's"`],
  [["echo", "it's $HOME"], `echo 'it'"'"'s $HOME'`],
  [["dd", "if=a b"], "dd 'if=a b'"],
  [["printf", "a\nb'\\"], "printf $'a\\nb\\'\\\\'"],
  [["\u001b[2J\udcff"], "$'\\x1b[2J\\xff'"],
])("%j is shown as a shell needs it", (words, shown) => {
  expect(shellCommand(words, 80)).toBe(shown);
});

test("what lies beyond the width is not made", () => {
  const words = Array.from({ length: 100_000 }, () => "x".repeat(1000));
  const shown = shellCommand(words, 80);
  expect(displayWidth(shown)).toBeGreaterThanOrEqual(80);
  expect(shown.length).toBeLessThan(500);
});
