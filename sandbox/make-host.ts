// Makes one machine of a sandbox, from nothing to ready: a host that one can log in to, or the peer.

import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { accountFiles, setPassword, UNPRIVILEGED_ACCOUNT, writeAccounts } from "./accounts";
import { hostAddresses, type SandboxAddresses, sandboxAddresses } from "./addresses";
import { BOOT_FILES, BOOTED_SSHD_OPTIONS, keeperMachine, powerOn, startKeeper } from "./boot/boot-host";
import { FLAVOURS } from "./flavours/all";
import type { Flavour } from "./flavours/flavour";
import { sshdLogPath, switchPort } from "./host";
import { type HostFile, writeHostFiles } from "./host-files";
import type { HostOptions, HostRecord, HostRights } from "./host-record";
import { endMachine, Machine, type StartedMachine, startMachine } from "./machine";
import type { MachineRecord } from "./machine-record";
import { HOST_SCRIPT } from "./namespace-script";
import { plugIn } from "./network";
import { type KeyPair, makeKeyPair } from "./ssh-keys";
import { openssh } from "./sshd";

/** Where a machine is made. */
export interface Site {
  /** The sandbox's directory. */
  readonly directory: string;
  readonly slice: number;
  readonly network6: string;
  readonly switchMachine: Machine;
}

export interface MadeHost {
  readonly record: HostRecord;
  readonly started: StartedMachine;
  /** Public halves, one line each. */
  readonly hostKeys: readonly string[];
}

/** Makes the host with number `index` and starts its sshd. On an error nothing of it stays behind. */
export async function makeHost(
  site: Site,
  index: number,
  asked: HostOptions,
  publicKey: string,
): Promise<MadeHost> {
  const options = givePassword(asked);
  const addresses = hostAddresses(site.slice, site.network6, index);
  const gateways = sandboxAddresses(site.slice, site.network6);
  const directory = join(site.directory, `host${index}`);
  mkdirSync(directory, { mode: 0o700 });
  const keyTypes = [...new Set(options.hostKeyTypes ?? ["ed25519" as const])];
  const keysMade = Promise.all(
    keyTypes.map((type) => makeKeyPair(`${directory}-${type}_key`, type, `root@${options.name}`)),
  );
  // Awaited only after the machine; until then its failure must not count as unhandled.
  keysMade.catch(() => {});
  const { boot, inside, sshServer = openssh } = FLAVOURS[options.flavour ?? "root"];
  // Unique on this machine, as the sandbox's random IPv6 subnet is.
  const cgroup = `anyip-${addresses.address6.replaceAll(":", "-")}`;
  const start = () =>
    boot
      ? startKeeper(options.name, directory, boot.tree, cgroup)
      : startMachine(inside?.script ?? HOST_SCRIPT, [options.name, directory, ...(inside?.args ?? [])]);
  return startAndFurnish(start, async (started) => {
    const machine = keeperMachine(started.record);
    await plugIn(site.switchMachine, switchPort(index), started.record);
    const hostKeys = await keysMade;
    const sshdOptions = [...(options.sshdOptions ?? []), ...(boot ? BOOTED_SSHD_OPTIONS : [])];
    await furnish(machine, { ...options, sshdOptions }, publicKey, hostKeys);
    writeHostFiles(machine, identityFiles(options.name, gateways));
    const record = describeHost(started.record, index, options, addresses);
    if (boot) {
      writeHostFiles(machine, [...BOOT_FILES, ...boot.networkFiles({ ...addresses, ...gateways })]);
      await powerOn(record, cgroup);
    } else {
      await machine.configureNetwork([
        ...interfaceLines(addresses),
        `route add default via ${gateways.peer4}`,
        `route add default via ${gateways.peer6}`,
      ]);
      await sshServer.start(machine, sshdLogPath(site.directory, index));
    }
    return { record, started, hostKeys: hostKeys.map((key) => key.publicKey) };
  });
}

/** Makes the peer. On an error nothing of it stays behind. */
export function makePeer(site: Site): Promise<StartedMachine> {
  const addresses = sandboxAddresses(site.slice, site.network6);
  const directory = join(site.directory, "peer");
  mkdirSync(directory, { mode: 0o700 });
  return startAndFurnish(
    () => startMachine(HOST_SCRIPT, ["peer", directory]),
    async (started) => {
      const machine = new Machine(started.record);
      await plugIn(site.switchMachine, "peer", started.record);
      await machine.configureNetwork(interfaceLines({ address: addresses.peer4, address6: addresses.peer6 }));
      writeHostFiles(machine, identityFiles("peer", addresses));
      return started;
    },
  );
}

async function startAndFurnish<Result>(
  start: () => Promise<StartedMachine>,
  furnishMachine: (started: StartedMachine) => Promise<Result>,
): Promise<Result> {
  const started = await start();
  try {
    return await furnishMachine(started);
  } catch (error) {
    endMachine(started.record);
    await started.waitForEnd();
    throw error;
  }
}

function describeHost(
  machine: MachineRecord,
  index: number,
  options: HostOptions,
  addresses: { address: string; address6: string },
): HostRecord {
  const flavourName = options.flavour ?? "root";
  const flavour = FLAVOURS[flavourName];
  return {
    ...machine,
    name: options.name,
    flavour: flavourName,
    index,
    ...addresses,
    port: options.port ?? 22,
    user: flavour.user,
    unprivilegedUser: UNPRIVILEGED_ACCOUNT.name,
    rights: describeRights(flavour, options.password),
    ...(options.password === undefined ? {} : { password: options.password }),
  };
}

/** A host on which sudo asks for a password has one, whether or not the caller has chosen it. */
function givePassword(options: HostOptions): HostOptions {
  const isNeeded =
    FLAVOURS[options.flavour ?? "root"].privilegeNeedsPassword && options.password === undefined;
  return isNeeded ? { ...options, password: randomBytes(9).toString("base64url") } : options;
}

function describeRights(flavour: Flavour, password: string | undefined): HostRights {
  return {
    ...(flavour.privilege === undefined ? {} : { privilege: flavour.privilege }),
    ...(flavour.privilegeNeedsPassword && password !== undefined ? { privilegePassword: password } : {}),
  };
}

/** No duplicate address detection: an address of these is usable at once, not a second later. */
function interfaceLines({ address, address6 }: { address: string; address6: string }): string[] {
  return [`addr add ${address}/22 dev eth0`, `addr add ${address6}/64 dev eth0 nodad`, "link set eth0 up"];
}

/** What a machine is called and whom it asks for names. The nameservers only need to be addresses. */
function identityFiles(name: string, { peer4, peer6 }: SandboxAddresses): HostFile[] {
  return [
    { path: "/etc/hostname", text: `${name}\n` },
    { path: "/etc/hosts", text: `127.0.0.1 localhost\n::1 localhost\n127.0.1.1 ${name}\n` },
    { path: "/etc/machine-id", text: `${randomBytes(16).toString("hex")}\n`, mode: 0o444 },
    { path: "/etc/resolv.conf", text: `nameserver ${peer4}\nnameserver ${peer6}\n` },
  ];
}

async function furnish(
  machine: Machine,
  options: HostOptions,
  publicKey: string,
  hostKeys: readonly KeyPair[],
): Promise<void> {
  const flavour = FLAVOURS[options.flavour ?? "root"];
  const accounts = [...flavour.accounts, UNPRIVILEGED_ACCOUNT];
  const shell = options.shell ?? flavour.shell ?? "bash";
  const users = accounts.map((account) => account.name);
  const serverFiles = await (flavour.sshServer ?? openssh).makeFiles(options, users, hostKeys);
  writeAccounts(machine, accounts, shell);
  writeHostFiles(machine, [...accountFiles(accounts, publicKey, shell), ...serverFiles, ...flavour.files]);
  if (options.password !== undefined) await setPassword(machine, accounts, options.password);
}
