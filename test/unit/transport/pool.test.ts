// Sharing, replacing and ending of connections, with a Connect that only counts.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CommandRunner } from "../../../provider/transport/command-runner";
import { ConnectionPool, hashSpec } from "../../../provider/transport/pool";

class FakeRunner implements CommandRunner {
  readonly hostKey = undefined;
  isOpen = true;
  open = () => Promise.reject(new Error("not used"));
  close(): void {
    this.isOpen = false;
  }
}

const spec = { host: "a", password: "secret" };
let runners: FakeRunner[];
let dials: number;
let failure: Error | undefined;
let pool: ConnectionPool<object>;

beforeEach(() => {
  vi.useFakeTimers();
  runners = [];
  dials = 0;
  failure = undefined;
  pool = new ConnectionPool<object>(async () => {
    dials++;
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (failure) throw failure;
    const runner = new FakeRunner();
    runners.push(runner);
    return runner;
  });
});
afterEach(() => {
  vi.useRealTimers();
});

const useFor = (ms: number, of: object = spec): Promise<CommandRunner> =>
  pool.use(of, async (runner) => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    return runner;
  });

describe("ConnectionPool", () => {
  it("dials once for all who use an equal spec, at once or one after the other", async () => {
    const first = [useFor(10), useFor(500, { password: "secret", host: "a" }), useFor(20)];
    await vi.advanceTimersByTimeAsync(1_000);
    await Promise.all(first);
    const later = useFor(10);
    await vi.advanceTimersByTimeAsync(100);
    expect(await later).toBe(await first[0]);
    expect(dials).toBe(1);
  });

  it("dials anew for another secret", async () => {
    const both = [useFor(1), useFor(1, { ...spec, password: "other" })];
    await vi.advanceTimersByTimeAsync(200);
    expect(new Set(await Promise.all(both)).size).toBe(2);
  });

  it("ends a connection 3 s after its last use, not before", async () => {
    const long = useFor(10_000);
    await vi.advanceTimersByTimeAsync(10_200);
    await long;
    await vi.advanceTimersByTimeAsync(2_700);
    expect(runners[0]?.isOpen).toBe(true);
    const again = useFor(1);
    await vi.advanceTimersByTimeAsync(2_900);
    await again;
    expect(runners[0]?.isOpen).toBe(true);
    await vi.advanceTimersByTimeAsync(200);
    expect(runners[0]?.isOpen).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("tells a failed dial to all who waited, and dials anew for the next", async () => {
    failure = new Error("no");
    const outcomes = Promise.allSettled([useFor(1), useFor(1)]);
    await vi.advanceTimersByTimeAsync(200);
    expect((await outcomes).map((outcome) => outcome.status === "rejected" && outcome.reason)).toEqual([
      failure,
      failure,
    ]);
    expect(dials).toBe(1);
    failure = undefined;
    const next = useFor(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(await next).toBe(runners[0]);
  });

  it("replaces a connection that died, and lets its users finish", async () => {
    const long = useFor(1_000);
    await vi.advanceTimersByTimeAsync(200);
    (runners[0] as FakeRunner).isOpen = false;
    const next = useFor(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(await next).toBe(runners[1]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await long).toBe(runners[0]);
    expect(runners[1]?.isOpen).toBe(true);
  });

  it("passes on what the work threw, and keeps the connection", async () => {
    const broken = pool
      .use(spec, () => Promise.reject(new Error("work")))
      .catch((error: Error) => error.message);
    await vi.advanceTimersByTimeAsync(200);
    expect(await broken).toBe("work");
    expect(runners[0]?.isOpen).toBe(true);
  });

  it("ends all when closed, those still being dialled too", async () => {
    const done = useFor(1);
    await vi.advanceTimersByTimeAsync(200);
    await done;
    const pending = useFor(1, { host: "b" });
    pool.close();
    await vi.advanceTimersByTimeAsync(200);
    await pending;
    expect(runners.map(({ isOpen }) => isOpen)).toEqual([false, false]);
  });
});

describe("hashSpec", () => {
  it("does not depend on the order of properties, and hides what it hashes", () => {
    expect(hashSpec({ a: 1, b: { c: [1, 2], d: "x" } })).toBe(hashSpec({ b: { d: "x", c: [1, 2] }, a: 1 }));
    expect(hashSpec({ a: [1, 2] })).not.toBe(hashSpec({ a: [2, 1] }));
    expect(hashSpec(spec)).not.toContain("secret");
  });
});
