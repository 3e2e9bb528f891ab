// Makes sandboxes, and finds those that exist.

import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { makeNetwork6 } from "./addresses";
import type { HostOptions } from "./host-record";
import { Machine, startMachine } from "./machine";
import { makePeer } from "./make-host";
import { SWITCH_SCRIPT } from "./namespace-script";
import { linkToMachine } from "./network";
import { describeProcessSpace, findProcess } from "./processes";
import { reapSandboxes, removeAtExit } from "./removal";
import { type CompleteRecord, type Holding, removeHolding, Sandbox } from "./sandbox";
import { clientPaths, giveToPerson, makeKeyPair, writeClientFile } from "./ssh-keys";
import {
  assertName,
  listNames,
  readRecord,
  type SandboxRecord,
  sandboxDirectory,
  withStateLock,
  writeRecord,
} from "./state-directory";

/** How many hosts are made at once: they wait for the kernel and for ssh-keygen more than they compute. */
const HOSTS_AT_ONCE = 4;

export interface SandboxOptions {
  /** Unique on this machine. Default: a random one. */
  readonly name?: string;
  /** Default: one root host, `web1`. */
  readonly hosts?: readonly HostOptions[];
  /**
   * `process` (default): removed with the process that makes it, however that ends. `person`: lives until
   * someone removes it.
   */
  readonly owner?: "process" | "person";
}

/**
 * Makes a sandbox, and first removes those whose owner is dead. On an error nothing of it stays behind.
 *
 * @throws Error that says what is missing: root's rights, a program, a free name.
 */
export async function createSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  assertCanRun();
  const holding: Holding = { record: await claimName(options.name), started: [] };
  removeAtExit(holding);
  try {
    const sandbox = new Sandbox(await buildNetwork(holding));
    await addHosts(sandbox, options.hosts ?? [{ name: "web1" }]);
    if (options.owner === "person") sandbox.keep();
    return sandbox;
  } catch (error) {
    await removeHolding(holding);
    throw error;
  }
}

/** The sandbox of that name, or undefined. */
export function openSandbox(name: string): Sandbox | undefined {
  const record = readRecord(name);
  if (record === undefined || record.processSpace !== describeProcessSpace() || !isComplete(record))
    return undefined;
  return new Sandbox({ record, started: [] });
}

/** All sandboxes that can be used from here, by name; first removes those whose owner is dead. */
export async function listSandboxes(): Promise<Sandbox[]> {
  assertCanRun();
  await withStateLock(async () => reapSandboxes());
  return listNames()
    .map(openSandbox)
    .filter((sandbox) => sandbox !== undefined);
}

function assertCanRun(): void {
  if (process.platform !== "linux") throw new Error(`a sandbox needs Linux, this is ${process.platform}`);
  if (process.getuid?.() === 0) return;
  throw new Error("a sandbox needs root's rights, for network namespaces: run this by sudo");
}

function claimName(given: string | undefined): Promise<SandboxRecord> {
  const name = given ?? `run-${randomBytes(5).toString("hex")}`;
  assertName("the sandbox name", name);
  return withStateLock(async () => {
    reapSandboxes();
    if (readRecord(name))
      throw new Error(`there is a sandbox ${name} already: \`pulumi-anyip sandbox down ${name}\` removes it`);
    mkdirSync(sandboxDirectory(name), { recursive: true, mode: 0o755 });
    const owner = findProcess(process.pid);
    if (owner === undefined) throw new Error("/proc doesn't show this process: is it mounted?");
    const processSpace = describeProcessSpace();
    const record: SandboxRecord = {
      version: 1,
      name,
      owner,
      processSpace,
      network6: makeNetwork6(),
      hosts: [],
    };
    writeRecord(record);
    return record;
  });
}

async function buildNetwork(holding: Holding): Promise<Holding<CompleteRecord>> {
  const { name, network6 } = holding.record;
  const directory = sandboxDirectory(name);
  const update = (change: Partial<SandboxRecord>): void => {
    holding.record = { ...holding.record, ...change };
    writeRecord(holding.record);
  };
  const paths = clientPaths(directory);
  const keyMade = makeKeyPair(paths.key, "ed25519", `sandbox ${name}`);
  keyMade.catch(() => {});
  const switchStarted = await startMachine(SWITCH_SCRIPT, ["switch"]);
  holding.started.push(switchStarted);
  update({ switch: switchStarted.record });
  const slice = await linkToMachine(network6, switchStarted.record);
  update({ slice });
  const switchMachine = new Machine(switchStarted.record);
  const peer = await makePeer({ directory, slice, network6, switchMachine });
  holding.started.push(peer);
  update({ peer: peer.record });
  await keyMade;
  for (const path of [paths.key, `${paths.key}.pub`]) giveToPerson(path);
  writeClientFile(paths.knownHosts, "");
  if (!isComplete(holding.record)) throw new Error(`the record of sandbox ${name} lacks a part`);
  return holding as Holding<CompleteRecord>;
}

/** Makes hosts, a few at a time; waits for all before it passes on a failure. */
async function addHosts(sandbox: Sandbox, hosts: readonly HostOptions[]): Promise<void> {
  const queue = [...hosts];
  const failures: unknown[] = [];
  const work = async () => {
    for (let host = queue.shift(); host !== undefined && failures.length === 0; host = queue.shift()) {
      await sandbox.addHost(host).catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: HOSTS_AT_ONCE }, work));
  if (failures.length > 0) throw failures[0];
}

function isComplete(record: SandboxRecord): record is CompleteRecord {
  return record.slice !== undefined && record.switch !== undefined && record.peer !== undefined;
}
