// Raw inputs of an AnyIPRoute → their canonical form and what is wrong with them. Pure; the engine's `check`.
import { formatAddress, parseAddress } from "../../net/address";
import { explainUnbindable, isWholeFamily } from "../../net/bindable";
import { formatPrefix, isPrefixProblem, type Prefix, parsePrefix } from "../../net/prefix";
import { type CheckFailure, Fields, type TextGrammar } from "../check/fields";
import { readConnection } from "../connection/inputs";
import type { ConnectionSpec } from "../connection/spec";
import type { UnsafeReason } from "../host/guard";
import { defaultConfirmTimeoutSeconds, maxConfirmTimeoutSeconds } from "../host/host";
import { defaultMetric, type LocalRoute, ownProtocol } from "../host/route";
import { type PersistChoice, readPersist } from "./persistence";
import { readAllowUnsafe, refuseNeighborDiscovery } from "./safety-inputs";

export type OnExisting = "adopt" | "takeOver" | "fail";

/** Inputs as they are stored: canonical text, only what was given. */
export type RawInputs = Readonly<Record<string, unknown>>;

/** What an AnyIPRoute asks for. */
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
}

export interface CheckedInputs {
  readonly inputs: RawInputs;
  readonly failures: readonly CheckFailure[];
  /** Present when everything is known and nothing is wrong. */
  readonly desired: DesiredRoute | undefined;
}

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

/** Validates, explains and canonicalises. Unknown values, as they come at preview, are passed through. */
export function checkInputs(raw: RawInputs): CheckedInputs {
  const failures: CheckFailure[] = [];
  const fields = new Fields(raw, "", failures);
  fields.value("connection");
  const connection = readConnection(raw.connection, failures);
  const allowUnsafe = readAllowUnsafe(fields);
  const prefix = readPrefix(fields, allowUnsafe);
  const device = fields.text("device", deviceGrammar);
  const table = readTable(fields);
  const metric = readMetric(fields, prefix);
  const protocol = fields.integer("protocol", 4, 255, "; 0 to 3 are the kernel's own (rtnetlink(7))");
  const source = readSource(fields, prefix);
  const onExisting = fields.choice("onExisting", ["adopt", "takeOver", "fail"]);
  const verify = fields.boolean("verify");
  const persist = readPersist(fields);
  const onHostGone = fields.choice("onHostGone", ["fail", "forget"]);
  const confirmTimeoutSeconds = fields.integer("confirmTimeout", 1, maxConfirmTimeoutSeconds, " (seconds)");
  fields.require("owner", "project/stack/name");
  const owner = fields.text("owner", ownerGrammar);
  fields.rejectOthers(["__provider", "neighborDiscovery"]);
  refuseNeighborDiscovery(fields);

  const prefixText = prefix && formatPrefix(prefix);
  const inputs = {
    ...raw,
    ...(prefixText === undefined ? {} : { prefix: prefixText }),
    ...(source === undefined ? {} : { source }),
    ...(table === undefined ? {} : { table: tableName(table) }),
  };
  const isComplete = failures.length === 0 && !Object.keys(raw).some((name) => fields.isUnknown(name));
  if (
    !isComplete ||
    !connection ||
    !prefix ||
    prefixText === undefined ||
    !allowUnsafe ||
    owner === undefined
  )
    return { inputs, failures, desired: undefined };
  const route: LocalRoute = {
    family: prefix.family,
    prefix: prefixText,
    device: device ?? "lo",
    table: table ?? 255,
    metric: metric ?? defaultMetric(prefix.family),
    protocol: protocol ?? ownProtocol,
    ...(source === undefined ? {} : { source }),
  };
  return {
    inputs,
    failures,
    desired: {
      connection,
      route,
      wantsProtocol: protocol !== undefined,
      onExisting: onExisting ?? "adopt",
      verify: verify ?? true,
      persist: persist ?? "auto",
      onHostGone: onHostGone ?? "fail",
      allowUnsafe,
      confirmTimeoutSeconds: confirmTimeoutSeconds ?? defaultConfirmTimeoutSeconds,
      owner,
    },
  };
}

function readPrefix(fields: Fields, allowUnsafe: readonly UnsafeReason[] | undefined): Prefix | undefined {
  fields.require("prefix", "2001:db8:100::/64");
  const text = fields.value("prefix");
  if (text === undefined) return undefined;
  if (typeof text !== "string") return fields.fail("prefix", "must be a text such as 2001:db8:100::/64");
  const prefix = parsePrefix(text);
  if (isPrefixProblem(prefix)) return fields.fail("prefix", prefix.problem);
  const unbindable = explainUnbindable(prefix);
  if (unbindable === undefined) return prefix;
  if (!isWholeFamily(prefix)) return fields.fail("prefix", unbindable);
  if (!allowUnsafe || allowUnsafe.includes("wholeFamily")) return prefix;
  return fields.fail(
    "prefix",
    `${unbindable}. Where a rule keeps that to a table of its own, allowUnsafe: ["wholeFamily"] lifts this`,
  );
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

function readMetric(fields: Fields, prefix: Prefix | undefined): number | undefined {
  const metric = fields.integer("metric", 0, 0xffffffff);
  if (metric !== 0 || prefix?.family !== "ipv6") return metric;
  return fields.fail(
    "metric",
    "is 0, which the kernel turns into 1024 for IPv6; leave it out or give 1 to 4294967295",
  );
}

function readSource(fields: Fields, prefix: Prefix | undefined): string | undefined {
  const text = fields.value("source");
  if (text === undefined) return undefined;
  const address = typeof text === "string" ? parseAddress(text) : undefined;
  if (!address)
    return fields.fail("source", "must be an address of the host without a length, such as 2001:db8::1");
  if (prefix && prefix.family !== address.family) {
    const names = { ipv4: "IPv4", ipv6: "IPv6" };
    return fields.fail(
      "source",
      `is ${names[address.family]} but prefix is ${names[prefix.family]}; both must be of one family`,
    );
  }
  return formatAddress(address);
}
