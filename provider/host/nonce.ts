// What tells our own lines from whatever else a host prints.
import { randomBytes } from "node:crypto";

/** A word that nobody can guess, and that means nothing to any shell. */
export function makeNonce(): string {
  return `anyip-${randomBytes(9).toString("hex")}`;
}
