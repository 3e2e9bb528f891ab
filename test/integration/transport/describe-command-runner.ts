// What every transport must do: one suite, run against each implementation of CommandRunner.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CommandRunner } from "../../../provider/transport/command-runner";

/** How a suite gets at a host; `killSessions` ends its server processes as a crash would. */
export interface RunnerFixture {
  connect(): Promise<CommandRunner>;
  killSessions(): void;
  remove(): Promise<void>;
}

const TIMEOUT_MS = 20_000;

export function describeCommandRunner(name: string, makeFixture: () => Promise<RunnerFixture>): void {
  describe(`${name} as a command runner`, () => {
    let fixture: RunnerFixture;
    let runner: CommandRunner;

    beforeAll(async () => {
      fixture = await makeFixture();
      runner = await fixture.connect();
    });
    afterAll(async () => {
      runner?.close();
      await fixture?.remove();
    });

    it("talks with a shell: each answer comes up to its marker", async () => {
      const channel = await runner.open("sh -s");
      channel.write("echo one; echo two; echo MARK-1\n");
      expect(await channel.readUntilLine("MARK-1", TIMEOUT_MS)).toBe("one\ntwo\n");
      channel.write(
        "printf 'a MARK-2\\nMARK-2 b\\r\\n\\303\\244'; echo; echo MARK-2; echo rest; echo MARK-3; exit 7\n",
      );
      expect(await channel.readUntilLine("MARK-2", TIMEOUT_MS)).toBe("a MARK-2\nMARK-2 b\r\nä\n");
      expect(await channel.readUntilLine("MARK-3", TIMEOUT_MS)).toBe("rest\n");
      expect(await channel.waitForExit(TIMEOUT_MS)).toEqual({ exitCode: 7, stderr: "" });
    });

    it.each([0, 1, 42, 255])("returns exit code %i", async (code) => {
      const channel = await runner.open(`exit ${code}`);
      expect((await channel.waitForExit(TIMEOUT_MS)).exitCode).toBe(code);
    });

    it("finds a marker that arrives in pieces, after a carriage return and inside of UTF-8", async () => {
      const channel = await runner.open("sh -s");
      channel.write(
        "printf 'x\\303'; sleep 0.1; printf '\\244\\nMA'; sleep 0.1; printf 'RK'; sleep 0.1; printf '\\r\\n'\n",
      );
      expect(await channel.readUntilLine("MARK", TIMEOUT_MS)).toBe("xä\n");
      channel.close();
    });

    it("reads 10 MB of output without slowing down", async () => {
      const channel = await runner.open("sh -s");
      channel.write("yes 0123456789012345678901234567890123456789012345678 | head -c 10000000; echo MARK\n");
      const startedAt = Date.now();
      expect(await channel.readUntilLine("MARK", TIMEOUT_MS)).toHaveLength(10_000_000);
      expect(Date.now() - startedAt).toBeLessThan(5_000);
      channel.close();
    });

    it("loses nothing of 20 MB that come before anybody reads", async () => {
      const channel = await runner.open("yes | head -c 20000000; echo; echo MARK");
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(await channel.readUntilLine("MARK", TIMEOUT_MS)).toHaveLength(20_000_001);
      expect((await channel.waitForExit(TIMEOUT_MS)).exitCode).toBe(0);
    });

    it("takes a script of 10 MB whole", async () => {
      const channel = await runner.open("cat | wc -c; echo MARK");
      channel.write(`${"#".repeat(999)}\n`.repeat(10_000));
      channel.end();
      expect((await channel.readUntilLine("MARK", TIMEOUT_MS)).trim()).toBe("10000000");
    });

    it("drains 10 MB of standard error that nobody reads, and keeps its tail", async () => {
      const channel = await runner.open("yes error | head -c 10000000 >&2; echo the end >&2; echo MARK");
      await channel.readUntilLine("MARK", TIMEOUT_MS);
      const { exitCode, stderr } = await channel.waitForExit(TIMEOUT_MS);
      expect(exitCode).toBe(0);
      expect(stderr.length).toBeLessThanOrEqual(16 * 1024);
      expect(stderr).toMatch(/the end\n$/);
    });

    it("lets a command end whose 100 MB nobody reads", async () => {
      const channel = await runner.open("yes | head -c 100000000");
      expect((await channel.waitForExit(TIMEOUT_MS)).exitCode).toBe(0);
    });

    it("gives up on a command that does not answer", async () => {
      const channel = await runner.open("echo READY; echo so far; sleep 3");
      await channel.readUntilLine("READY", TIMEOUT_MS);
      const read = channel.readUntilLine("MARK", 500);
      await expect(read).rejects.toMatchObject({ code: "COMMAND_TIMEOUT", facts: { output: "so far" } });
      await expect((await runner.open("sleep 3")).waitForExit(200)).rejects.toMatchObject({
        code: "COMMAND_TIMEOUT",
      });
      expect(runner.isOpen).toBe(true);
    });

    it("gives up on output without end", async () => {
      const channel = await runner.open("yes");
      const read = channel.readUntilLine("MARK", TIMEOUT_MS, 1_000_000);
      await expect(read).rejects.toMatchObject({ code: "UNEXPECTED_OUTPUT" });
    });

    it("tells what a command printed that ended without the marker", async () => {
      const channel = await runner.open("echo said; echo complained >&2; exit 3");
      await expect(channel.readUntilLine("MARK", TIMEOUT_MS)).rejects.toMatchObject({
        code: "CONNECTION_LOST",
        facts: { exitCode: 3, output: "said\ncomplained" },
      });
    });

    it("knows no exit code of a command that was killed", async () => {
      const channel = await runner.open("kill -9 $$");
      expect((await channel.waitForExit(TIMEOUT_MS)).exitCode).toBeUndefined();
    });

    it("sees that a command ended though a child keeps its output open", async () => {
      const channel = await runner.open("sleep 4 & exit 5");
      const startedAt = Date.now();
      expect((await channel.waitForExit(TIMEOUT_MS)).exitCode).toBe(5);
      expect(Date.now() - startedAt).toBeLessThan(3_000);
    });

    it("survives writes to a command that has ended, and closing twice", async () => {
      const channel = await runner.open("exit 0");
      await channel.waitForExit(TIMEOUT_MS);
      channel.write("late\n");
      channel.end();
      channel.close();
      channel.close();
      await expect(channel.readUntilLine("MARK", TIMEOUT_MS)).rejects.toMatchObject({
        code: "CONNECTION_LOST",
      });
    });

    it("serves 20 channels asked for at once", async () => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, async (_, index) => {
          const channel = await runner.open(`sleep 0.05; echo ${index}; echo MARK`);
          const answer = await channel.readUntilLine("MARK", TIMEOUT_MS);
          await channel.waitForExit(TIMEOUT_MS);
          return Number(answer);
        }),
      );
      expect(answers).toEqual(Array.from({ length: 20 }, (_, index) => index));
    });

    it("ends every channel and refuses new ones once closed", async () => {
      const other = await fixture.connect();
      const channel = await other.open("sleep 5");
      const read = channel.readUntilLine("MARK", TIMEOUT_MS);
      other.close();
      other.close();
      await expect(read).rejects.toMatchObject({ code: "CONNECTION_LOST" });
      await expect(other.open("true")).rejects.toMatchObject({ code: "CONNECTION_LOST" });
      expect(other.isOpen).toBe(false);
    });

    it("reports an unknown outcome when the server's process is killed", async () => {
      const other = await fixture.connect();
      const reading = (await other.open("sleep 30")).readUntilLine("MARK", TIMEOUT_MS);
      const ending = (await other.open("sleep 30")).waitForExit(TIMEOUT_MS);
      setTimeout(() => fixture.killSessions(), 200);
      await expect(reading).rejects.toMatchObject({ code: "CONNECTION_LOST", retryable: true });
      expect((await ending).exitCode).toBeUndefined();
      expect(other.isOpen).toBe(false);
      await expect(other.open("true")).rejects.toMatchObject({ code: "CONNECTION_LOST" });
    });
  });
}
