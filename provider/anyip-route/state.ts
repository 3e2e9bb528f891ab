// What Pulumi records of an AnyIPRoute: the outputs, with a version so that older shapes can still be read.
import { parseAddress } from "../../net/address";
import { isRecord } from "../check/fields";
import { AnyIPError } from "../errors";
import type { Origin } from "../host/record";
import type { LocalRoute } from "../host/route";
import { checkInputs, type DesiredRoute, isDeviceName, type RawInputs } from "./inputs";
import { isPersistence, type Persistence, usualPersistence } from "./persistence";

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

/** The version that encodeState writes: 1, which is what a state without `stateVersion` has. */
const stateVersion = 1;

const inputNames = [
  "connection",
  "prefix",
  "device",
  "table",
  "metric",
  "protocol",
  "source",
  "onExisting",
  "verify",
  "persist",
  "onHostGone",
  "allowUnsafe",
  "confirmTimeout",
  "owner",
] as const;

/**
 * Outputs for the engine: the inputs under their own names, so that secrets stay marked, and what is not as usual of the
 * extras. Each output of each resource costs the engine time, so origin `created` goes without saying, and so does
 * what `persist` asks for itself, or usually means.
 */
export function encodeState(inputs: RawInputs, extras: StateExtras): Record<string, unknown> {
  const { origin, persistence, found, machineId, acceptedHostKey } = extras;
  return {
    ...extractInputs(inputs),
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

/** The inputs that a recorded state was made from. */
export function extractInputs(outputs: RawInputs): Record<string, unknown> {
  const inputs: Record<string, unknown> = {};
  for (const name of inputNames) if (outputs[name] !== undefined) inputs[name] = outputs[name];
  return inputs;
}

/**
 * Reads a recorded state of any version up to this one.
 *
 * @throws AnyIPError STATE_UNREADABLE for a newer version, or for a state that was edited into nonsense.
 */
export function decodeState(outputs: RawInputs): RecordedRoute {
  const { origin = "created", machineId, acceptedHostKey } = outputs;
  const { persistence = impliedPersistence(outputs.persist) } = outputs;
  if (!isCurrentVersion(outputs)) {
    throw new AnyIPError(
      "STATE_UNREADABLE",
      `the recorded state has version ${String(outputs.stateVersion)}, this pulumi-anyip reads version ${stateVersion}; ` +
        "install the pulumi-anyip that wrote it, or a newer one",
    );
  }
  const { desired, failures } = checkInputs(extractInputs(outputs));
  if (!desired || (origin !== "created" && origin !== "adopted") || !isPersistence(persistence)) {
    const why =
      failures.map(({ property, reason }) => `${property} ${reason}`).join("; ") ||
      "origin or persistence is none that there is";
    throw new AnyIPError("STATE_UNREADABLE", `the recorded state cannot be read: ${why}`);
  }
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

/** True for a state of the version that this package writes. */
export function isCurrentVersion(outputs: RawInputs): boolean {
  return outputs.stateVersion === undefined || outputs.stateVersion === stateVersion;
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
    const reason =
      "`found` holds what no route can have; restore the state, such as by `pulumi stack import`";
    throw new AnyIPError("STATE_UNREADABLE", `the recorded state cannot be read: ${reason}`);
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
