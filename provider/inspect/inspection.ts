// What one look at a host has found, for those who judge it (findings.ts) or list it. Data only.
import type { PersistenceFacts } from "../host/host";
import type { LocalRoute } from "../host/route";
import type { Surroundings } from "../host/surroundings";
import type { HostFacts } from "./host-facts";
import type { ManagedRoute, UnreadableEntry } from "./managed-routes";

/** What is managed on a host, as its ownership records say. */
export interface ManagedListing {
  /** Sorted by owner, then by prefix. */
  readonly routes: readonly ManagedRoute[];
  /** Sorted by name. */
  readonly unreadable: readonly UnreadableEntry[];
}

/** A part of a look that failed by itself, with the provider's message and code. */
export interface FailedLook {
  readonly message: string;
  readonly code: string;
}

export function isFailedLook<T extends object>(look: T | FailedLook): look is FailedLook {
  return "message" in look && "code" in look;
}

/** A host that was logged in to. What needs `ip` is missing where there is none. */
export interface Inspection {
  readonly facts: HostFacts;
  readonly managed?: ManagedListing | FailedLook;
  readonly surroundings?: Surroundings | FailedLook;
  readonly persistence?: PersistenceFacts;
  /** Local routes of this package's protocol without a record. */
  readonly unrecorded?: readonly LocalRoute[];
}
