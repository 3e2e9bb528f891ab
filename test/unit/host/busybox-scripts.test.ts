// The scripts in real shells, beside stubs that answer as busybox's `ip` and `flock` do.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { formatObserveScript } from "../../../provider/host/batch-script";
import { busybox, iproute2 } from "../../../provider/host/dialect";
import { parseBatchReport } from "../../../provider/host/iproute2";
import { formatDialect, stepFunctions } from "../../../provider/host/step-script";

const shells = ["dash", "bash"];
const usage = "BusyBox v1.35.0 (Debian) multi-call binary.";
const stubs = {
  ip: `echo "ip $*" >>"$LOG"
case $* in
-V | *-batch*) echo "${usage}" >&2; exit 1 ;;
*192.0.2.0*) echo "ip: RTNETLINK answers: File exists" >&2; exit 2 ;;
link*) echo "1: lo: <LOOPBACK>" ;;
esac`,
  flock: `echo "flock $*" >>"$LOG"
case $1 in -w) printf "flock: invalid option -- 'w'\\n${usage}\\n" >&2; exit 1 ;; esac
exit "$LOCKED"`,
};

let dir: string;
let log: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "anyip-busybox-"));
  log = join(dir, "log");
  for (const [name, body] of Object.entries(stubs)) {
    writeFileSync(join(dir, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(dir, name), 0o755);
  }
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));
beforeEach(() => writeFileSync(log, ""));

function run(shell: string, script: string, locked = 0): string {
  const env = { PATH: `${dir}:${process.env.PATH ?? ""}`, LOG: log, LOCKED: String(locked) };
  return spawnSync(shell, ["-s"], { input: script, env, encoding: "utf8" }).stdout;
}
const logged = () => readFileSync(log, "utf8").trim().split("\n");

describe.each(shells)("run_steps (%s)", (shell) => {
  const steps = [
    "route add local 192.0.2.0/24 dev lo",
    "route add local 2001:db8::/64 dev lo",
    "link show dev lo",
  ];
  const script = (first: string) =>
    [...stepFunctions, first, "run_steps <<'STEPS'", ...steps, "STEPS", ""].join("\n");
  const inBusybox = steps.map((step) => `ip ${step}`);

  it("runs busybox's `ip` once a step, and reports as `ip -batch` does", () => {
    const { complete, failures } = parseBatchReport(run(shell, script(formatDialect(busybox))));
    expect({ complete, failures }).toEqual({
      complete: true,
      failures: new Map([[1, "ip: RTNETLINK answers: File exists"]]),
    });
    expect(logged()).toEqual(inBusybox);
  });

  it("asks whose `ip` it is where nobody has said", () => {
    run(shell, script("dialect="));
    expect(logged()).toEqual(["ip -V", ...inBusybox]);
  });

  it("runs iproute2's once, and asks nothing before", () => {
    run(shell, script(formatDialect(iproute2)));
    expect(logged()).toEqual(["ip -force -batch -"]);
  });
});

describe.each(shells)("the lock by busybox's flock (%s)", (shell) => {
  /** Below a directory of the test's own, since a lock that is taken ends as that of this machine's would. */
  const observe = () =>
    formatObserveScript("nonce", [], [], "take").replaceAll("/run/pulumi-anyip", `${dir}/lock`);

  it("waits for it without an option for how long", () => {
    expect(run(shell, observe())).toMatch(/^nonce observed$/m);
    expect(logged()).toEqual(["flock -w 75 9", "flock 9"]);
  });

  it("says so where it does not get it", () => {
    expect(run(shell, observe(), 143)).toMatch(/^@busy$/m);
  });
});
