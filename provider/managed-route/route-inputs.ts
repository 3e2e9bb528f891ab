// The inputs that all resources have which bind a prefix to a host, in canonical form, and what is wrong with them. Pure.
import { type Family, formatAddress, parseAddress } from "../../net/address";
import { type CheckFailure, Fields, type TextGrammar } from "../check/fields";
import type { RawInputs } from "../check/raw-inputs";
import { readConnection } from "../connection/inputs";
import type { UnsafeReason } from "../host/guard";
import { defaultConfirmTimeoutSeconds, maxConfirmTimeoutSeconds } from "../host/host";
import { defaultMetric, type LocalRoute, ownProtocol } from "../host/route";
import type { DesiredRoute } from "./desired";
import { readPersist } from "./persistence";
import { readAllowUnsafe, refuseNeighborDiscovery } from "./safety-inputs";

/** All that is asked for but the prefix. */
export interface RouteOptions extends Omit<DesiredRoute, "route"> {
  readonly route: Omit<LocalRoute, "prefix">;
}

/** What is bound, of one family: a prefix, or what one is to be chosen from. */
interface Target {
  readonly family: Family;
}

export interface RouteInputs<Of extends Target> {
  readonly inputs: RawInputs;
  readonly failures: readonly CheckFailure[];
  readonly target: Of | undefined;
  /** Present when everything is known and nothing is wrong. */
  readonly options: RouteOptions | undefined;
}

/** Names of the inputs that {@link readRouteInputs} reads by itself. */
export const routeInputNames = [
  "connection",
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

/** The tables that every host calls by the same name (ip-route(8)); others are named in the host's rt_tables. */
const tableNumbers: ReadonlyMap<unknown, number> = new Map([
  ["local", 255],
  ["main", 254],
  ["default", 253],
]);

/** At most 15 bytes, none of which the kernel refuses (dev_valid_name) or a shell would look at. */
const deviceGrammar: TextGrammar = {
  pattern: /^(?!\.\.?$)[A-Za-z0-9_.][A-Za-z0-9_.-]*$/,
  expected: "a network device's name such as lo or eth0: letters, digits, `_`, `.` and `-`",
  maxLength: 15,
};
const ownerGrammar: TextGrammar = {
  pattern: /^\P{Cc}+$/u,
  expected: "project/stack/name without control characters",
  maxLength: 1024,
};

/** True for a name that may be given as `device`. */
export function isDeviceName(text: string): boolean {
  return text.length <= deviceGrammar.maxLength && deviceGrammar.pattern.test(text);
}

/**
 * Validates, explains and canonicalises. Unknown values, as they come at preview, are passed through.
 *
 * @param readTarget reads the inputs that say what is bound; where it says nothing, they are wrong or not known yet.
 */
export function readRouteInputs<Of extends Target>(
  raw: RawInputs,
  readTarget: (fields: Fields, allowUnsafe: readonly UnsafeReason[] | undefined) => Of | undefined,
): RouteInputs<Of> {
  const failures: CheckFailure[] = [];
  const fields = new Fields(raw, "", failures);
  fields.value("connection");
  const connection = readConnection(raw.connection, failures);
  const allowUnsafe = readAllowUnsafe(fields);
  const target = readTarget(fields, allowUnsafe);
  const device = fields.text("device", deviceGrammar);
  const table = readTable(fields);
  const metric = readMetric(fields, target);
  const protocol = fields.integer("protocol", 4, 255, "; 0 to 3 are the kernel's own (rtnetlink(7))");
  const source = readSource(fields, target);
  const onExisting = fields.choice("onExisting", ["adopt", "takeOver", "fail"]);
  const verify = fields.boolean("verify");
  const persist = readPersist(fields);
  const onHostGone = fields.choice("onHostGone", ["fail", "forget"]);
  const confirmTimeoutSeconds = fields.integer("confirmTimeout", 1, maxConfirmTimeoutSeconds, " (seconds)");
  fields.require("owner", "project/stack/name");
  const owner = fields.text("owner", ownerGrammar);
  fields.rejectOthers(["__provider", "neighborDiscovery"]);
  refuseNeighborDiscovery(fields);

  const inputs = {
    ...raw,
    ...(source === undefined ? {} : { source }),
    ...(table === undefined ? {} : { table: tableName(table) }),
  };
  const isComplete = failures.length === 0 && !Object.keys(raw).some((name) => fields.isUnknown(name));
  if (!isComplete || !connection || !target || !allowUnsafe || owner === undefined)
    return { inputs, failures, target, options: undefined };
  const options: RouteOptions = {
    connection,
    route: {
      family: target.family,
      device: device ?? "lo",
      table: table ?? 255,
      metric: metric ?? defaultMetric(target.family),
      protocol: protocol ?? ownProtocol,
      ...(source === undefined ? {} : { source }),
    },
    wantsProtocol: protocol !== undefined,
    onExisting: onExisting ?? "adopt",
    verify: verify ?? true,
    persist: persist ?? "auto",
    onHostGone: onHostGone ?? "fail",
    allowUnsafe,
    confirmTimeoutSeconds: confirmTimeoutSeconds ?? defaultConfirmTimeoutSeconds,
    owner,
  };
  return { inputs, failures, target, options };
}

/** What is asked for, with the prefix. */
export function bindPrefix(options: RouteOptions, prefix: string): DesiredRoute {
  return { ...options, route: { ...options.route, prefix } };
}

function readTable(fields: Fields): number | undefined {
  const value = fields.value("table");
  if (value === undefined) return undefined;
  const number = tableNumbers.get(value) ?? value;
  if (typeof number === "number" && Number.isInteger(number) && number >= 1 && number <= 0xffffffff)
    return number;
  return fields.fail(
    "table",
    'must be "local", "main", "default" or a number from 1 to 4294967295; ' +
      "other names exist only in a host's own rt_tables file, so give their number",
  );
}

function tableName(table: number): string | number {
  for (const [name, number] of tableNumbers) if (number === table) return String(name);
  return table;
}

function readMetric(fields: Fields, target: Target | undefined): number | undefined {
  const metric = fields.integer("metric", 0, 0xffffffff);
  if (metric !== 0 || target?.family !== "ipv6") return metric;
  return fields.fail(
    "metric",
    "is 0, which the kernel turns into 1024 for IPv6; leave it out or give 1 to 4294967295",
  );
}

function readSource(fields: Fields, target: Target | undefined): string | undefined {
  const text = fields.value("source");
  if (text === undefined) return undefined;
  const address = typeof text === "string" ? parseAddress(text) : undefined;
  if (!address)
    return fields.fail("source", "must be an address of the host without a length, such as 2001:db8::1");
  if (target && target.family !== address.family) {
    const names = { ipv4: "IPv4", ipv6: "IPv6" };
    return fields.fail(
      "source",
      `is ${names[address.family]} but prefix is ${names[target.family]}; both must be of one family`,
    );
  }
  return formatAddress(address);
}
