// Managed routes as a look at a host finds them.
import type { ManagedRoute } from "../../provider/inspect/managed-routes";
import { localRoute } from "./route-operations";

/** One that persists and is there, unless told otherwise. */
export function managedRoute(
  prefix: string,
  owner: string,
  changes: Partial<ManagedRoute> = {},
): ManagedRoute {
  const record = {
    route: localRoute(prefix),
    owner,
    origin: "created",
    token: "t",
    machineId: "-",
    persists: true,
    hold: { kind: "route" },
  } as const;
  return { record, status: "present", isOfOtherMachine: false, ...changes };
}
