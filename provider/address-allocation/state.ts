// What Pulumi records of an AddressAllocation: the outputs, with what was chosen and for which key.
import { formatPrefix, isPrefixProblem, type Prefix, parsePrefix } from "../../net/prefix";
import { describeFailures, pickInputs, type RawInputs } from "../check/raw-inputs";
import { explainUnreadable, requireCurrentVersion } from "../check/recorded-state";
import type { DesiredRoute } from "../managed-route/desired";
import { decodeExtras, encodeExtras, type RecordedRoute, type StateExtras } from "../managed-route/recorded";
import { bindPrefix, routeInputNames } from "../managed-route/route-inputs";
import { type Choice, checkInputs, type DesiredAllocation } from "./inputs";

export interface RecordedAllocation extends RecordedRoute {
  readonly choice: Choice;
  readonly prefix: Prefix;
}

const inputNames = [
  "pool",
  "prefixLength",
  "strategy",
  "key",
  "secret",
  "request",
  "onCollision",
  "exclude",
  "includeReserved",
  "quarantine",
  ...routeInputNames,
] as const;

/** What is to be on the host once a prefix is chosen. */
export function bindChoice({ choice, options }: DesiredAllocation, prefix: Prefix): DesiredRoute {
  return { ...bindPrefix(options, formatPrefix(prefix)), choice };
}

/** Outputs for the engine: the inputs under their own names, so that secrets stay marked, the prefix, its key and the extras. */
export function encodeState(
  inputs: RawInputs,
  { prefix, key }: { readonly prefix: Prefix; readonly key: string },
  extras: StateExtras,
): Record<string, unknown> {
  return { ...extractInputs(inputs), key, prefix: formatPrefix(prefix), ...encodeExtras(inputs, extras) };
}

/** The inputs that a recorded state was made from, the key among them even where it was not given. */
export function extractInputs(outputs: RawInputs): Record<string, unknown> {
  return pickInputs(outputs, inputNames);
}

/**
 * Reads a recorded state of any version up to this one.
 *
 * @throws AnyIPError STATE_UNREADABLE for a newer version, or for a state that was edited into nonsense.
 */
export function decodeState(outputs: RawInputs): RecordedAllocation {
  requireCurrentVersion(outputs);
  const { desired, failures } = checkInputs(extractInputs(outputs));
  if (!desired) throw explainUnreadable(describeFailures(failures));
  const prefix = typeof outputs.prefix === "string" ? parsePrefix(outputs.prefix) : undefined;
  if (!prefix || isPrefixProblem(prefix) || formatPrefix(prefix) !== outputs.prefix)
    throw explainUnreadable("prefix is none");
  return { ...decodeExtras(outputs, bindChoice(desired, prefix)), choice: desired.choice, prefix };
}
