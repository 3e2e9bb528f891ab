// What Pulumi records of an AnyIPRoute: the outputs, with a version so that older shapes can still be read.
import { describeFailures, pickInputs, type RawInputs } from "../check/raw-inputs";
import { explainUnreadable, requireCurrentVersion } from "../check/recorded-state";
import { decodeExtras, encodeExtras, type RecordedRoute, type StateExtras } from "../managed-route/recorded";
import { routeInputNames } from "../managed-route/route-inputs";
import { checkInputs } from "./inputs";

const inputNames = ["prefix", ...routeInputNames] as const;

/** Outputs for the engine: the inputs under their own names, so that secrets stay marked, and the extras. */
export function encodeState(inputs: RawInputs, extras: StateExtras): Record<string, unknown> {
  return { ...extractInputs(inputs), ...encodeExtras(inputs, extras) };
}

/** The inputs that a recorded state was made from. */
export function extractInputs(outputs: RawInputs): Record<string, unknown> {
  return pickInputs(outputs, inputNames);
}

/**
 * Reads a recorded state of any version up to this one.
 *
 * @throws AnyIPError STATE_UNREADABLE for a newer version, or for a state that was edited into nonsense.
 */
export function decodeState(outputs: RawInputs): RecordedRoute {
  requireCurrentVersion(outputs);
  const { desired, failures } = checkInputs(extractInputs(outputs));
  if (!desired) throw explainUnreadable(describeFailures(failures));
  return decodeExtras(outputs, desired);
}
