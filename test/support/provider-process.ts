// Finds and ends the provider process of a deployment that this program has started, and no other.
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const pollMs = 4;

/** Waits for the process that serves dynamic providers to a running `pulumi`; undefined when `over` comes first. */
export async function waitForProvider(pulumi: number, over: Promise<unknown>): Promise<number | undefined> {
  let isOver = false;
  const end = () => {
    isOver = true;
  };
  over.then(end, end);
  while (!isOver) {
    const found = listDescendants(pulumi).find(isProvider);
    if (found !== undefined) return found;
    await sleep(pollMs);
  }
  return undefined;
}

/** SIGKILL; false when it had ended by itself. */
export function killProcess(pid: number): boolean {
  try {
    return process.kill(pid, "SIGKILL");
  } catch {
    return false;
  }
}

function listDescendants(ancestor: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    const parent = pid > 0 ? readParent(pid) : undefined;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const found: number[] = [];
  for (const queue = [ancestor]; queue.length > 0; ) {
    const next = children.get(queue.shift() ?? 0) ?? [];
    found.push(...next);
    queue.push(...next);
  }
  return found;
}

// proc(5): the name in parentheses may hold anything, the parent is the second field after it.
function readParent(pid: number): number | undefined {
  const fields = read(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, "")
    .split(" ");
  return fields[1] === undefined ? undefined : Number(fields[1]);
}

// The launcher is a shell script that first asks another node where the program is: it is `node …/dynamic-provider
// ENGINE` that holds the connections.
function isProvider(pid: number): boolean {
  const [program = "", script = ""] = read(`/proc/${pid}/cmdline`).split("\0");
  return /(^|\/)node$/.test(program) && /\/cmd\/dynamic-provider(\/|$)/.test(script);
}

/** A process may be gone by the time that it is looked at. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
