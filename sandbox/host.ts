// A test host: how to reach it, how to look at it, and how to make it fail.

import { join } from "node:path";
import { BOOTED_SSHD_LOG, type RebootKind, rebootHost } from "./boot/boot-host";
import { FLAVOURS } from "./flavours/all";
import type { HostRecord, HostRights } from "./host-record";
import { Machine } from "./machine";
import type { SshCounters, SshServer } from "./ssh-server";
import { openssh } from "./sshd";

/** Where sshd of the host with this number logs to, in the sandbox's directory. */
export function sshdLogPath(directory: string, index: number): string {
  return join(directory, `host${index}-sshd.log`);
}

/** The host's port of the switch. */
export function switchPort(index: number): string {
  return `host${index}`;
}

export class Host extends Machine {
  readonly name: string;
  /** On-link IPv4 address, reachable from this machine and from the peer. */
  readonly address: string;
  /** On-link IPv6 address, likewise. */
  readonly address6: string;
  readonly port: number;
  /** The account to log in as. */
  readonly user: string;
  /** An account that can log in but has no right to anything. */
  readonly unprivilegedUser: string;
  /** What a program's connection must say to get root's rights, besides the user. */
  readonly rights: HostRights;
  /** Whether it has an init, which alone can restore a route at boot. */
  readonly boots: boolean;
  /** The password of all accounts, if they have one. */
  readonly password: string | undefined;
  private readonly index: number;
  private readonly sshServer: SshServer;

  constructor(
    private readonly record: HostRecord,
    private readonly directory: string,
    /** The client's private key, in OpenSSH's format. */
    readonly keyPath: string,
    private readonly switchMachine: Machine,
  ) {
    super(record);
    this.name = record.name;
    this.address = record.address;
    this.address6 = record.address6;
    this.port = record.port;
    this.user = record.user;
    this.unprivilegedUser = record.unprivilegedUser;
    this.rights = record.rights;
    this.password = record.password;
    this.boots = record.boots ?? false;
    this.index = record.index;
    this.sshServer = FLAVOURS[record.flavour].sshServer ?? openssh;
  }

  /** All routes in all tables, both families, as iproute2 prints them: equal texts mean equal tables. */
  async routes(): Promise<string> {
    const show = (family: string) => this.runIp(["-N", "-d", "-o", family, "route", "show", "table", "all"]);
    return (await show("-4")) + (await show("-6"));
  }

  /** What sshd has seen since the host was made. */
  counters(): SshCounters {
    const { index } = this.record;
    const logPath = this.boots ? this.path(BOOTED_SSHD_LOG) : sshdLogPath(this.directory, index);
    return this.sshServer.readCounters(this, logPath);
  }

  /** Ends the sshd process of every connection; what runs in their sessions goes on (facts.md S7). */
  async killSshSessions(): Promise<void> {
    await this.sshServer.killSessions(this);
  }

  /** Makes the host refuse connections. Those that are open stay. */
  async stopSshd(): Promise<void> {
    // Its init would start it again; and an init that is still busy with the boot does nothing.
    if (this.boots) await this.exec(["service", "ssh", "stop"]);
    await this.sshServer.stop(this);
  }

  async startSshd(): Promise<void> {
    if (this.boots) await this.execOrThrow(["service", "ssh", "restart"]);
    else await this.sshServer.start(this, sshdLogPath(this.directory, this.index));
  }

  /**
   * Reboots a host of a flavour that boots: a new network namespace, the same disk, addresses and keys.
   * Resolves once sshd answers again. Its link must not be cut.
   *
   * @throws Error when the host is of another flavour.
   */
  async reboot(kind: RebootKind = "orderly"): Promise<void> {
    if (!this.boots) {
      throw new Error(`${this.name} can't reboot: the flavour ${this.record.flavour} has no init`);
    }
    await rebootHost(this.record, kind);
  }

  /**
   * Drops everything to and from the host, as a failed switch port does. The host's interface stays up,
   * with carrier, so neither side is told.
   */
  async cutLink(): Promise<void> {
    await this.switchMachine.configureNetwork([`link set ${switchPort(this.index)} nomaster`]);
  }

  async restoreLink(): Promise<void> {
    await this.switchMachine.configureNetwork([`link set ${switchPort(this.index)} master br0`]);
  }
}
