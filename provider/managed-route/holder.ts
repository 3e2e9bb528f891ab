// Whose a route is, as the host's ownership record has it: what a resource may do with it follows from this. Pure.
import { formatPrefix } from "../../net/prefix";
import { AnyIPError } from "../errors";
import type { Observation } from "../host/host";
import {
  isOtherMachine,
  isUnreadable,
  type OwnershipRecord,
  stackOf,
  type UnreadableRecord,
} from "../host/record";
import type { RouteKey } from "../host/route";
import type { DesiredRoute } from "./desired";
import type { StateExtras } from "./recorded";

/** A resource, as records name it. */
export interface Claimant {
  /** `project/stack/name`. */
  readonly owner: string;
  /** The id in its state; records call it the token. */
  readonly id: string;
}

/**
 * What a record says of a route to one resource:
 * - `nobody`: there is none, or it is of what was released, or it came with the disk of another machine;
 * - `self`: it is this resource's, by its id;
 * - `namesake`: the resource has the same project, stack and name, and another id: a run that died before its state was
 *   saved, an older state that was restored, or the same host under another name;
 * - `sibling`: another resource of the same stack, which may be its former name;
 * - `stranger`: another stack's.
 */
export type Holder =
  | { readonly standing: "nobody" }
  | { readonly standing: "self" | "namesake" | "sibling" | "stranger"; readonly record: OwnershipRecord };

/** @throws AnyIPError RECORD_UNREADABLE for a record that is none, or is of a newer version. */
export function findHolder(observed: Observation, key: RouteKey, claimant: Claimant): Holder {
  const record = observed.findRecord(key);
  if (record === undefined) return { standing: "nobody" };
  if (isUnreadable(record)) throw unreadable(record);
  if (record.hold.kind === "released") return { standing: "nobody" };
  if (isOtherMachine(record.machineId, observed.machineId)) return { standing: "nobody" };
  return { standing: judge(record, claimant), record };
}

function judge(
  record: OwnershipRecord,
  { owner, id }: Claimant,
): "self" | "namesake" | "sibling" | "stranger" {
  if (record.token === id) return "self";
  if (record.owner === owner) return "namesake";
  return stackOf(record.owner) === stackOf(owner) ? "sibling" : "stranger";
}

function unreadable({ path, problem }: UnreadableRecord): AnyIPError {
  return new AnyIPError(
    "RECORD_UNREADABLE",
    `the ownership record ${path} on the host ${problem}. It says whose the route ` +
      "is, so nothing is done without it: look at it, and remove it if the route is nobody else's",
  );
}

/** What the host keeps of a route that is as asked for. */
export function makeRecord(
  { route, owner, choice }: Pick<DesiredRoute, "route" | "owner" | "choice">,
  made: Pick<OwnershipRecord, "origin" | "token" | "machineId" | "hold"> & Pick<StateExtras, "persistence">,
): OwnershipRecord {
  const { origin, persistence, token, machineId, hold } = made;
  return {
    route,
    owner,
    origin,
    token,
    machineId,
    persists: persistence !== "none",
    hold,
    ...(choice ? { choice: { pool: formatPrefix(choice.pool), key: choice.key } } : {}),
  };
}
