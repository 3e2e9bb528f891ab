// Desired against recorded: what makes a new choice necessary, what is changed in place. Pure; the engine's `diff`.
import { holdsPrefix } from "../../net/prefix";
import { isEqual, type RawInputs } from "../check/raw-inputs";
import { isCurrentVersion } from "../check/recorded-state";
import {
  isChanged,
  listUndecided,
  needsRepair,
  type RouteDiff,
  substituteUnknown,
} from "../managed-route/compare";
import { checkInputs, type DesiredAllocation } from "./inputs";
import { bindChoice, decodeState, extractInputs, type RecordedAllocation } from "./state";

/** Inputs that may make a new choice necessary, and do while they are unknown. */
const decisiveNames = ["pool", "prefixLength", "key", "request", "table", "metric"] as const;

/** Never renumbers but for a pool that no longer holds the prefix, another length, key or request, or another place for the route. */
export function diffAllocation(outputs: RawInputs, news: RawInputs): RouteDiff {
  const [olds, given] = [inputsOf(outputs, news), extractInputs(news)];
  if (outputs.found === undefined && isCurrentVersion(outputs) && isEqual(olds, given))
    return { changes: false, replaces: [], deleteBeforeReplace: false };
  const recorded = decodeState(outputs);
  const { desired } = checkInputs(news);
  const replaces = desired ? findReplaced(recorded, desired, news) : findReplacedUnknown(outputs, news);
  const changes =
    replaces.length > 0 ||
    !desired ||
    needsRepair(recorded, bindChoice(desired, recorded.prefix)) ||
    isChanged(olds, given);
  return { changes, replaces, deleteBeforeReplace: false };
}

/** What was given, as far as it can be told: a key is recorded even where none is given. */
function inputsOf(outputs: RawInputs, news: RawInputs): RawInputs {
  const { key, ...others } = extractInputs(outputs);
  return key === undefined || news.key === undefined ? others : { ...others, key };
}

function findReplaced(
  { prefix, choice, actual, connection }: RecordedAllocation,
  desired: DesiredAllocation,
  news: RawInputs,
): string[] {
  const { pool, length, key, request } = desired.choice;
  const { options } = desired;
  const replaced: string[] = [];
  if (!holdsPrefix(pool, prefix)) replaced.push("pool");
  if (length !== prefix.length) replaced.push("prefixLength");
  if (news.key !== undefined && key !== choice.key) replaced.push("key");
  if (request && (request.network !== prefix.network || request.length !== prefix.length))
    replaced.push("request");
  if (options.route.table !== actual.table) replaced.push("table");
  if (options.route.metric !== actual.metric) replaced.push("metric");
  if (options.connection.host !== connection.host) replaced.push("connection");
  return replaced;
}

/** At preview, with values still unknown: what may turn out to be another choice counts as one. */
function findReplacedUnknown(outputs: RawInputs, news: RawInputs): string[] {
  const recorded = decodeState(outputs);
  const known = checkInputs(substituteUnknown(news, outputs)).desired;
  const replaced = known ? findReplaced(recorded, known, news) : [];
  return [...new Set([...replaced, ...listUndecided(news, decisiveNames, recorded)])];
}
