// Puts files into a test host from outside, owned and readable as asked.

import { chmodSync, chownSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Machine } from "./machine";

export interface HostFile {
  /** Absolute, in the host. */
  readonly path: string;
  readonly text: string | Uint8Array;
  /** Default 0644. */
  readonly mode?: number;
  /** Mode of its directory, if that is missing. Default 0755. */
  readonly directoryMode?: number;
  /** Owner of it and of directories made for it, with the group of the same number. Default 0. */
  readonly uid?: number;
}

/** Writes the files; one that exists, or is a link to elsewhere, is replaced. */
export function writeHostFiles(machine: Machine, files: readonly HostFile[]): void {
  for (const { path, text, mode = 0o644, directoryMode = 0o755, uid = 0 } of files) {
    makeDirectory(machine, dirname(path), directoryMode, uid);
    const outside = machine.path(path);
    rmSync(outside, { force: true });
    writeFileSync(outside, text);
    chmodSync(outside, mode);
    chownSync(outside, uid, uid);
  }
}

function makeDirectory(machine: Machine, path: string, mode: number, uid: number): void {
  const outside = machine.path(path);
  if (existsSync(outside)) return;
  makeDirectory(machine, dirname(path), 0o755, uid);
  mkdirSync(outside);
  chmodSync(outside, mode);
  chownSync(outside, uid, uid);
}
