// What the tests of persistence do to a booted host: install as a run does, put records there, and look at what stays.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { PersistenceBackend } from "../../../../provider/host/persistence/backend";
import { restorePath, storeDirectory } from "../../../../provider/host/persistence/paths";
import { hostDirectory, recordName } from "../../../../provider/host/record";
import { formatRecord } from "../../../../provider/host/record-text";
import type { LocalRoute } from "../../../../provider/host/route";
import type { Host } from "../../../../sandbox";
import type { CommandResult } from "../../../../sandbox/run-command";
import { localRoute } from "../../../support/route-operations";

export const recordDirectory = `${storeDirectory}/routes`;

/** Runs shell lines as a batch does: umask 077, the host's lock held by descriptor 9, half a script runs nothing. */
export function runLocked(host: Host, lines: readonly string[]): Promise<CommandResult> {
  const script = [
    "part() {",
    "umask 077",
    // The directory goes with its last holder, which may be a restore.
    `until command exec 9<${hostDirectory} && flock 9 && [ ${hostDirectory} -ef /proc/self/fd/9 ]; do`,
    `mkdir ${hostDirectory}`,
    "done 2>/dev/null",
    `trap 'rmdir ${hostDirectory}/routes ${hostDirectory} 2>/dev/null' EXIT`,
    ...lines,
    "}",
    "part </dev/null",
  ];
  return host.exec(["sh", "-s"], { stdin: `${script.join("\n")}\n` });
}

/** Has the lock, as a run does until its records are there, for as long as it takes the service to see that. */
export async function install(host: Host, { install }: PersistenceBackend): Promise<void> {
  expectSuccess(await runLocked(host, [...install, "code=$?; [ $code = 0 ] || return $code", serviceWaits]));
}

/** It restores once what is on record, when it begins to watch. */
export const serviceWaits = "until ps -eo args= | grep -q '^flock -w'; do sleep 0.1; done";

export async function uninstall(host: Host, { uninstall }: PersistenceBackend): Promise<void> {
  expectSuccess(await runLocked(host, uninstall));
}

function expectSuccess({ code, stdout, stderr }: CommandResult): void {
  if (code !== 0) throw new Error(`ended with code ${code}: ${stdout}${stderr}`);
}

export async function isInstalled(host: Host, backend: PersistenceBackend): Promise<boolean> {
  return (await host.exec(["sh", "-c", backend.isInstalled])).code === 0;
}

/** Runs the restore program by hand; what it says is on standard error. */
export function restore(host: Host): Promise<CommandResult> {
  return host.exec([restorePath, "once"]);
}

export function machineIdOf(host: Host): string {
  return readFileSync(host.path("/etc/machine-id"), "utf8").trim();
}

export function recordText(route: LocalRoute, machineId: string): string {
  const owner = "shop/prod/sites";
  return `${formatRecord({ route, owner, origin: "created", token: "token-1", machineId, hold: { kind: "route" } })}\n`;
}

/** Records routes as a run on this host does. */
export function putRecords(host: Host, routes: readonly LocalRoute[]): void {
  for (const route of routes) putFile(host, recordName(route), recordText(route, machineIdOf(host)));
}

/** Puts a file beside the records. */
export function putFile(host: Host, name: string, text: string): void {
  mkdirSync(host.path(recordDirectory), { recursive: true, mode: 0o700 });
  writeFileSync(`${host.path(recordDirectory)}/${name}`, text, { mode: 0o600 });
}

export function removeRecords(host: Host): Promise<string> {
  return host.execOrThrow(["rm", "-rf", recordDirectory]);
}

/** Some of each family; in one case all that a record can say. */
export const routes: readonly LocalRoute[] = [
  localRoute("198.51.100.0/24"),
  localRoute("2001:db8:1::/64"),
  localRoute("2001:db8:2::/64", { table: 100, metric: 7, protocol: 99 }),
  localRoute("203.0.113.128/25", { table: 254, source: "127.0.0.1" }),
];

/** Enough that a restore which nobody waited for would not be done in time. */
export const manyRoutes: readonly LocalRoute[] = Array.from({ length: 2000 }, (_, index) =>
  localRoute(`2001:db8:${(0x1000 + index).toString(16)}::/64`),
);

/** Prints a line for each local route that is one of ours, sorted. */
export const listRoutesCommand =
  "{ ip -N -d -o -4 route show table all type local; ip -N -d -o -6 route show table all type local; } | " +
  "grep -E '^2 (2001:db8:|198\\.51\\.100|203\\.0\\.113)' | grep -v ' dev eth0 ' | sort";

export function listRoutes(host: Host): Promise<string> {
  return host.execOrThrow(["sh", "-c", `${listRoutesCommand}; true`]);
}

/** What persistence could leave on a host: files with their contents, links, programs that run. */
export function takeInventory(host: Host): Promise<string> {
  const script = [
    "find /etc /usr/lib/systemd /lib/systemd -printf '%p %y %m %U:%G %l\\n' | sort",
    "find /etc -type f -exec sha256sum {} + | sort -k 2",
    "find /run ! -path '/run/systemd/*' -printf '%p %y %m\\n' | sort",
    "find /run/systemd/units /run/systemd/system /run/systemd/transient 2>/dev/null | sort",
    "ps -eo args= | grep -v -e '^ps ' -e '^sort' -e '^grep ' -e '^sh -' -e '^\\[' -e '^sshd:' | sort",
    "[ ! -d /run/systemd/system ] || { systemctl list-units --failed --plain --no-legend; systemctl list-unit-files --no-legend; }",
    "ip -o link",
  ];
  return host.execOrThrow(["sh", "-c", script.join("\n")]);
}
