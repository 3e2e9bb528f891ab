// Recorded inputs against new ones, for what all resources that bind a prefix do alike. Pure.
import { isRecord, isUnknown } from "../check/fields";
import { isEqual, type RawInputs } from "../check/raw-inputs";
import { openConnection } from "../connection/inputs";
import type { DesiredRoute } from "./desired";
import { keepsFoundProtocol } from "./plan";
import type { RecordedRoute } from "./recorded";

/** The engine's answer; explicit in all that matters (it guesses otherwise). */
export interface RouteDiff {
  readonly changes: boolean;
  /** Names of the inputs that make a new route necessary. */
  readonly replaces: string[];
  readonly deleteBeforeReplace: false;
}

/** True when the inputs differ, with the connection as an object: its two registered forms may say the same. */
export function isChanged(recorded: RawInputs, news: RawInputs): boolean {
  return !isEqual(withOpenConnection(recorded), withOpenConnection(news));
}

function withOpenConnection(inputs: RawInputs): RawInputs {
  return { ...inputs, connection: openConnection(inputs.connection) };
}

/** True when the route on the host was seen to differ from what is asked for. */
export function needsRepair(recorded: RecordedRoute, desired: DesiredRoute): boolean {
  const { protocol, ...rest } = recorded.found ?? {};
  return Object.keys(rest).length > 0 || (protocol !== undefined && !keepsFoundProtocol(recorded, desired));
}

/** The new inputs, with what was recorded in the place of what is unknown, and of the connection. */
export function substituteUnknown(news: RawInputs, outputs: RawInputs): RawInputs {
  const given = Object.entries({ ...news, connection: outputs.connection });
  return Object.fromEntries(
    given.map(([name, value]) => [name, holdsUnknown(value) ? outputs[name] : value]),
  );
}

/** At preview, which of the names are not known yet; `connection`, where it leads, or may lead, to another host than the recorded one. */
export function listUndecided(news: RawInputs, names: readonly string[], recorded: RecordedRoute): string[] {
  const opened = openConnection(news.connection);
  const host = isRecord(opened) ? opened.host : opened;
  const unknown = names.filter((name) => isUnknown(news[name]));
  return host === recorded.connection.host ? unknown : [...unknown, "connection"];
}

function holdsUnknown(value: unknown): boolean {
  return Array.isArray(value) ? value.some(isUnknown) : isUnknown(value);
}
