// The five kinds of tests. Cheap ones first: a group starts when the one before it has ended.
import { defineConfig } from "vitest/config";

const seconds = (count: number) => count * 1000;

export default defineConfig({
  test: {
    pool: "forks",
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts"],
          // Properties run thousands of times, on a machine that may have other work to do.
          testTimeout: seconds(60),
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "contract",
          include: ["test/contract/**/*.test.ts"],
          testTimeout: seconds(30),
          hookTimeout: seconds(30),
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          testTimeout: seconds(60),
          hookTimeout: seconds(60),
          // Each file has hosts of its own with real sshds; more at once measure the machine, not the code.
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: "faults",
          include: ["test/faults/**/*.test.ts"],
          testTimeout: seconds(600),
          hookTimeout: seconds(600),
          sequence: { groupOrder: 3 },
        },
      },
      {
        extends: true,
        test: {
          name: "acceptance",
          include: ["test/acceptance/**/*.test.ts"],
          testTimeout: seconds(300),
          hookTimeout: seconds(300),
          // Each test runs whole deployments, which use every core by themselves.
          fileParallelism: false,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
