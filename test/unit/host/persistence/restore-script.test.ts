// The restore program in real shells, with `ip` a stub that logs, and with directories of the test's own.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { formatRoute, parseFormattedRoute } from "../../../../provider/host/iproute2";
import { storeDirectory, versionLine } from "../../../../provider/host/persistence/paths";
import { formatRestoreScript } from "../../../../provider/host/persistence/restore-script";
import { hostDirectory, recordName } from "../../../../provider/host/record";
import { formatRecord } from "../../../../provider/host/record-text";
import type { LocalRoute } from "../../../../provider/host/route";
import { localRoute } from "../../../support/route-operations";
import { waitUntil } from "../../../support/wait-until";
import { anyRoute } from "../any-route";

const hasBusybox = spawnSync("busybox", ["true"]).status === 0;
const shells: (readonly [name: string, command: readonly [string, ...string[]]])[] = [
  ["dash", ["dash"]],
  ["bash", ["bash"]],
  ...(hasBusybox ? [["busybox", ["busybox", "ash"]] as const] : []),
];

const sentinel = "echo '1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536'";
/** How `ip` behaves; `$*` are its arguments. */
const ips = {
  iproute2: `case "$*" in *-batch*) sed 's/^/batch /' >>"$LOG"; ${sentinel} ;; esac`,
  "an ip without -batch": 'case "$*" in *-batch*) echo Usage >&2; exit 1 ;; esac; echo "each $*" >>"$LOG"',
  "an ip that stops at a line": `case "$*" in *-batch*) echo 'Error: inet prefix is expected' >&2; exit 1 ;; esac; echo "each $*" >>"$LOG"`,
};

const folders: string[] = [];
let folder: string;
let log: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "anyip-restore-"));
  folders.push(folder);
  log = join(folder, "log");
  mkdirSync(join(folder, "bin"));
  mkdirSync(join(folder, "etc/routes"), { recursive: true });
  mkdirSync(join(folder, "etc/new"));
  const text = formatRestoreScript(
    [join(folder, "init/link"), join(folder, "init/unit")],
    join(folder, "init"),
  )
    .replace("PATH=", `PATH=${folder}/bin:`)
    .replace(`lock=${hostDirectory} store=${storeDirectory}`, `lock=${folder}/run store=${folder}/etc`);
  writeFileSync(join(folder, "etc/restore"), text);
  writeFileSync(log, "");
  stubIp(ips.iproute2);
});
afterAll(() => {
  for (const each of folders) rmSync(each, { recursive: true, force: true });
});

function stubIp(body: string): void {
  writeFileSync(
    join(folder, "bin/ip"),
    `#!/bin/sh\n[ "$1" != -V ] || echo 'ip utility, iproute2-6.1.0'\n${body}\n`,
  );
  chmodSync(join(folder, "bin/ip"), 0o755);
}

function writeRecord(route: LocalRoute, change: (text: string) => string = (text) => text): void {
  const text = formatRecord({
    route,
    owner: "a/b/c",
    origin: "created",
    token: "t-1",
    machineId: "-",
    hold: { kind: "route" },
  });
  writeFileSync(join(folder, "etc/routes", recordName(route)), change(`${text}\n`));
}

function run(shell: readonly [string, ...string[]], ...words: string[]) {
  const [program, ...args] = shell;
  const env = { PATH: process.env.PATH, LOG: log };
  return spawnSync(program, [...args, join(folder, "etc/restore"), ...words], { env, encoding: "utf8" });
}

function start(shell: readonly [string, ...string[]], ...words: string[]): ChildProcess {
  const [program, ...args] = shell;
  const env = { PATH: process.env.PATH, LOG: log };
  const all = [...args, join(folder, "etc/restore"), ...words];
  return spawn(program, all, { env, stdio: "ignore", detached: true });
}

/** A record's text, with another first word for its route, and lines before its end. */
const hold = (text: string, word: string, lines: string) =>
  text.replace("route", word).replace(/end\n$/, `${lines}end\n`);
function isGroupThere(group: number): boolean {
  try {
    return process.kill(-group, 0);
  } catch {
    return false;
  }
}

const readLog = () => readFileSync(log, "utf8").split("\n").filter(Boolean);
const restoresIn = (lines: readonly string[]) =>
  lines.filter((line) => line.startsWith("batch link show")).length;

it("says what it is, in a form that a check of its version can rely on", () => {
  expect(formatRestoreScript([]).split("\n").slice(0, 2)).toEqual(["#!/bin/sh", versionLine]);
});

describe.each(shells)("the restore program in %s", (_, shell) => {
  const routes = [localRoute("2001:db8:1::/64"), localRoute("198.51.100.0/24")];
  const lines = routes.map(formatRoute).sort();
  const up = "2: eth0: <BROADCAST,UP,LOWER_UP> mtu 1500";
  const down = "2: eth0: <BROADCAST> mtu 1500";
  const monitor = (events: string) => `case "$1" in monitor) ${events} ;; esac\n${ips.iproute2}`;

  it.each(Object.entries(ips))("restores each record by %s", (name, ip) => {
    stubIp(ip);
    for (const route of routes) writeRecord(route);
    const { status, stderr } = run(shell, "once");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "pulumi-anyip: routes restored: 2\n" });
    const kind = name === "iproute2" ? "batch" : "each";
    expect(
      readLog()
        .filter((line) => line.includes(" route add "))
        .sort(),
    ).toEqual(lines.map((line) => `${kind} route add ${line}`));
    expect(existsSync(join(folder, "run"))).toBe(false);
  });

  it("adds no route for what is covered by a larger one or was released, and finds nothing wrong with it", () => {
    stubIp(ips.iproute2);
    const [first, second] = routes;
    if (!first || !second) throw new Error("there are two routes");
    const choice = { pool: "2001:db8::/32", key: "end" };
    writeRecord(first);
    writeRecord(localRoute("2001:db8:2::/64"), (text) =>
      hold(text, "covered", `for ${choice.pool} ${choice.key}\n`),
    );
    writeRecord(second, (text) => hold(text, "released", "for 198.51.0.0/16 a b\nuntil 1764100000\n"));
    const { status, stderr } = run(shell, "once");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "pulumi-anyip: routes restored: 1\n" });
    expect(readLog().filter((line) => line.includes(" route add "))).toEqual([
      `batch route add ${formatRoute(first)}`,
    ]);
  });

  it("says which lines failed, but for routes that are there", () => {
    for (const route of routes) writeRecord(route);
    const failures =
      "echo 'RTNETLINK answers: File exists'; echo 'Command failed -:1'; echo no; echo 'Command failed -:2'";
    stubIp(`case "$*" in *-batch*) sed 's/^/batch /' >>"$LOG"; ${failures}; ${sentinel} ;; esac`);
    const { status, stderr } = run(shell, "once");
    const second = readLog()[1]?.replace("batch route add local ", "");
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: `pulumi-anyip: ${second} is not restored: no\n`,
    });
  });

  it("takes every route that can be recorded", () => {
    const every = new Map(fc.sample(anyRoute, 300).map((route) => [recordName(route), route]));
    for (const route of every.values()) writeRecord(route);
    expect(run(shell, "once").stderr).toBe(`pulumi-anyip: routes restored: ${every.size}\n`);
    expect(readLog().slice(0, -1).sort()).toEqual(
      [...every.values()].map((route) => `batch route add ${formatRoute(route)}`).sort(),
    );
  });

  it("hands nothing to ip that is no route, whatever a record has become", () => {
    const anyDamage = fc.record({
      at: fc.nat(160),
      cut: fc.nat(3),
      put: fc.constantFrom(
        "",
        "\n",
        " ",
        "$(reboot)",
        "`id`",
        ";",
        "\0",
        "é",
        "0",
        "route del ",
        " table 1",
        "end\n",
      ),
    });
    const damages = fc.sample(fc.tuple(anyRoute, anyDamage), 500);
    for (const [route, { at, cut, put }] of damages)
      writeRecord(route, (text) => text.slice(0, at) + put + text.slice(at + cut));
    run(shell, "once");
    const handed = readLog().slice(0, -1);
    expect(handed.length).toBeGreaterThan(0);
    for (const line of handed) {
      expect(line).toMatch(
        /^batch route add local [0-9a-f:./]+ dev [A-Za-z0-9_.-]+ table \d+ proto \d+ metric \d+( src [0-9a-f:.]+)?$/,
      );
      const route = parseFormattedRoute(line.replace("batch route add ", ""));
      if (route) expect(existsSync(join(folder, "etc/routes", recordName(route)))).toBe(true);
    }
  });

  it("removes the records of a batch that nobody has confirmed, unless its journal is there", () => {
    mkdirSync(join(folder, "run"));
    writeFileSync(join(folder, "run/kept"), "name\n");
    run(shell, "once");
    expect(existsSync(join(folder, "etc/new"))).toBe(true);
    writeFileSync(join(folder, "run/kept"), "");
    run(shell, "once");
    expect(existsSync(join(folder, "etc/new"))).toBe(false);
  });

  it("does not restore what a run has removed that was killed before the record went", () => {
    for (const route of routes) writeRecord(route);
    mkdirSync(join(folder, "run"));
    const removed = join(folder, "etc/routes", recordName(routes[0] as LocalRoute));
    writeFileSync(join(folder, "run/kept"), `routes/another\n${removed}\n.\n`);
    expect(run(shell, "once")).toMatchObject({ status: 0, stderr: "pulumi-anyip: routes restored: 1\n" });
    expect(readLog()[0]).toBe(`batch route add ${formatRoute(routes[1] as LocalRoute)}`);
  });

  const putUnit = () => {
    mkdirSync(join(folder, "init"));
    writeFileSync(join(folder, "init/unit"), "");
    symlinkSync("unit", join(folder, "init/link"));
  };
  const leftOf = (...names: string[]) => names.filter((name) => existsSync(join(folder, name)));

  it("removes itself, and what starts it, where nothing is on record", () => {
    rmdirSync(join(folder, "etc/new"));
    writeFileSync(join(folder, "etc/.restore.new"), "#!/bin/s");
    putUnit();
    const { status, stderr } = run(shell, "watch");
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringMatching(/no route is on record/) });
    expect(leftOf("etc", "init", "run")).toEqual([]);
  });

  const reasonsToStay: Record<string, () => void> = {
    "a record": () => writeRecord(routes[0] as LocalRoute),
    "another machine's record": () =>
      writeRecord(routes[0] as LocalRoute, (text) => text.replace("machine -", `machine ${"0".repeat(32)}`)),
    "a record that nobody can read": () => writeFileSync(join(folder, "etc/routes/x"), "x"),
    "a batch that may be taken back": () => writeFileSync(join(folder, "run/undo"), "1 route del x\n"),
    "a batch that is kept": () => writeFileSync(join(folder, "run/kept"), "routes/x\n.\n"),
    "records of a batch": () => mkdirSync(join(folder, "etc/new")),
    "a link for the records": () => {
      rmdirSync(join(folder, "etc/routes"));
      symlinkSync("/nowhere", join(folder, "etc/routes"));
    },
  };

  it.each(Object.entries(reasonsToStay))("stays where there is %s", (_, put) => {
    rmdirSync(join(folder, "etc/new"));
    mkdirSync(join(folder, "run"));
    put();
    putUnit();
    stubIp(monitor("exit"));
    expect(run(shell, "watch").status).toBe(1);
    expect(leftOf("etc/restore", "init/link", "init/unit")).toHaveLength(3);
  });

  it("stays while a run has the lock, which may have installed it just now", async () => {
    rmdirSync(join(folder, "etc/new"));
    putUnit();
    mkdirSync(join(folder, "run"));
    stubIp(monitor('echo monitor >>"$LOG"; exec sleep 600'));
    const holder = spawn("flock", [join(folder, "run"), "sh", "-c", 'echo locked >>"$LOG"; exec cat'], {
      env: { PATH: process.env.PATH, LOG: log },
      stdio: ["pipe", "ignore", "ignore"],
    });
    await waitUntil(readLog, (seen) => seen.includes("locked"), 10_000);
    const watch = start(shell, "watch");
    const ended = once(watch, "close");
    await waitUntil(readLog, (seen) => seen.includes("monitor"), 10_000);
    holder.stdin?.end();
    watch.kill("SIGTERM");
    await ended;
    expect(leftOf("etc/restore", "init/link", "init/unit")).toHaveLength(3);
  });

  it("does nothing where a link is in the lock's place", () => {
    writeRecord(routes[0] as LocalRoute);
    mkdirSync(join(folder, "elsewhere"));
    symlinkSync(join(folder, "elsewhere"), join(folder, "run"));
    expect(run(shell, "once").status).toBe(1);
    expect(readLog()).toEqual([]);
  });

  it.each(["once", "boot"])("gives up where the lock's directory cannot be opened (%s)", (word) => {
    writeRecord(routes[0] as LocalRoute);
    mkdirSync(join(folder, "run"), { mode: 0 });
    chmodSync(folder, 0o755);
    // Root can open everything.
    const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    const [program, ...args] = shell;
    const { status, stderr } = spawnSync(program, [...args, join(folder, "etc/restore"), word], {
      ...nobody,
      env: { PATH: process.env.PATH },
      encoding: "utf8",
      timeout: 10_000,
    });
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: `pulumi-anyip: ${folder}/run cannot be made or opened: nothing is restored\n`,
    });
  });

  it("waits for the lock, but at boot takes whoever has it for a sign that all is there", async () => {
    writeRecord(routes[0] as LocalRoute);
    mkdirSync(join(folder, "run"));
    const script = 'echo locked >>"$LOG"; read -r line; echo released >>"$LOG"';
    const holder = spawn("flock", [join(folder, "run"), "sh", "-c", script], {
      env: { PATH: process.env.PATH, LOG: log },
      stdio: ["pipe", "ignore", "ignore"],
    });
    await waitUntil(readLog, (seen) => seen.length > 0, 10_000);
    expect(run(shell, "boot").status).toBe(0);
    expect(readLog()).toEqual(["locked"]);
    const waiting = start(shell, "once");
    const ended = once(waiting, "close");
    holder.stdin?.end("\n");
    await ended;
    expect(readLog().slice(0, 2)).toEqual(["locked", "released"]);
    expect(restoresIn(readLog())).toBe(1);
  });

  it("watches links, and makes one restore of a burst of changes", async () => {
    writeRecord(routes[0] as LocalRoute);
    stubIp(monitor(`printf '%s\\n' ${Array(50).fill(`'${up}'`).join(" ")}`));
    expect(run(shell, "watch").status).toBe(1);
    // The program's own beginning is one, unless it goes with the burst.
    expect(restoresIn(readLog())).toBeGreaterThanOrEqual(1);
    expect(restoresIn(readLog())).toBeLessThanOrEqual(2);
  });

  it("restores nothing when a link only goes down", async () => {
    writeRecord(routes[0] as LocalRoute);
    stubIp(monitor(`printf '%s\\n' '${down}'`));
    expect(run(shell, "watch").status).toBe(1);
    expect(restoresIn(readLog())).toBe(1);
  });

  it("says what is wrong with a record once, not whenever a link comes up", () => {
    writeRecord(routes[0] as LocalRoute, (text) => text.slice(0, -5));
    stubIp(monitor(`printf '%s\\n' '${up}'; sleep 1; printf '%s\\n' '${up}'`));
    expect(run(shell, "watch").stderr.match(/is ignored/g)).toHaveLength(1);
  });

  it("ends at SIGTERM, with all that it has started", async () => {
    stubIp(monitor('echo monitor >>"$LOG"; exec sleep 600'));
    const watch = start(shell, "watch");
    const group = watch.pid as number;
    const ended = once(watch, "close");
    await waitUntil(readLog, (seen) => seen.includes("monitor"), 10_000);
    watch.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
    await waitUntil(
      () => isGroupThere(group),
      (there) => !there,
      10_000,
    );
  });

  it("runs once for a file, which has its process id until it ends", async () => {
    stubIp(monitor("exec sleep 600"));
    const pidFile = join(folder, "pid");
    const watch = start(shell, "watch", pidFile);
    const ended = once(watch, "close");
    await waitUntil(() => existsSync(pidFile) && readFileSync(pidFile, "utf8"), Boolean, 10_000);
    expect(run(shell, "watch", pidFile).status).toBe(0);
    expect(readFileSync(pidFile, "utf8")).toBe(`${watch.pid}\n`);
    watch.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
    expect(existsSync(pidFile)).toBe(false);
  });

  it("says so where ip cannot watch links, restores once, and stays", async () => {
    writeRecord(routes[0] as LocalRoute);
    const [program, ...args] = shell;
    writeFileSync(join(folder, "bin/ip"), `#!/bin/sh\n${ips.iproute2}\n`);
    const watch = spawn(program, [...args, join(folder, "etc/restore"), "watch"], {
      env: { PATH: process.env.PATH, LOG: log },
      stdio: ["ignore", "ignore", "pipe"],
      detached: true,
    });
    const ended = once(watch, "close");
    let said = "";
    watch.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    await waitUntil(readLog, (lines) => restoresIn(lines) === 1, 10_000);
    await waitUntil(
      () => said,
      (text) => text.includes("cannot watch links"),
      10_000,
    );
    expect(watch.exitCode).toBe(null);
    watch.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
  });

  it("leaves nothing that works on, once it was killed and a link has changed", async () => {
    writeRecord(routes[0] as LocalRoute);
    const events = join(folder, "events");
    spawnSync("mkfifo", [events]);
    stubIp(monitor(`exec cat ${events}`));
    const watch = start(shell, "watch");
    const ended = once(watch, "close");
    await waitUntil(readLog, (lines) => restoresIn(lines) === 1, 10_000);
    watch.kill("SIGKILL");
    await ended;
    const link = openSync(events, "r+");
    const change = () => {
      writeSync(link, `${up}\n`);
      return isGroupThere(watch.pid as number);
    };
    await waitUntil(change, (there) => !there, 10_000);
    closeSync(link);
    expect(restoresIn(readLog())).toBe(1);
  });
});
