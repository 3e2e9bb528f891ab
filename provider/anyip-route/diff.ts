// Desired against recorded: what must be replaced, what is changed in place. Pure; the engine's `diff`.
import { isEqual, type RawInputs } from "../check/raw-inputs";
import { isCurrentVersion } from "../check/recorded-state";
import {
  isChanged,
  listUndecided,
  needsRepair,
  type RouteDiff,
  substituteUnknown,
} from "../managed-route/compare";
import type { DesiredRoute } from "../managed-route/desired";
import type { RecordedRoute } from "../managed-route/recorded";
import { checkInputs } from "./inputs";
import { decodeState, extractInputs } from "./state";

/** The properties that say which route it is, and where. A change of any other is made in place. */
const identifyingNames = ["prefix", "table", "metric"] as const;

export function diffRoute(outputs: RawInputs, news: RawInputs): RouteDiff {
  if (isUntouched(outputs, news)) return { changes: false, replaces: [], deleteBeforeReplace: false };
  const recorded = decodeState(outputs);
  const { desired } = checkInputs(news);
  const replaces = desired ? findReplaced(recorded, desired) : findReplacedUnknown(outputs, news);
  const changes =
    replaces.length > 0 ||
    !desired ||
    needsRepair(recorded, desired) ||
    isChanged(extractInputs(outputs), extractInputs(news));
  return { changes, replaces, deleteBeforeReplace: false };
}

/** The usual case of a run that changes nothing, told without decoding: it comes once for every resource. */
function isUntouched(outputs: RawInputs, news: RawInputs): boolean {
  return (
    outputs.found === undefined &&
    isCurrentVersion(outputs) &&
    isEqual(extractInputs(outputs), extractInputs(news))
  );
}

function findReplaced(recorded: RecordedRoute, desired: DesiredRoute): string[] {
  const replaced: string[] = identifyingNames.filter((name) => recorded.actual[name] !== desired.route[name]);
  if (recorded.connection.host !== desired.connection.host) replaced.push("connection");
  return replaced;
}

/** At preview, with values still unknown: what may turn out to be another route counts as one. */
function findReplacedUnknown(outputs: RawInputs, news: RawInputs): string[] {
  const recorded = decodeState(outputs);
  const known = checkInputs(substituteUnknown(news, outputs)).desired;
  const replaced = known ? findReplaced(recorded, known) : [];
  return [...new Set([...replaced, ...listUndecided(news, identifyingNames, recorded)])];
}
