// A command channel over a stream that does what the test says: the rare orders in which things end.

import { EventEmitter } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ExecChannel, type ExecStream } from "../../../provider/transport/exec-channel";

class FakeStream extends EventEmitter implements ExecStream {
  readonly stderr = new EventEmitter();
  readonly calls: string[] = [];
  broken = false;
  write(text: string): boolean {
    if (this.broken) throw new Error("Not connected");
    this.calls.push(text);
    return true;
  }
  end = (): void => void this.calls.push("END");
  close = (): void => void this.calls.push("CLOSE");
  pause = (): void => void this.calls.push("PAUSE");
  resume = (): void => void this.calls.push("RESUME");
}

let stream: FakeStream;
let goneCount: number;
let channel: ExecChannel;

beforeEach(() => {
  vi.useFakeTimers();
  stream = new FakeStream();
  goneCount = 0;
  channel = new ExecChannel(stream, "root@h:22", "sh -s", () => goneCount++);
});
afterEach(() => {
  vi.useRealTimers();
});

const print = (text: string): boolean => stream.emit("data", Buffer.from(text));

describe("ExecChannel", () => {
  it("takes output that follows the exit code", async () => {
    const read = channel.readUntilLine("MARK", 10_000);
    stream.emit("exit", 0);
    await vi.advanceTimersByTimeAsync(800);
    print("late");
    await vi.advanceTimersByTimeAsync(800);
    print("\nMARK\n");
    expect(await read).toBe("late\n");
  });

  it("does not wait for ever for a close after the exit code", async () => {
    const exit = channel.waitForExit(10_000);
    stream.emit("exit", 4);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await exit).toEqual({ exitCode: 4, stderr: "" });
    channel.close();
    expect(stream.calls).toContain("CLOSE");
  });

  it("makes the host wait when nobody reads, and keeps what a lost connection had brought", async () => {
    print("x".repeat(5_000_000));
    expect(stream.calls).toEqual(["PAUSE"]);
    channel.loseConnection("the link broke");
    const read = channel.readUntilLine("MARK", 10_000);
    expect(stream.calls).toEqual(["PAUSE", "RESUME"]);
    print("\nMARK\n");
    expect(await read).toHaveLength(5_000_001);
    stream.emit("close");
    await expect(channel.readUntilLine("MARK", 10_000)).rejects.toMatchObject({ code: "CONNECTION_LOST" });
  });

  it("names the signal that ended a command", async () => {
    const read = channel.readUntilLine("MARK", 10_000);
    const rejected = expect(read).rejects.toMatchObject({ message: expect.stringContaining("SIGKILL") });
    stream.emit("exit", null, "SIGKILL");
    stream.emit("close");
    await rejected;
  });

  it("never throws on a stream that is breaking, and says so in the next read", async () => {
    stream.broken = true;
    channel.write("x");
    channel.write("y");
    await expect(channel.readUntilLine("MARK", 10_000)).rejects.toMatchObject({ code: "CONNECTION_LOST" });
    expect(goneCount).toBe(1);
  });

  it("gives its place back once: on close, or a second after it was given up", async () => {
    channel.close();
    channel.close();
    expect(stream.calls).toEqual(["CLOSE", "RESUME"]);
    expect(goneCount).toBe(0);
    await vi.advanceTimersByTimeAsync(1_000);
    stream.emit("close");
    expect(goneCount).toBe(1);
  });

  it("refuses a second read at the same time", async () => {
    const read = channel.readUntilLine("MARK", 10_000);
    await expect(channel.readUntilLine("OTHER", 10_000)).rejects.toThrow("already");
    print("MARK\n");
    expect(await read).toBe("");
  });

  it("waits until a read and the exit have both come", async () => {
    const both = Promise.all([channel.readUntilLine("MARK", 10_000), channel.waitForExit(10_000)]);
    print("a\nMARK\n");
    stream.stderr.emit("data", Buffer.from("warning"));
    stream.emit("exit", 0);
    stream.emit("close");
    expect(await both).toEqual(["a\n", { exitCode: 0, stderr: "warning" }]);
  });
});
