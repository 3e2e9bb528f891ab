// One thing that a look at a host has found, as a person is told it. Pure.

/** `problem`: something will fail, or is not as it should be. `note`: good to know before it surprises. */
export type FindingLevel = "ok" | "note" | "problem";

/** What was looked at. */
export type CheckName =
  | "login"
  | "ip"
  | "flock"
  | "ipv6"
  | "onLink"
  | "mustReach"
  | "forwarding"
  | "bind"
  | "persistence"
  | "records"
  | "unreadable"
  | "missing"
  | "altered"
  | "dead"
  | "otherMachine"
  | "unrecorded"
  | "run";

export interface Finding {
  readonly check: CheckName;
  readonly level: FindingLevel;
  /** What was found: a sentence without its full stop. */
  readonly found: string;
  /** What to do about it, likewise. */
  readonly advice?: string;
  /** The code of the error that a resource has failed or would fail with. */
  readonly code?: string;
}

/** A host may have thousands of routes; a line has a few. */
const mostNamed = 10;

export function enumerate(items: readonly string[], separator = ", "): string {
  const distinct = [...new Set(items)];
  const more = distinct.length - mostNamed;
  return distinct.slice(0, mostNamed).join(separator) + (more > 0 ? ` and ${more} more` : "");
}
