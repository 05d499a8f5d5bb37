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
          maxWorkers: 2,
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
          // Recorders share one machine: one file after another, and slow machines need patience.
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: "browser",
          maxWorkers: 2,
          include: ["tests/browser/**/*.test.ts"],
          // One browser for a file; it starts slowly beside the kernel tests.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
