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
        test: { name: "unit", include: ["packages/*/src/**/*.test.ts", "tests/unit/**/*.test.ts"] },
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
        },
      },
    ],
  },
});
