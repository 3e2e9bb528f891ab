// The provider process's way in: one handler per resource class, all on the same hosts and connections.
import { createAddressAllocationProvider } from "./address-allocation/provider";
import { createAddressPoolProvider } from "./address-pool/provider";
import { createAnyIPRouteProvider } from "./anyip-route/provider";
import { withReadableErrors } from "./engine-errors";
import { Hosts } from "./hosts";

const hosts = new Hosts();

/** Named in the constant `__provider` literal of sdk/anyip-route.ts. */
export const anyIPRoute = withReadableErrors(
  createAnyIPRouteProvider((connection, acceptedHostKey) => hosts.find(connection, acceptedHostKey)),
);

/** Named in the constant `__provider` literal of sdk/address-allocation.ts. */
export const addressAllocation = withReadableErrors(
  createAddressAllocationProvider({
    findHost: (connection, acceptedHostKey) => hosts.find(connection, acceptedHostKey),
    now: Date.now,
    warn: (line) => process.stderr.write(`${line}\n`),
  }),
);

/** Named in the constant `__provider` literal of sdk/address-pool.ts. */
export const addressPool = withReadableErrors(
  createAddressPoolProvider({ now: Date.now, warn: (line) => process.stderr.write(`${line}\n`) }),
);
