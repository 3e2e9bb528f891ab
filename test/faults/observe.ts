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
  const directory = host.path(hostFacts.recordDirectory);
  const names = existsSync(directory) ? readdirSync(directory) : [];
  const records = new Map(names.sort().map((name) => [name, readText(`${directory}/${name}`)]));
  const processes = listOurProcesses(host).map((line) => `process ${line}`);
  const leftovers = [...listLeftovers(host, keptDirectories, records.size > 0), ...processes];
  return { routes, records, leftovers };
}

/** The provider's directories go with their last record, and what is in them but records with the run. */
function listLeftovers(host: Host, kept: readonly string[], hasRecords: boolean): string[] {
  return hostFacts.ownDirectories.flatMap((directory) => {
    const path = host.path(directory);
    if (!existsSync(path)) return [];
    const isRecord = (entry: string) => `${directory}/${entry}/`.startsWith(`${hostFacts.recordDirectory}/`);
    const entries = readdirSync(path, { recursive: true, encoding: "utf8" }).filter(
      (entry) => !(hasRecords && isRecord(entry)),
    );
    const left = entries.map((entry) => `${directory}/${entry}`);
    return hasRecords || kept.includes(directory) ? left : [directory, ...left];
  });
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
