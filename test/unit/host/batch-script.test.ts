// The scripts in real shells: they parse, a cut one runs nothing, and an unconfirmed change is taken back.
// `ip` is a stub that logs, so nothing of this machine is touched.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HostChange } from "../../../provider/host/batch-script";
import {
  batchMarkers,
  formatApplyScript,
  formatConfirmation,
  formatObserveScript,
  formatStartScript,
} from "../../../provider/host/batch-script";
import { formatStep } from "../../../provider/host/iproute2";
import { type OwnershipRecord, recordName } from "../../../provider/host/record";
import { formatRecord } from "../../../provider/host/record-text";
import { formatRootShellCommand } from "../../../provider/host/root-command";
import { invertStep, type Step } from "../../../provider/host/route";
import { localRoute } from "../../support/route-operations";
import { formatStartIn, lockIn, takeLines } from "./local-shell";

const nonce = "anyip-0123456789";
const markers = batchMarkers(nonce);
const route = localRoute("2001:db8:100::/64");
const steps: Step[] = [
  { kind: "add", route },
  {
    kind: "replace",
    route: { ...route, prefix: "2001:db8:9::12/128", protocol: 99 },
    before: { ...route, prefix: "2001:db8:9::12/128" },
  },
  { kind: "delete", route: { ...route, family: "ipv4", prefix: "192.0.2.12/32", metric: 0 } },
];
const tables = [
  { family: "ipv6", table: 255 },
  { family: "ipv4", table: 100 },
] as const;

const record: OwnershipRecord = {
  route,
  owner: "it's/$(reboot)/web",
  origin: "created",
  token: "anyip-0123",
  machineId: "0123456789abcdef0123456789abcdef",
  persists: false,
  hold: { kind: "route" },
};
const goneKey = { family: "ipv4", prefix: "192.0.2.12/32", table: 255, metric: 0 } as const;
const names = [recordName(route), recordName(goneKey)] as const;
const changes = steps.map((step): HostChange => {
  if (step.kind === "add") return { step, record: { kind: "write", record } };
  return step.kind === "delete" ? { step, record: { kind: "remove", key: goneKey } } : { step };
});

const scripts = {
  start: formatStartScript(nonce),
  "observe without the lock": formatObserveScript(nonce, tables, "all", "none"),
  "observe with the lock": formatObserveScript(nonce, tables, names, "take"),
  "observe and pass the lock": formatObserveScript(nonce, tables, [], "pass"),
  "observe what is around": formatObserveScript(nonce, tables, names, "take", true),
  apply: formatApplyScript(nonce, changes, tables, 10),
  "apply without verification": formatApplyScript(nonce, changes, [], 10),
};
const scriptCases = Object.entries(scripts);

const shells: (readonly [name: string, command: readonly [string, ...string[]]])[] = [
  ["dash", ["dash"]],
  ["bash", ["bash"]],
  ["sh", ["sh"]],
];
// Only to parse: Debian's busybox prefers its own applets to PATH, and would run its own `ip`.
const hasBusybox = spawnSync("busybox", ["true"]).status === 0;
const parsers = hasBusybox ? [...shells, ["busybox", ["busybox", "sh"]] as const] : shells;
const crossWithScripts = (list: typeof shells) =>
  list.flatMap(([shell, command]) => scriptCases.map(([name, text]) => ({ shell, command, name, text })));
const everyScriptInEveryShell = crossWithScripts(shells);

let dir: string;
let stubs: string;
/** Only `ip` is a stub here. */
let talkStubs: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "anyip-scripts-"));
  stubs = join(dir, "bin");
  mkdirSync(stubs);
  talkStubs = join(dir, "talk-bin");
  mkdirSync(talkStubs);
  for (const name of ["ip", "flock", "mkdir", "rmdir", "rm", "mv", "find", "head", "sudo"]) {
    const batch = name === "ip" ? `case "$*" in *-batch*) ${takeLines} ;; esac\n` : "";
    // A lock that nobody gets ends the script there; a stub that gave it away would have it wait for ever.
    const answer = name === "flock" ? "exit 1\n" : "";
    writeStub(name, `echo "@$CUT ${name} $*" >>"$LOG"\n${batch}${answer}`);
  }
  writeStub("sleep", 'exec /bin/sleep "$@"\n');
  writeStub("cat", 'exec /bin/cat "$@"\n');
  copyFileSync(join(stubs, "ip"), join(talkStubs, "ip"));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function writeStub(name: string, body: string): void {
  const file = join(stubs, name);
  writeFileSync(file, `#!/bin/sh\n${body}`);
  chmodSync(file, 0o755);
}

describe("the command that the login runs", () => {
  // Whichever of these are installed: sh, fish and csh each quote in their own way.
  const loginShells = ["dash", "bash", "fish", "tcsh", "zsh"].filter(
    (name) => spawnSync(name, ["-c", "true"]).status === 0,
  );

  it.each(loginShells)("says where the login comes from, and becomes a shell (%s)", (name) => {
    const env = { PATH: `${stubs}:${process.env.PATH ?? ""}`, LOG: "/dev/null", HOME: dir };
    for (const client of [
      "192.0.2.1 50000 192.0.2.2 22",
      "fe80::1%eth0 1 fe80::2%eth0 22",
      "$(reboot) '\" `id`",
    ]) {
      const { stdout } = spawnSync(name, ["-c", formatRootShellCommand("auto", nonce)], {
        env: { ...env, SSH_CONNECTION: client },
        input: "echo ready\n",
        encoding: "utf8",
      });
      expect(stdout).toMatch(`${nonce} client ${client}\n`);
    }
  });
});

describe("each script", () => {
  it.each(crossWithScripts(parsers))("is something $shell can parse: $name", ({ command, text }) => {
    const [program, ...args] = command;
    const { status, stderr } = spawnSync(program, [...args, "-n"], { input: text, encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });

  it.each(scriptCases)("defines one function, and calls it on the last line: %s", (_name, text) => {
    const lines = text.trimEnd().split("\n");
    const name = /^(anyip_[a-z]+)\(\) \{$/.exec(lines[0] ?? "")?.[1] ?? "no function";
    expect(lines.at(-1)?.split(" ")[0]).toBe(name);
    expect(lines.at(-2)).toBe("}");
    expect(text.endsWith("\n")).toBe(true);
  });
});

describe("a script that was cut short", () => {
  // A machine that many work on may need a multiple of the second or so that each of these takes.
  const timeoutMs = 120_000;

  it.each(everyScriptInEveryShell)(
    "runs nothing in $shell, after every third byte: $name",
    async ({ command, text }) => {
      expect(await evaluateCuts(command, text)).toEqual({ stdout: "left <>\n", log: [] });
    },
    timeoutMs,
  );

  it.each(everyScriptInEveryShell)(
    "runs nothing in $shell that reads it from a channel, cut where its call is: $name",
    async ({ command, text }) => {
      const cuts = Array.from({ length: 80 }, (_, index) => wholeLength(text) - 1 - index);
      expect(await feedCuts(command, text, cuts)).toEqual([]);
    },
    timeoutMs,
  );

  it.each(everyScriptInEveryShell.filter(({ name }) => name.startsWith("observe")))(
    "changes no route in $shell, wherever in the call it was cut: $name",
    async ({ command, text }) => {
      const cuts = Array.from({ length: 12 }, (_, index) => text.length - 1 - index);
      const log = await feedCuts(command, text, cuts);
      expect(
        log.filter((line) => line.includes(" ip ") && !/ (route|rule|link|neigh) show/.test(line)),
      ).toEqual([]);
    },
    timeoutMs,
  );
});

/** From so many bytes on the whole function has arrived and has been called, if perhaps not with its redirection. */
function wholeLength(text: string): number {
  const call = text.trimEnd().lastIndexOf("\n") + 1;
  return call + (/^\S+/.exec(text.slice(call))?.[0] ?? "").length;
}

/** One shell parses the beginnings of the text, each in a subshell: a process each would take minutes on a busy machine. */
async function evaluateCuts(command: readonly string[], text: string) {
  const count = Math.floor((wholeLength(text) - 1) / 3);
  const loop = `tried=0
while [ $tried -lt ${count} ]; do
(eval "$TEXT")
TEXT=\${TEXT%???} tried=$((tried + 1)) CUT=\${#TEXT}
done </dev/null 2>/dev/null
echo "left <$TEXT>"`;
  return await runWithStubs([...command, "-c", loop], { TEXT: text.slice(0, 3 * count), CUT: "" });
}

/** Feeds the first `cut` bytes to a shell, for each cut; the answer is what any stub was called with. */
async function feedCuts(command: readonly string[], text: string, cuts: readonly number[]) {
  const folder = mkdtempSync(join(dir, "cuts-"));
  for (const cut of cuts) writeFileSync(join(folder, String(cut)), text.slice(0, cut));
  const shell = [findOnPath(command[0] ?? "sh"), ...command.slice(1)].join(" ");
  const loop = `for CUT in ${cuts.join(" ")}; do export CUT; ${shell} -s <${folder}/$CUT; done`;
  return (await runWithStubs(["/bin/sh", "-c", loop], {})).log;
}

function findOnPath(program: string): string {
  return spawnSync("sh", ["-c", `command -v ${program}`], { encoding: "utf8" }).stdout.trim();
}

/** The answer has what any stub was called with. */
async function runWithStubs([program = "sh", ...args]: readonly string[], env: Record<string, string>) {
  const log = join(mkdtempSync(join(dir, "log-")), "log");
  writeFileSync(log, "");
  const child = spawn(findOnPath(program), args, {
    env: { PATH: stubs, LOG: log, SAYS: "", ...env },
    stdio: ["ignore", "pipe", "ignore"],
  });
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
  });
  await once(child, "close");
  return { stdout, log: readFileSync(log, "utf8").split("\n").filter(Boolean) };
}

const confirmation = formatConfirmation(nonce, []);

describe("the apply script", () => {
  const forward = steps.map(formatStep);
  const inverse = steps.map((step) => formatStep(invertStep(step)));
  const [undoAdd, undoReplace, undoDelete] = inverse;

  it.each(shells)("keeps what was confirmed (%s)", async (_name, command) => {
    const { log, stdout } = await converse(command, scripts.apply, `${confirmation}\n`);
    expect(batchesIn(log)).toEqual([[...forward, "link show dev lo"]]);
    expect(stdout).toMatch(new RegExp(`^${markers.done}$`, "m"));
    expect(stdout.match(/^@exit 0$/gm)).toHaveLength(tables.length);
  });

  it.each(shells)("takes everything back, last first, when the channel ends (%s)", async (_name, command) => {
    const { log, stdout } = await converse(command, scripts.apply, "");
    expect(batchesIn(log)).toEqual([
      [...forward, "link show dev lo"],
      [undoDelete, undoReplace, undoAdd],
    ]);
    expect(stdout).not.toContain(markers.done);
  });

  it.each(shells)("takes a wrong or cut confirmation for none (%s)", async (_name, command) => {
    for (const answer of [
      confirmation.slice(0, -1),
      `${confirmation}x\n`,
      `${confirmation.slice(0, -2)} 192.0.`,
      "\n",
    ]) {
      const { log, stdout } = await converse(command, scripts.apply, answer);
      expect(batchesIn(log)).toHaveLength(2);
      expect(stdout).not.toContain(markers.done);
    }
  });

  it.each(shells)("does not take back what had failed (%s)", async (_name, command) => {
    const says = "RTNETLINK answers: File exists\nCommand failed -:1\nCommand failed -:3\n";
    const { log, stdout } = await converse(command, scripts.apply, "", says);
    expect(batchesIn(log)[1]).toEqual([undoReplace]);
    expect(stdout).toContain(says);
  });
});

describe("the records of a batch", () => {
  const [writtenName, goneName] = names;
  const others = { "other-table-1-metric-2": "not ours\n" };
  const before = { ...others, [goneName]: "about to go\n" };
  const inRoutes = (records: Record<string, string>) =>
    Object.fromEntries(Object.entries(records).map(([name, text]) => [`routes/${name}`, text]));
  /** What a batch leaves for the next, once it is over. */
  const over = { routes: "folder", undo: "" };

  it.each(shells)(
    "are in place once it is kept, and those that go are named (%s)",
    async (_name, command) => {
      const { left } = await converse(command, scripts.apply, `${confirmation}\n`, "", before);
      const written = { [writtenName]: `${formatRecord(record)}\n` };
      const gone = `routes/${goneName}\n`;
      expect(left).toEqual({
        ...over,
        new: "folder",
        kept: "",
        gone,
        ...inRoutes({ ...before, ...written }),
      });
    },
  );

  it.each(shells)("stay as they were when it is taken back (%s)", async (_name, command) => {
    const { left } = await converse(command, scripts.apply, "", "", before);
    expect(left).toEqual({ ...over, ...inRoutes(before) });
  });

  it.each(shells)("stay as they were for operations that failed (%s)", async (_name, command) => {
    const answer = `${formatConfirmation(nonce, names)}\n`;
    const { left, stdout } = await converse(command, scripts.apply, answer, "", before);
    expect(stdout).toMatch(new RegExp(`^${markers.done}$`, "m"));
    expect(left).toEqual({ ...over, new: "folder", kept: "", ...inRoutes(before) });
  });

  it.each(shells)(
    "that go are removed at once where there is no room to name them (%s)",
    async (_name, command) => {
      // What got there of the names is, as it stands, the name of a record that stays.
      const half = "routes/other-table-1-metric-2";
      const fails = `'%s routes/'*) command printf '%s' ${half}; return 1 ;;`;
      const script = `printf() { case "$*" in ${fails} *) command printf "$@" ;; esac; }\n${scripts.apply}`;
      const { left, stdout } = await converse(command, script, `${confirmation}\n`, "", before);
      const written = { [writtenName]: `${formatRecord(record)}\n` };
      expect(stdout).toMatch(new RegExp(`^${markers.done}$`, "m"));
      expect(left).toEqual({
        ...over,
        new: "folder",
        kept: "",
        gone: "",
        ...inRoutes({ ...others, ...written }),
      });
    },
  );

  it.each(shells)("that went are removed before one is written (%s)", async (_name, command) => {
    const earlier = { ...before, [writtenName]: "went with an earlier batch\n" };
    const script = `printf 'routes/%s\\n' '${writtenName}' >gone\n${scripts.apply}`;
    const { left } = await converse(command, script, `${confirmation}\n`, "", earlier);
    expect(left).toMatchObject({
      gone: `routes/${goneName}\n`,
      ...inRoutes({ ...before, [writtenName]: `${formatRecord(record)}\n` }),
    });
  });
});

/** The lines of each `ip -batch`, in the order they ran. */
function batchesIn(log: string): string[][] {
  return log
    .split(/^(?=@)/m)
    .filter((part) => part.includes("-batch"))
    .map((part) => part.trimEnd().split("\n").slice(1));
}

/** Runs a script, and answers it once it has reported. */
async function converse(
  command: readonly string[],
  script: string,
  answer: string,
  says = "",
  records: Readonly<Record<string, string>> = {},
) {
  const folder = mkdtempSync(join(dir, "talk-"));
  const logFile = join(folder, "log");
  writeFileSync(logFile, "");
  const lockDirectory = lockIn(folder);
  mkdirSync(join(lockDirectory, "routes"), { recursive: true });
  for (const [name, text] of Object.entries(records))
    writeFileSync(join(lockDirectory, "routes", name), text);
  const [program = "sh", ...args] = command;
  const child = spawn(program, [...args, "-s"], {
    cwd: lockDirectory,
    env: { PATH: `${talkStubs}:${process.env.PATH ?? ""}`, LOG: logFile, SAYS: says, CUT: "" },
    stdio: ["pipe", "pipe", "ignore"],
  });
  let stdout = "";
  let isAnswered = false;
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
    if (isAnswered || !stdout.includes(`${markers.applied}\n`)) return;
    isAnswered = true;
    child.stdin.end(answer);
  });
  child.stdin.write(formatStartIn(folder, nonce) + script);
  await new Promise((resolve) => child.on("close", resolve));
  const left = readTree(lockDirectory);
  return { log: readFileSync(logFile, "utf8"), stdout, left };
}

/** What is of use to the shell and those beside it alone, as long as it has the lock. */
const workFiles = new Set(["turn", "ending", "steps", "answers"]);

/** Every file below the folder with its text, and every folder. */
function readTree(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
    ({ name }) => !workFiles.has(name),
  );
  return Object.fromEntries(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length + 1), entry.isFile() ? readFileSync(path, "utf8") : "folder"];
    }),
  );
}
