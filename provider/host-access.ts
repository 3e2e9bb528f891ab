// What a resource holds of a host: the host itself, and the key to pin if the policy accepted one unseen.
import type { ConnectionSpec } from "./connection/spec";
import type { Host } from "./host/host";

export interface HostAccess {
  readonly host: Host;
  /** The host key that hostKeyPolicy acceptNew has accepted, once a connection is there; undefined for others. */
  acceptedHostKey(): string | undefined;
}

/** Finds the host that a connection leads to; `acceptedHostKey` is what acceptNew accepted earlier. */
export type FindHost = (connection: ConnectionSpec, acceptedHostKey?: string) => HostAccess;
