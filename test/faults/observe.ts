// What a host has: its routes, the records on it, and what the provider has left beside them.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Host } from "../../sandbox";
import { listOurProcesses } from "../support/host-processes";
import { hostFacts } from "./host-facts";
import { readRecord, type World } from "./model";
import { readLines } from "./routes";

/** @param keptDirectories those that are not the provider's to remove */
export async function observeWorld(host: Host, keptDirectories: readonly string[] = []): Promise<World> {
  const routes = readLines(await host.routes());
  const records = readRecords(host);
  const processes = listOurProcesses(host).map((line) => `process ${line}`);
  const leftovers = [...listLeftovers(host, keptDirectories, records.size > 0), ...processes];
  return { routes, records, leftovers };
}

function readRecords(host: Host): Map<string, string> {
  const records = new Map<string, string>();
  for (const directory of hostFacts.recordDirectories.map((inside) => host.path(inside))) {
    for (const name of listDirectory(directory).sort()) {
      // There must be only one of a route.
      const key = records.has(name) ? `${name} once more` : name;
      records.set(key, readText(`${directory}/${name}`));
    }
  }
  return records;
}

/** The provider's directories go with their last record, and what is in them but records with the run. */
function listLeftovers(host: Host, kept: readonly string[], hasRecords: boolean): string[] {
  return hostFacts.ownDirectories.flatMap((directory) => {
    const path = host.path(directory);
    const isRecord = (entry: string) =>
      hostFacts.recordDirectories.some((records) => `${directory}/${entry}/`.startsWith(`${records}/`));
    const entries = listDirectory(path).filter((entry) => !(hasRecords && isRecord(entry)));
    const left = entries.map((entry) => `${directory}/${entry}`);
    return hasRecords || kept.includes(directory) || !existsSync(path) ? left : [directory, ...left];
  });
}

/** All that is in it; nothing where it is not, or has just gone. */
function listDirectory(path: string): string[] {
  try {
    return readdirSync(path, { recursive: true, encoding: "utf8" });
  } catch {
    return [];
  }
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
