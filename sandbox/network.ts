// Cables of the test network: the one link into the machine's own namespace, and a port of the switch for
// every other machine. The link is all that a sandbox puts where others can see it.

import { randomInt } from "node:crypto";
import { writeFileSync } from "node:fs";
import { linkName, type SandboxAddresses, SLICE_COUNT, sandboxAddresses } from "./addresses";
import { Machine } from "./machine";
import type { MachineRecord } from "./machine-record";
import { runCommand, runOrThrow } from "./run-command";

/** Routes wider than this (a default route, the halves that a VPN sets) don't count as a use of a slice. */
const WIDEST_CLASHING_LENGTH = 8;

/**
 * Links the switch with the machine's own namespace, on a slice of addresses that nothing here uses.
 * Returns the slice. Creating an interface of a name that exists fails: that is what keeps two runs apart
 * that don't see each other's files but share the network, as two chroots do.
 *
 * @throws Error when no slice is free.
 */
export async function linkToMachine(network6: string, switchMachine: MachineRecord): Promise<number> {
  const first = randomInt(SLICE_COUNT);
  for (let step = 0; step < SLICE_COUNT; step++) {
    const slice = (first + step) % SLICE_COUNT;
    const addresses = sandboxAddresses(slice, network6);
    if (!(await isFree(addresses.network4))) continue;
    const link = linkName(slice);
    const cable = ["type", "veth", "peer", "name", "uplink", "netns", String(switchMachine.init.pid)];
    const added = await runCommand("ip", ["link", "add", "name", link, ...cable]);
    if (added.code !== 0 && added.stderr.includes("File exists")) continue;
    if (added.code !== 0)
      throw new Error(`the link ${link} into the sandbox can't be made: ${added.stderr.trim()}`);
    await configureLink(link, addresses);
    await new Machine(switchMachine).execOrThrow(["ip", "link", "set", "uplink", "master", "br0", "up"]);
    return slice;
  }
  throw new Error(
    `all ${SLICE_COUNT} slices of 198.18.0.0/15 are in use here (\`ip -4 route\` shows by what): remove some sandbox`,
  );
}

async function isFree(network4: string): Promise<boolean> {
  const [inside, around] = await Promise.all([
    runOrThrow("ip", ["-4", "-o", "route", "show", "table", "all", "root", network4]),
    runOrThrow("ip", ["-4", "-o", "route", "show", "match", network4]),
  ]);
  if (inside.stdout !== "") return false;
  const lengths = [...around.stdout.matchAll(/^\S+\/(\d+) /gm)].map((match) => Number(match[1]));
  return lengths.every((length) => length < WIDEST_CLASHING_LENGTH);
}

async function configureLink(link: string, addresses: SandboxAddresses): Promise<void> {
  // A router that a test runs on a host must not give this machine addresses or a default route.
  setIfPossible(`/proc/sys/net/ipv6/conf/${link}/accept_ra`, "0");
  setIfPossible(`/proc/sys/net/ipv6/conf/${link}/disable_ipv6`, "0");
  const lines = [
    `addr add ${addresses.machine4}/22 dev ${link}`,
    `addr add ${addresses.machine6}/64 dev ${link} nodad`,
    `link set ${link} up`,
  ];
  await runOrThrow("ip", ["-batch", "-"], { stdin: `${lines.join("\n")}\n` });
}

/** In a container /proc/sys can be read only; then what is there has to do, and `ip` says if it doesn't. */
function setIfPossible(path: string, value: string): void {
  try {
    writeFileSync(path, value);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== "EROFS" && code !== "ENOENT" && code !== "EACCES") throw error;
  }
}

/** Gives a machine its interface eth0, on the switch's port `port`. */
export async function plugIn(switchMachine: Machine, port: string, machine: MachineRecord): Promise<void> {
  // Only the switch's network namespace is entered, because `netns` takes a process id of ours.
  const cable = `type veth peer name eth0 netns ${machine.init.pid}`;
  await switchMachine.configureNetwork([`link add name ${port} ${cable}`, `link set ${port} master br0 up`]);
}
