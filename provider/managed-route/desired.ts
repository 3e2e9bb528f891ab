// What a resource that binds a prefix to a host asks for.
import type { Prefix } from "../../net/prefix";
import type { ConnectionSpec } from "../connection/spec";
import type { UnsafeReason } from "../host/guard";
import type { LocalRoute } from "../host/route";
import type { PersistChoice } from "./persistence";

export type OnExisting = "adopt" | "takeOver" | "fail";

export interface DesiredRoute {
  readonly connection: ConnectionSpec;
  readonly route: LocalRoute;
  /** True when `protocol` was given; otherwise an adopted route keeps the one it has. */
  readonly wantsProtocol: boolean;
  readonly onExisting: OnExisting;
  readonly verify: boolean;
  /** How the host is to restore the route at boot. */
  readonly persist: PersistChoice;
  /** What a delete does where the host cannot be reached. */
  readonly onHostGone: "fail" | "forget";
  /** The risks that are taken. */
  readonly allowUnsafe: readonly UnsafeReason[];
  /** How long the host waits before it takes an unconfirmed change back. */
  readonly confirmTimeoutSeconds: number;
  /** `project/stack/name` of the resource. */
  readonly owner: string;
  /**
   * Out of which pool the prefix was chosen, and for whom. Where a larger local route holds all of the pool, the prefix needs no
   * route of its own.
   */
  readonly choice?: { readonly pool: Prefix; readonly key: string };
}
