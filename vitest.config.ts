import { defineConfig } from "vitest/config";

// The workspace's sources run as they are; users get dist.
const resolve = { conditions: ["@crossbill/source"] };
const ssr = { resolve };

export default defineConfig({
  test: {
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: "unit",
          include: ["packages/*/src/**/*.test.ts", "tests/unit/**/*.test.ts"],
          // Some try thousands of cases, and the machine may be busy: nothing here is about time.
          testTimeout: 60_000,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: "kernel",
          include: ["tests/kernel/**/*.test.ts"],
          // Two files at a time, after all others: recorders share one machine, but mind only their own
          // program. Slow machines need patience.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: "browser",
          include: ["tests/browser/**/*.test.ts"],
          // One browser for a file; it starts slowly beside the kernel tests.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
