// The usual case of a refresh, a host that has kept what the last run left there, told without reading the state or the
// record: it comes once for every resource, and reading takes most of its time. Pure.
import { isEqual, type RawInputs } from "../check/raw-inputs";
import type { Observation } from "../host/host";
import type { OwnershipRecord } from "../host/record";
import { isSameRoute } from "../host/route";
import { comparePersistence } from "./plan";
import type { RecordedRoute } from "./recorded";

const maxPatterns = 10_000;

/** States that a refresh has left as they were. Each stands for all that differ from it in prefix and owner alone. */
export class UnalteredStates {
  private readonly patterns = new Map<string, RecordedRoute>();

  /** Notes what a state says, if this is what a refresh has made of it. */
  note(outputs: RawInputs, recorded: RecordedRoute, refreshed: RawInputs): void {
    if (outputs.found !== undefined || !isEqual(refreshed, { ...outputs, __provider: undefined })) return;
    if (this.patterns.size < maxPatterns) this.patterns.set(patternOf(outputs), recorded);
  }

  /** What a state says, read off one that is noted; its prefix is any text. undefined where none is like it. */
  recall(outputs: RawInputs): RecordedRoute | undefined {
    const { prefix, owner } = outputs;
    if (typeof prefix !== "string" || typeof owner !== "string") return undefined;
    const alike = this.patterns.get(patternOf(outputs));
    if (alike === undefined) return undefined;
    const route = { ...alike.route, prefix };
    return { ...alike, owner, route, actual: route };
  }
}

/** All that a state says but its prefix, of which the family counts, and its owner. Properties come in no order. */
function patternOf(outputs: RawInputs): string {
  let pattern = String(outputs.prefix).includes(":") ? "ipv6" : "ipv4";
  for (const name of Object.keys(outputs).sort())
    if (name !== "prefix" && name !== "owner") pattern += ` ${name} ${JSON.stringify(outputs[name])}`;
  return pattern;
}

/** True when the host has exactly this route and this record of it. Where it is false, something may still be as recorded. */
export function isAsLeft(recorded: RecordedRoute, id: string, observed: Observation): boolean {
  const { route, owner, origin, persistence, machineId } = recorded;
  if (machineId !== observed.machineId) return false;
  const record: OwnershipRecord = {
    route,
    owner,
    origin,
    token: id,
    machineId,
    persists: persistence !== "none",
    hold: { kind: "route" },
  };
  if (!observed.hasRecord(record) || comparePersistence(recorded, record, observed).persistence !== undefined)
    return false;
  return observed.table.find(route.prefix).some((present) => isSameRoute(present, route));
}
