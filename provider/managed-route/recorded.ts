// What is recorded of a managed route beside its inputs, and how what was found on the host differs from what was asked for. Pure.
import { parseAddress } from "../../net/address";
import { isRecord } from "../check/fields";
import type { RawInputs } from "../check/raw-inputs";
import { explainUnreadable } from "../check/recorded-state";
import type { Origin } from "../host/record";
import type { LocalRoute } from "../host/route";
import type { DesiredRoute } from "./desired";
import { isPersistence, type Persistence, usualPersistence } from "./persistence";
import { isDeviceName } from "./route-inputs";

/**
 * The attributes in which the route on the host differs from what was asked for: altered there since, or kept
 * from before it was adopted. `source` is empty where the route has none. `record` is there where the host has lost
 * its ownership record, or that speaks of another route than was asked for; `route` where it has the record and no
 * route; `persistence` where it would not restore at boot what it is to restore, or the other way round.
 */
export type FoundAttributes = Partial<
  Record<"device" | "source", string> &
    Record<"metric" | "protocol", number> & {
      readonly record: "missing" | "altered";
      readonly route: "missing";
      readonly persistence: "missing" | "unasked";
    }
>;

/** What is recorded beside the inputs. */
export interface StateExtras {
  readonly origin: Origin;
  /** By what the host restores the route at boot. */
  readonly persistence: Persistence;
  readonly found?: FoundAttributes;
  /** The machine that has the route (machine-id(5)), `-` for one without an id; missing in a state of before there were any. */
  readonly machineId?: string;
  /** The host key that hostKeyPolicy acceptNew accepted, `TYPE BASE64`. */
  readonly acceptedHostKey?: string;
}

/** A decoded state. `actual` is the route as it was last seen, `route` what was asked for. */
export interface RecordedRoute extends DesiredRoute, StateExtras {
  readonly actual: LocalRoute;
}

/**
 * The outputs that are recorded beside the inputs: what is not as usual of the extras. Each output of each resource costs the
 * engine time, so origin `created` goes without saying, and so does what `persist` asks for itself, or usually means.
 */
export function encodeExtras(inputs: RawInputs, extras: StateExtras): Record<string, unknown> {
  const { origin, persistence, found, machineId, acceptedHostKey } = extras;
  return {
    ...(machineId === undefined ? {} : { machineId }),
    ...(origin === "created" ? {} : { origin }),
    ...(persistence === impliedPersistence(inputs.persist) ? {} : { persistence }),
    ...(found && Object.keys(found).length > 0 ? { found } : {}),
    ...(acceptedHostKey === undefined ? {} : { acceptedHostKey }),
  };
}

function impliedPersistence(persist: unknown): unknown {
  return persist === undefined || persist === "auto" ? usualPersistence : persist;
}

/**
 * Adds what was recorded of the route to what was asked for.
 *
 * @throws AnyIPError STATE_UNREADABLE for a state that was edited into nonsense.
 */
export function decodeExtras(outputs: RawInputs, desired: DesiredRoute): RecordedRoute {
  const { origin = "created", machineId, acceptedHostKey } = outputs;
  const { persistence = impliedPersistence(outputs.persist) } = outputs;
  if ((origin !== "created" && origin !== "adopted") || !isPersistence(persistence))
    throw explainUnreadable("origin or persistence is none that there is");
  const found = decodeFound(outputs.found);
  const { record: _record, route: _route, persistence: _persistence, ...foundOnRoute } = found;
  const { source, ...routeWithoutSource } = { ...desired.route, ...foundOnRoute };
  return {
    ...desired,
    origin,
    persistence,
    found,
    actual: source === undefined || source === "" ? routeWithoutSource : { ...routeWithoutSource, source },
    ...(typeof machineId === "string" ? { machineId } : {}),
    ...(typeof acceptedHostKey === "string" ? { acceptedHostKey } : {}),
  };
}

/** As strict as the inputs are: what is decoded here may be written into a script. */
function decodeFound(raw: unknown): FoundAttributes {
  if (raw === undefined) return {};
  const { device, source, metric, protocol, record, route, persistence, ...others } = isRecord(raw)
    ? raw
    : { raw };
  const isSound =
    (device === undefined || (typeof device === "string" && isDeviceName(device))) &&
    (source === undefined || source === "" || (typeof source === "string" && parseAddress(source))) &&
    (metric === undefined || isWholeNumber(metric, 0xffffffff)) &&
    (protocol === undefined || isWholeNumber(protocol, 255)) &&
    (record === undefined || record === "missing" || record === "altered") &&
    (route === undefined || route === "missing") &&
    (persistence === undefined || persistence === "missing" || persistence === "unasked") &&
    Object.keys(others).length === 0;
  if (!isSound) {
    throw explainUnreadable(
      "`found` holds what no route can have; restore the state, such as by `pulumi stack import`",
    );
  }
  return raw as FoundAttributes;
}

function isWholeNumber(value: unknown, max: number): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= max;
}

/** The attributes in which `observed` is not what `wanted` asks for. */
export function compareRoute(wanted: LocalRoute, observed: LocalRoute): FoundAttributes {
  return {
    ...(observed.device === wanted.device ? {} : { device: observed.device }),
    ...(observed.metric === wanted.metric ? {} : { metric: observed.metric }),
    ...(observed.protocol === wanted.protocol ? {} : { protocol: observed.protocol }),
    ...(observed.source === wanted.source ? {} : { source: observed.source ?? "" }),
  };
}
