// Boots a host from its disk, and boots it again. What the disk holds is made elsewhere.

import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { HostFile } from "../host-files";
import type { HostRecord } from "../host-record";
import { Machine, type StartedMachine, startMachine } from "../machine";
import type { MachineRecord } from "../machine-record";
import { endProcess, isAlive, type ProcessId } from "../processes";
import { BOOT, BOOT_LOOP, ENTER_BOOT, KEEPER_SCRIPT } from "./boot-scripts";
import { findBootedInit } from "./init";
import { type BootTree, findTree } from "./trees";

/** `orderly`: its init stops everything. `hard`: it ends amid whatever it does, as without power. */
export type RebootKind = "orderly" | "hard";

/** Where a booted host's sshd logs to, on the host. */
export const BOOTED_SSHD_LOG = "/var/log/sshd.log";

/** sshd_config of a booted host: its init's own scripts want to find sshd. */
export const BOOTED_SSHD_OPTIONS = ["PidFile /run/sshd.pid"];

/** What every booted host needs on its disk besides what all hosts do. */
export const BOOT_FILES: readonly HostFile[] = [
  { path: "/etc/default/ssh", text: `SSHD_OPTS="-E ${BOOTED_SSHD_LOG}"\n` },
];

/** What goes wrong before a boot's init begins, on the keeper. */
const BOOT_LOG = "/run/boot.log";

const BOOT_TIMEOUT_MS = 45_000;
const POLL_MS = 10;
const CONNECT_TIMEOUT_MS = 1_000;

/** Mounts the host's disk and leaves it at that; `cgroup` is unique on this machine. */
export async function startKeeper(
  name: string,
  directory: string,
  tree: BootTree,
  cgroup: string,
): Promise<StartedMachine> {
  const started = await startMachine(KEEPER_SCRIPT, [name, directory, findTree(tree), cgroup]);
  return { ...started, record: { ...started.record, boots: true } };
}

/** The keeper as a machine that has the host's disk as its root: before the first boot there is no other. */
export function keeperMachine({ holder, init }: MachineRecord): Machine {
  return new Machine({ holder, init });
}

/** Has the host boot, now and whenever a boot of its ends. Resolves once its sshd answers. */
export async function powerOn(host: HostRecord, cgroup: string): Promise<void> {
  const keeper = keeperMachine(host);
  await keeper.execOrThrow(["sh", "-c", "mkdir -p /run/sshd && /usr/sbin/sshd -t"]);
  await keeper.configureNetwork([
    "link add br0 up type bridge stp_state 0 forward_delay 0 mcast_snooping 0",
    "link set eth0 master br0 up",
  ]);
  // setsid, and the shell between, which ends: the keeper's process 1 becomes the loop's parent.
  const detach = `script=$1; shift; setsid sh -c "$script" anyip-boots "$@" </dev/null >${BOOT_LOG} 2>&1 &`;
  const args = [BOOT_LOOP, cgroup, cardAddress(host.address), ENTER_BOOT, BOOT];
  await keeper.execOrThrow(["sh", "-c", detach, "sh", ...args]);
  await waitForSshd(host);
}

/** Ends the boot and waits for the next, until sshd answers. The host's link must not be cut. */
export async function rebootHost(host: HostRecord, kind: RebootKind): Promise<void> {
  const before = findBootedInit(host.init);
  if (before === undefined) throw new Error(`${host.name} can't reboot: it does so already`);
  if (kind === "hard") endProcess(before, "SIGKILL");
  else await new Machine(host).exec(["reboot"]);
  await waitUntil(() => !isAlive(before), `${host.name} doesn't shut down`);
  await waitForSshd(host);
}

/** The same for every boot, so that its neighbours find it again at once. Locally administered. */
function cardAddress(address: string): string {
  const bytes = address.split(".").map((byte) => Number(byte).toString(16).padStart(2, "0"));
  return ["02", "00", ...bytes].join(":");
}

async function waitForSshd(host: HostRecord): Promise<void> {
  const isListening = () => {
    const init = findBootedInit(host.init);
    return init !== undefined && listens(init, host.port);
  };
  await waitUntil(isListening, `${host.name} doesn't boot so far that its sshd listens`).catch((error) => {
    const log = readFileSync(keeperMachine(host).path(BOOT_LOG), "utf8").slice(-1_000);
    throw new Error(`${error.message}; before its init began: ${log.trim() || "no error"}`);
  });
  await waitUntil(() => answers(host), `the sshd of ${host.name} listens, but doesn't answer`);
}

async function waitUntil(isReached: () => boolean | Promise<boolean>, failure: string): Promise<void> {
  const deadline = Date.now() + BOOT_TIMEOUT_MS;
  while (!(await isReached())) {
    if (Date.now() > deadline) throw new Error(`${failure}, not within ${BOOT_TIMEOUT_MS / 1000} s`);
    await sleep(POLL_MS);
  }
}

/**
 * Whether sshd listens and the network is as configured, default routes being the last part of that. Read from
 * outside, since a packet that comes too early costs a second.
 */
function listens(init: ProcessId, port: number): boolean {
  const portInHex = port.toString(16).toUpperCase().padStart(4, "0");
  try {
    const read = (file: string) => readFileSync(`/proc/${init.pid}/net/${file}`, "utf8");
    const isRouted = read("route").includes("eth0\t00000000\t") && DEFAULT_ROUTE6.test(read("ipv6_route"));
    return isRouted && read("tcp6").includes(`:${portInHex} ${LISTENING}`);
  } catch {
    return false;
  }
}

/** A line of /proc/net/ipv6_route. */
const DEFAULT_ROUTE6 = /^0{32} 00 .* eth0$/m;

/** How /proc/net/tcp6 goes on behind the port of a socket that listens: no other end, state 0A. */
const LISTENING = `${"0".repeat(32)}:0000 0A`;

function answers({ address6, port }: HostRecord): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address6, port, timeout: CONNECT_TIMEOUT_MS });
    const end = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.on("data", () => end(true));
    socket.on("timeout", () => end(false));
    socket.on("error", () => end(false));
  });
}
