// Desired against recorded: what must be replaced, what is changed in place. Pure; the engine's `diff`.
import { isRecord, isUnknown } from "../check/fields";
import { openConnection } from "../connection/inputs";
import type { DesiredRoute, RawInputs } from "../managed-route/desired";
import { keepsFoundProtocol } from "../managed-route/plan";
import type { RecordedRoute } from "../managed-route/recorded";
import { isCurrentVersion } from "../managed-route/state-version";
import { checkInputs } from "./inputs";
import { decodeState, extractInputs } from "./state";

/** The engine's answer; explicit in all that matters (it guesses otherwise). */
export interface RouteDiff {
  readonly changes: boolean;
  /** Names of the inputs that make a new route necessary. */
  readonly replaces: string[];
  readonly deleteBeforeReplace: false;
}

/** The properties that say which route it is, and where. A change of any other is made in place. */
const identifyingNames = ["prefix", "table", "metric"] as const;

export function diffRoute(outputs: RawInputs, news: RawInputs): RouteDiff {
  if (isUntouched(outputs, news)) return { changes: false, replaces: [], deleteBeforeReplace: false };
  const recorded = decodeState(outputs);
  const { desired } = checkInputs(news);
  const replaces = desired ? findReplaced(recorded, desired) : findReplacedUnknown(outputs, news);
  const changes = replaces.length > 0 || !desired || isChangedInPlace(outputs, news, recorded, desired);
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
  const replaced = new Set<string>(known ? findReplaced(recorded, known) : []);
  for (const name of identifyingNames) if (isUnknown(news[name])) replaced.add(name);
  const connection = openConnection(news.connection);
  const host = isRecord(connection) ? connection.host : connection;
  if (host !== recorded.connection.host) replaced.add("connection");
  return [...replaced];
}

/** The new inputs, with what was recorded in the place of what is unknown, and of the connection. */
function substituteUnknown(news: RawInputs, outputs: RawInputs): RawInputs {
  const given = Object.entries({ ...news, connection: outputs.connection });
  return Object.fromEntries(
    given.map(([name, value]) => [name, holdsUnknown(value) ? outputs[name] : value]),
  );
}

function holdsUnknown(value: unknown): boolean {
  return Array.isArray(value) ? value.some(isUnknown) : isUnknown(value);
}

function isChangedInPlace(
  outputs: RawInputs,
  news: RawInputs,
  recorded: RecordedRoute,
  desired: DesiredRoute,
): boolean {
  return needsRepair(recorded, desired) || !isEqual(openInputs(outputs), openInputs(news));
}

/** The inputs, with the connection as an object: its two registered forms may say the same. */
function openInputs(raw: RawInputs): RawInputs {
  const inputs = extractInputs(raw);
  return { ...inputs, connection: openConnection(inputs.connection) };
}

/** True when the route on the host was seen to differ from what is asked for. */
function needsRepair(recorded: RecordedRoute, desired: DesiredRoute): boolean {
  const { protocol, ...rest } = recorded.found ?? {};
  return Object.keys(rest).length > 0 || (protocol !== undefined && !keepsFoundProtocol(recorded, desired));
}

function isEqual(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => isEqual(Reflect.get(a, name), Reflect.get(b, name)));
}
