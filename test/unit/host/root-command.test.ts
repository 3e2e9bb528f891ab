// The commands that start a root shell, in real shells with sudo, doas and id as stubs.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  formatPasswordShellCommand,
  formatPasswordTrial,
  formatRootShellCommand,
  formatShellProbe,
} from "../../../provider/host/root-command";

const nonce = "anyip-0123456789";
const shellNonce = "anyip-9876543210";
const greeting = `${shellNonce} client \n`;
const commands = {
  auto: formatRootShellCommand("auto", shellNonce),
  none: formatRootShellCommand("none", shellNonce),
  sudo: formatRootShellCommand("sudo", shellNonce),
  doas: formatRootShellCommand("doas", shellNonce),
  trial: formatPasswordTrial(nonce),
  "password shell": formatPasswordShellCommand(nonce, shellNonce),
} as const;
type CommandName = keyof typeof commands;
const names = Object.keys(commands) as CommandName[];
/** What stands between the quotes of `sh -c '…'`. */
const bodyOf = (name: CommandName) => /^sh -c '([^']*)'$/.exec(commands[name])?.[1] ?? "no command";

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "anyip-root-"));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Runs a command where only these programs are on the PATH; the answer is its output. */
function runWith(name: CommandName, shell: string, stubs: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(dir, "bin-"));
  mkdirSync(join(folder, "empty"));
  for (const [program, body] of Object.entries(stubs)) {
    const file = join(folder, program);
    writeFileSync(file, `#!/bin/sh\n${body}\n`);
    chmodSync(file, 0o755);
  }
  const shellPath = spawnSync("sh", ["-c", `command -v ${shell}`], { encoding: "utf8" }).stdout.trim();
  symlinkSync(shellPath, join(folder, "sh"));
  const { stdout, stderr } = spawnSync("/bin/sh", ["-c", commands[name]], {
    env: { PATH: folder },
    input: "echo shell runs\n",
    encoding: "utf8",
  });
  return stdout + stderr;
}

const shells = ["dash", "bash"] as const;
const plainUser = { id: "echo 1000" };
const rootUser = { id: "echo 0" };
const refuse = 'echo "$0 refused" | sed "s|.*/||" >&2; exit 1';
const say = (program: string) => `echo ${program} "$@"`;
/** Grants everything, without a password. */
const granting = `while [ "$1" != /bin/sh ]; do shift; done; exec "$@"`;
/** As sudo with a password does, down to where the prompt goes. */
const asking = `case "$*" in *-n*) exit 1 ;; esac; printf %s "$4" >&2; read -r word; [ "$word" = right ] || exit 1`;

describe.each(shells)("in %s", (shell) => {
  it.each(names)("%s parses", (name) => {
    const { status, stderr } = spawnSync(shell, ["-n"], { input: bodyOf(name), encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });

  it.each(["auto", "none", "sudo", "doas"] as const)("%s needs nothing for root", (name) => {
    expect(runWith(name, shell, { ...rootUser, sudo: refuse, doas: refuse })).toBe(`${greeting}shell runs\n`);
  });

  it.each<[CommandName, Readonly<Record<string, string>>, RegExp]>([
    ["auto", { sudo: say("sudo"), doas: say("doas") }, /^sudo -n \/bin\/sh -s\n$/],
    ["auto", { doas: say("doas") }, /^doas -n \/bin\/sh -s\n$/],
    ["auto", {}, /sudo: not found/],
    ["sudo", { sudo: say("sudo"), doas: say("doas") }, /^sudo -n \/bin\/sh -s\n$/],
    ["doas", { sudo: say("sudo"), doas: say("doas") }, /^doas -n \/bin\/sh -s\n$/],
    ["doas", { sudo: say("sudo") }, /doas: not found/],
    ["none", { sudo: say("sudo"), doas: say("doas") }, /^connection\.privilege is none\n$/],
  ])("%s with %j runs what it should", (name, stubs, expected) => {
    expect(runWith(name, shell, { ...plainUser, ...stubs }).replace(greeting, "")).toMatch(expected);
  });

  it.each<[string, Readonly<Record<string, string>>, string]>([
    ["root", { ...rootUser, sudo: refuse }, `\n${nonce} granted\n${nonce}\n`],
    ["sudo that is missing", plainUser, `\n${nonce} granted\n${nonce}\n`],
    ["sudo without a password", { ...plainUser, sudo: granting }, `\n${nonce} granted\n${nonce}\n`],
    ["sudo that asks", { ...plainUser, sudo: asking }, `\n${nonce}\n:\n${nonce} exit 1\n${nonce}\n`],
    ["sudo that refuses", { ...plainUser, sudo: "exit 3" }, `\n${nonce} exit 3\n${nonce}\n`],
  ])("the trial answers for %s", (_what, stubs, expected) => {
    expect(runWith("trial", shell, stubs)).toBe(expected);
  });

  it("the probe is answered by a shell", () => {
    const { stdout } = spawnSync(shell, ["-s"], { input: formatShellProbe(nonce), encoding: "utf8" });
    expect(stdout).toBe(`\n${nonce} granted\n${nonce}\n`);
  });
});

it.each(names)("%s is one line without what fish or csh take for something else", (name) => {
  expect(bodyOf(name)).not.toBe("no command");
  expect(commands[name]).not.toMatch(/[!\\\n]/);
});
