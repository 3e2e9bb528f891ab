// The watchdog beside a shell, in real shells: each change is kept or taken back, whoever is silent, dies or comes late.
// `ip` is a stub that logs.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { batchMarkers, formatApplyScript, formatConfirmation } from "../../../provider/host/batch-script";
import { formatStep } from "../../../provider/host/iproute2";
import { invertStep, type Step } from "../../../provider/host/route";
import { findProcess } from "../../../sandbox/processes";
import { readWhole } from "../../support/host-processes";
import { localRoute } from "../../support/route-operations";
import { waitUntil } from "../../support/wait-until";
import { formatStartIn, lockIn, takeLines } from "./local-shell";

const nonce = "anyip-0123456789";
const { applied, done, ready } = batchMarkers(nonce);
const confirmation = `${formatConfirmation(nonce, [])}\n`;
const step: Step = { kind: "add", route: localRoute("2001:db8:100::/64") };
const [forward, inverse] = [step, invertStep(step)].map(formatStep);
/** As short as can be asked for. */
const apply = formatApplyScript(nonce, [{ step }], [], 1);
const shells = ["dash", "bash"];
const endMs = 10_000;

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "anyip-watchdog-"));
  writeFileSync(join(dir, "ip"), `#!/bin/sh\n${takeLines}\n`);
  chmodSync(join(dir, "ip"), 0o755);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** A shell that has been started as on a host, in a lock's directory of its own. */
class Talk {
  output = "";
  readonly folder = mkdtempSync(join(dir, "talk-"));
  readonly lock = lockIn(this.folder);
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;

  constructor(shell: string) {
    mkdirSync(join(this.lock, "routes"), { recursive: true });
    writeFileSync(join(this.folder, "log"), "");
    this.child = spawn(shell, ["-s"], {
      cwd: this.lock,
      env: { PATH: `${dir}:${process.env.PATH ?? ""}`, LOG: join(this.folder, "log") },
      stdio: ["pipe", "pipe", "ignore"],
    });
    this.ended = once(this.child, "close");
    this.child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      this.output += chunk;
    });
    // It may have been ended when it is told something.
    this.child.stdin?.on("error", () => {});
    this.say(`${formatStartIn(this.folder, nonce)}trap leave EXIT\n`);
  }

  say(text: string): void {
    this.child.stdin?.write(text);
  }

  async hear(line: string): Promise<void> {
    await waitUntil(
      () => this.output.split("\n").includes(line),
      (isHeard) => isHeard,
      endMs,
    );
  }

  /** What `ip` was told, but for the question that ends a portion. */
  told(): string[] {
    const lines = readFileSync(join(this.folder, "log"), "utf8").split("\n");
    return lines.filter((line) => line.startsWith("route "));
  }

  /** Waits until nothing is left of what the lock's holder has put there. */
  async vacated(): Promise<void> {
    await waitUntil(
      () => readWhole(this.lock) ?? [],
      (left) => left.length === 0,
      endMs,
    );
  }
}

describe.concurrent.each(shells)("the watchdog of a shell (%s)", { timeout: 60_000 }, (shell) => {
  it("takes back what nobody confirms, ends the shell, and leaves nothing", async () => {
    const talk = new Talk(shell);
    talk.say(apply);
    await talk.ended;
    expect(talk.output).toContain(applied);
    await talk.vacated();
    expect(talk.told()).toEqual([forward, inverse]);
  });

  it("is replaced where it was killed", async () => {
    const talk = new Talk(shell);
    talk.say(apply);
    await talk.hear(applied);
    talk.say(confirmation);
    await talk.hear(done);
    talk.say('kill -9 "$watchdog"; sleep 1\n');
    talk.say(apply);
    await talk.ended;
    await talk.vacated();
    expect(talk.told()).toEqual([forward, forward, inverse]);
  });

  it("takes back what a shell waited for that was killed", async () => {
    const talk = new Talk(shell);
    talk.say(formatApplyScript(nonce, [{ step }], [], 60));
    await talk.hear(applied);
    talk.child.kill("SIGKILL");
    await talk.vacated();
    expect(talk.told()).toEqual([forward, inverse]);
  });

  it("leaves to the next holder of the lock what a shell was killed at", async () => {
    const talk = new Talk(shell);
    talk.say(
      `begin_watchdog\necho '1 ${inverse}' >undo\necho "watchdog $watchdog"\nend_wait\nsleep 3 & wait\n`,
    );
    const watchdog = await waitUntil(
      () => /^watchdog ([0-9]+)$/m.exec(talk.output)?.[1],
      (pid) => pid !== undefined,
      endMs,
    );
    talk.child.kill("SIGKILL");
    await waitUntil(
      () => findProcess(Number(watchdog)),
      (found) => found === undefined,
      endMs,
    );
    expect(talk.told()).toEqual([]);
    expect(readdirSync(talk.lock)).toContain("undo");
  });

  it("is waited for by a shell that was told something too late to be sure", async () => {
    const talk = new Talk(shell);
    // As far as it got: it has announced the end, and not yet looked whether the shell goes on.
    talk.say('begin_watchdog\nkill -STOP "$watchdog"\nbegin_wait 1\necho 1 1<>ending\n');
    talk.say("end_wait\necho went on\n");
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(talk.output).not.toContain("went on");
    writeFileSync(join(talk.lock, "ending"), "0\n");
    await talk.hear("went on");
    talk.say('kill -CONT "$watchdog"\n');
    talk.child.stdin?.end();
    await talk.ended;
  });

  it("and the shell never both keep and take back, whenever the confirmation comes", async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 24 }, async (_, index) => {
        const talk = new Talk(shell);
        await talk.hear(ready);
        talk.say(apply);
        await talk.hear(applied);
        await new Promise((resolve) => setTimeout(resolve, 900 + 50 * index));
        talk.say(confirmation);
        talk.child.stdin?.end();
        await talk.ended;
        await talk.vacated();
        const isKept = talk.output.split("\n").includes(done);
        expect(talk.told()).toEqual(isKept ? [forward] : [forward, inverse]);
        return isKept;
      }),
    );
    expect(new Set(outcomes)).toEqual(new Set([true, false]));
  });
});
