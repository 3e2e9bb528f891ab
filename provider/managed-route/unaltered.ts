// The usual case of a refresh, a host that has kept what the last run left there, told without reading the state or the
// record: it comes once for every resource, and reading takes most of its time.
import { formatPrefix } from "../../net/prefix";
import { isEqual, type RawInputs } from "../check/raw-inputs";
import type { Observation } from "../host/host";
import type { Hold, OwnershipRecord } from "../host/record";
import { isSameRoute } from "../host/route";
import type { FindHost } from "../host-access";
import { findCover } from "./cover";
import { comparePersistence } from "./plan";
import type { RecordedRoute } from "./recorded";

/** In what the states of a host's resources differ, as a rule. */
const varying: ReadonlySet<string> = new Set(["prefix", "owner", "key"]);
const maxPatterns = 10_000;

/** States that a refresh has left as they were. Each stands for all that differ from it in no more than {@link varying}. */
export class UnalteredStates {
  private readonly patterns = new Map<string, RecordedRoute>();

  constructor(private readonly findHost: FindHost) {}

  /** Notes what a state says, if this is what a refresh has made of it. */
  note(outputs: RawInputs, recorded: RecordedRoute, refreshed: RawInputs): void {
    if (outputs.found !== undefined || !isEqual(refreshed, { ...outputs, __provider: undefined })) return;
    if (this.patterns.size < maxPatterns) this.patterns.set(patternOf(outputs), recorded);
  }

  /** True when a refresh would leave the state as it is. Where it is false, it still may. */
  async areLike(outputs: RawInputs, id: string): Promise<boolean> {
    const recorded = this.recall(outputs);
    if (recorded === undefined) return false;
    const { host } = this.findHost(recorded.connection, recorded.acceptedHostKey);
    return isAsLeft(recorded, id, await host.observe(recorded.route));
  }

  /** What a state says, read off one that is noted; what varies is any text. */
  private recall(outputs: RawInputs): RecordedRoute | undefined {
    const alike = this.patterns.get(patternOf(outputs));
    const { prefix, owner, key } = outputs;
    if (alike === undefined || typeof prefix !== "string" || typeof owner !== "string") return undefined;
    const route = { ...alike.route, prefix };
    const recorded = { ...alike, owner, route, actual: route };
    if (alike.choice === undefined) return recorded;
    return typeof key === "string" ? { ...recorded, choice: { ...alike.choice, key } } : undefined;
  }
}

/** All that a state says but what varies, of which the family counts. Properties come in no order. */
function patternOf(outputs: RawInputs): string {
  let pattern = String(outputs.prefix).includes(":") ? "ipv6" : "ipv4";
  for (const name of Object.keys(outputs).sort())
    pattern += ` ${name} ${varying.has(name) ? "" : JSON.stringify(outputs[name])}`;
  return pattern;
}

/** True when the host has exactly this record, and exactly this route or what covers it. */
function isAsLeft(recorded: RecordedRoute, id: string, observed: Observation): boolean {
  const { route, owner, origin, persistence, machineId, choice } = recorded;
  const hold = findHold(recorded, observed);
  if (machineId !== observed.machineId || hold === undefined) return false;
  const record: OwnershipRecord = {
    route,
    owner,
    origin,
    token: id,
    machineId,
    persists: persistence !== "none",
    hold,
    ...(choice ? { choice: { pool: formatPrefix(choice.pool), key: choice.key } } : {}),
  };
  return (
    observed.hasRecord(record) && comparePersistence(recorded, record, observed).persistence === undefined
  );
}

function findHold({ route, choice }: RecordedRoute, { table }: Observation): Hold | undefined {
  const present = table.find(route.prefix);
  if (present.some((found) => isSameRoute(found, route))) return { kind: "route" };
  const isCovered =
    present.length === 0 && choice !== undefined && findCover(table, choice.pool) !== undefined;
  return isCovered ? { kind: "covered" } : undefined;
}
