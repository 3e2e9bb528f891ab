// What a host has: its routes, the records on it, and what the provider has left beside them.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Host } from "../../sandbox";
import { listOurProcesses, listProcesses } from "../support/host-processes";
import {
  type Flavour,
  memoryDirectory,
  monitor,
  ownDirectories,
  recordDirectory,
  restoreProgram,
  serviceDirectories,
  watcher,
} from "./host-facts";
import { readRecord, type World } from "./model";
import { readLines } from "./routes";

/** @param kept those directories that are not the provider's to remove */
export async function observeWorld(
  host: Host,
  flavour: Flavour,
  kept: readonly string[] = [],
): Promise<World> {
  const routes = readLines(await host.routes());
  const directories = ownDirectories(flavour).map((directory) => listDirectory(host, directory));
  const paths = directories.flat().filter(isRecord);
  const records = new Map(paths.map((path) => [path, readText(host.path(path))]));
  const unfit = directories.flatMap((found) => listUnfit(found, kept));
  const processes = listOurProcesses(host).map((line) => `process ${line}`);
  return { routes, records, service: listService(host), leftovers: [...unfit, ...processes] };
}

/** The directory itself and all that is in it; nothing where it is not, or has just gone. */
function listDirectory(host: Host, directory: string): string[] {
  try {
    const entries = readdirSync(host.path(directory), { recursive: true, encoding: "utf8" });
    return [directory, ...entries.sort().map((entry) => `${directory}/${entry}`)];
  } catch {
    return [];
  }
}

function isRecord(path: string): boolean {
  return [true, false].some((persists) => path.startsWith(`${recordDirectory(persists)}/`));
}

/** A directory of the provider's goes with its last record, and what is in it but records with the run. */
function listUnfit(paths: readonly string[], kept: readonly string[]): string[] {
  const hasRecords = paths.some(isRecord);
  return paths.filter((path, index) => {
    if (isRecord(path) || path === restoreProgram) return false;
    const isContainer = index === 0 || path.endsWith("/routes");
    return !(isContainer && hasRecords) && !kept.includes(path);
  });
}

/** What there is of all that restores routes. */
function listService(host: Host): string[] {
  const files = serviceDirectories.flatMap((directory) => {
    const path = host.path(directory);
    const names = existsSync(path) ? readdirSync(path).filter((name) => name.includes("pulumi-anyip")) : [];
    return names.map((name) => `${directory}/${name}`);
  });
  const lines = listProcesses(host).map(({ line }) => line);
  const processes = [
    ...(lines.some((line) => line.includes(`${restoreProgram} watch`)) ? [watcher] : []),
    ...(lines.includes("ip monitor link") ? [monitor] : []),
  ];
  const program = existsSync(host.path(restoreProgram)) ? [restoreProgram] : [];
  return [...files.filter((path) => path !== memoryDirectory), ...program, ...processes];
}

/**
 * The process that waits for the next link to come up: undefined while none does, as when what has just been installed
 * restores once.
 */
export function findIdleWatcher(host: Host): string | undefined {
  return listProcesses(host).find(({ line }) => line === "dd bs=1 count=1")?.pid;
}

function readText(path: string): string {
  try {
    return statSync(path).isFile() ? readRecord(readFileSync(path, "utf8")) : "no file";
  } catch (error) {
    return String(error);
  }
}

const greetingTries = 20;

/** Whether the host's sshd greets who connects. */
export async function canBeReached({ address, port }: Pick<Host, "address" | "port">): Promise<boolean> {
  for (let made = 0; made < greetingTries; made++) {
    if (await greets(address, port)) return true;
    await sleep(250);
  }
  return false;
}

function greets(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2000 });
    const end = (isGreeted: boolean) => {
      socket.destroy();
      resolve(isGreeted);
    };
    socket.on("data", (chunk: Buffer) => end(chunk.toString("latin1").startsWith("SSH-")));
    socket.on("timeout", () => end(false));
    socket.on("error", () => end(false));
    socket.on("close", () => end(false));
  });
}
