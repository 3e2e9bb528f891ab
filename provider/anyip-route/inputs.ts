// Raw inputs of an AnyIPRoute → their canonical form and what is wrong with them. Pure; the engine's `check`.
import { explainUnbindable, isWholeFamily } from "../../net/bindable";
import { formatPrefix, isPrefixProblem, type Prefix, parsePrefix } from "../../net/prefix";
import type { CheckFailure, Fields } from "../check/fields";
import type { RawInputs } from "../check/raw-inputs";
import type { UnsafeReason } from "../host/guard";
import type { DesiredRoute } from "../managed-route/desired";
import { bindPrefix, readRouteInputs } from "../managed-route/route-inputs";

export interface CheckedInputs {
  readonly inputs: RawInputs;
  readonly failures: readonly CheckFailure[];
  /** Present when everything is known and nothing is wrong. */
  readonly desired: DesiredRoute | undefined;
}

/** Validates, explains and canonicalises. Unknown values, as they come at preview, are passed through. */
export function checkInputs(raw: RawInputs): CheckedInputs {
  const { inputs, failures, target, options } = readRouteInputs(raw, readPrefix);
  if (!target) return { inputs, failures, desired: undefined };
  const prefix = formatPrefix(target);
  return { inputs: { ...inputs, prefix }, failures, desired: options && bindPrefix(options, prefix) };
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
