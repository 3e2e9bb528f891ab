// The provider process's way in: one handler per resource class, all on the same hosts and connections. What a run does not
// use it does not load: every command waits for that.
import { withReadableErrors } from "./engine-errors";
import type { Hosts } from "./hosts";

// By require: an import() of Node's would bring its loader of ECMAScript modules along.
const load = {
  hosts: () => require("./hosts") as typeof import("./hosts"),
  anyIPRoute: () => require("./anyip-route/provider") as typeof import("./anyip-route/provider"),
  addressAllocation: () =>
    require("./address-allocation/provider") as typeof import("./address-allocation/provider"),
  addressPool: () => require("./address-pool/provider") as typeof import("./address-pool/provider"),
};

let hosts: Hosts | undefined;
const findHost: Hosts["find"] = (connection, acceptedHostKey) => {
  hosts ??= new (load.hosts().Hosts)();
  return hosts.find(connection, acceptedHostKey);
};
const warn = (line: string) => process.stderr.write(`${line}\n`);

/** Named in the constant `__provider` literal of sdk/anyip-route.ts. */
export const anyIPRoute = withReadableErrors(() => load.anyIPRoute().createAnyIPRouteProvider(findHost));

/** Named in the constant `__provider` literal of sdk/address-allocation.ts. */
export const addressAllocation = withReadableErrors(() =>
  load.addressAllocation().createAddressAllocationProvider({ findHost, now: Date.now, warn }),
);

/** Named in the constant `__provider` literal of sdk/address-pool.ts. */
export const addressPool = withReadableErrors(() =>
  load.addressPool().createAddressPoolProvider({ now: Date.now, warn }),
);
