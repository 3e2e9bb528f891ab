// A private test network on this machine: hosts with a real sshd, and a peer that pings (design.md §5).
// Making one and finding those that exist is create-sandbox.ts.

import { appendFileSync, readFileSync } from "node:fs";
import { MAX_HOSTS, type SandboxAddresses, sandboxAddresses } from "./addresses";
import { FLAVOURS } from "./flavours/all";
import { Host } from "./host";
import type { HostOptions, HostRecord } from "./host-record";
import { Machine, type StartedMachine } from "./machine";
import type { MachineRecord } from "./machine-record";
import { makeHost } from "./make-host";
import { Peer } from "./peer";
import { leaveAtExit, removeSandbox } from "./removal";
import { clientPaths, formatKnownHost, formatSshConfig, giveToPerson, writeClientFile } from "./ssh-keys";
import { assertName, type SandboxRecord, sandboxDirectory, writeRecord } from "./state-directory";

/** The record of a sandbox whose network stands. */
export type CompleteRecord = SandboxRecord & {
  readonly slice: number;
  readonly switch: MachineRecord;
  readonly peer: MachineRecord;
};

/** A sandbox as this process has it: its newest record, and what this process itself has started of it. */
export interface Holding<Record extends SandboxRecord = SandboxRecord> {
  record: Record;
  readonly started: StartedMachine[];
}

/** Removes a sandbox and waits until what this process started of it is reaped. */
export async function removeHolding(holding: Holding): Promise<void> {
  leaveAtExit(holding);
  removeSandbox(holding.record);
  await Promise.all(holding.started.map((machine) => machine.waitForEnd()));
}

export class Sandbox {
  /** In the order in which they were asked for. */
  readonly hosts: readonly Host[];
  /** The machine on the same network that pings, and is the hosts' gateway. */
  readonly peer: Peer;
  /** The private key that every host accepts. */
  readonly keyPath: string;
  /** Holds the keys of all hosts. */
  readonly knownHostsPath: string;
  /** `ssh -F` this, and the hosts' names do. */
  readonly sshConfigPath: string;
  /** The network's own addresses, with parts that a test may bind on-link. */
  readonly addresses: SandboxAddresses;
  private readonly switchMachine: Machine;
  private readonly directory: string;
  private readonly reservedNames: Set<string>;
  private nextIndex: number;

  constructor(private readonly holding: Holding<CompleteRecord>) {
    const { record } = holding;
    this.directory = sandboxDirectory(record.name);
    const paths = clientPaths(this.directory);
    this.keyPath = paths.key;
    this.knownHostsPath = paths.knownHosts;
    this.sshConfigPath = paths.config;
    this.addresses = sandboxAddresses(record.slice, record.network6);
    this.switchMachine = new Machine(record.switch);
    this.peer = new Peer(record.peer, this.addresses.peer4, this.addresses.peer6);
    this.hosts = record.hosts.map((host) => this.wrap(host));
    this.reservedNames = new Set(["peer", ...record.hosts.map((host) => host.name)]);
    this.nextIndex = Math.max(-1, ...record.hosts.map((host) => host.index)) + 1;
  }

  get name(): string {
    return this.holding.record.name;
  }

  /** Who has it removed: the process that made it, or only a person. */
  get owner(): "process" | "person" {
    return this.holding.record.owner === undefined ? "person" : "process";
  }

  /** The host of that name. @throws Error that lists those there are. */
  host(name: string): Host {
    const host = this.hosts.find((candidate) => candidate.name === name);
    if (host !== undefined) return host;
    const names = this.hosts.map((candidate) => candidate.name).join(", ");
    throw new Error(`sandbox ${this.name} has no host ${JSON.stringify(name)}; it has ${names || "none"}`);
  }

  /** Makes one more host, ready to log in to. Several calls may run at once. */
  async addHost(options: HostOptions): Promise<Host> {
    this.assertCanAdd(options);
    this.reservedNames.add(options.name);
    const index = this.nextIndex++;
    const { slice, network6 } = this.holding.record;
    const site = { directory: this.directory, slice, network6, switchMachine: this.switchMachine };
    const publicKey = readFileSync(`${this.keyPath}.pub`, "utf8");
    const made = await makeHost(site, index, options, publicKey).catch((error: unknown) => {
      this.reservedNames.delete(options.name);
      throw error;
    });
    this.holding.started.push(made.started);
    const hosts = [...this.holding.record.hosts, made.record].sort((one, other) => one.index - other.index);
    this.update({ hosts });
    if (this.owner === "person") made.started.keep();
    appendFileSync(
      this.knownHostsPath,
      made.hostKeys.map((key) => formatKnownHost(made.record, key)).join(""),
    );
    giveToPerson(this.knownHostsPath);
    writeClientFile(this.sshConfigPath, formatSshConfig(this.directory, hosts));
    const host = this.wrap(made.record);
    (this.hosts as Host[]).splice(hosts.indexOf(made.record), 0, host);
    return host;
  }

  private assertCanAdd({ name, flavour = "root" }: HostOptions): void {
    assertName("the host name", name);
    if (this.reservedNames.has(name)) throw new Error(`sandbox ${this.name} has a machine ${name} already`);
    if (this.nextIndex >= MAX_HOSTS) throw new Error(`a sandbox can't have more than ${MAX_HOSTS} hosts`);
    if (Object.hasOwn(FLAVOURS, flavour)) return;
    const known = Object.keys(FLAVOURS).join(", ");
    throw new Error(`there is no host flavour ${JSON.stringify(flavour)}; there are ${known}`);
  }

  /** Hands the sandbox over to the person: it outlives this process, until someone removes it. */
  keep(): void {
    const { owner: _, ...withoutOwner } = this.holding.record;
    this.holding.record = withoutOwner;
    writeRecord(withoutOwner);
    leaveAtExit(this.holding);
    for (const machine of this.holding.started) machine.keep();
  }

  /** Removes everything: processes, namespaces, the link, and the files. Safe to call again. */
  async close(): Promise<void> {
    await removeHolding(this.holding);
  }

  private update(change: Partial<CompleteRecord>): void {
    this.holding.record = { ...this.holding.record, ...change };
    writeRecord(this.holding.record);
  }

  private wrap(record: HostRecord): Host {
    return new Host(record, this.directory, this.keyPath, this.switchMachine);
  }
}
