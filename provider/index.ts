// The provider process's way in: one handler per resource class, all on the same hosts and connections.
import { createAnyIPRouteProvider } from "./anyip-route/provider";
import { withReadableErrors } from "./engine-errors";
import { Hosts } from "./hosts";

const hosts = new Hosts();

/** Named in the constant `__provider` literal of sdk/anyip-route.ts. */
export const anyIPRoute = withReadableErrors(
  createAnyIPRouteProvider((connection, acceptedHostKey) => hosts.find(connection, acceptedHostKey)),
);
