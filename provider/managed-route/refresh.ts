// What a refresh makes of a state. The usual case, a host that has kept what the last run left there, is told without reading the
// state or the record: it comes once for every resource, and reading takes most of its time.
import { isEqual, type RawInputs } from "../check/raw-inputs";
import type { Observation } from "../host/host";
import type { Hold } from "../host/record";
import { isSameRoute } from "../host/route";
import type { FindHost } from "../host-access";
import { isCovered } from "./cover";
import { makeRecord } from "./holder";
import { observeRecorded } from "./host-outcome";
import { comparePersistence } from "./plan";
import type { RecordedRoute, StateExtras } from "./recorded";

/** What the resources that bind a prefix do each in their own way. */
export interface StateCodec<Recorded extends RecordedRoute> {
  /** @throws AnyIPError STATE_UNREADABLE */
  decode(outputs: RawInputs): Recorded;
  /** The outputs of the same resource, with what a look at the host has shown. */
  encode(outputs: RawInputs, recorded: Recorded, extras: StateExtras): RawInputs;
}

/** In what the states of a host's resources differ, as a rule. */
const varying: ReadonlySet<string> = new Set(["prefix", "owner", "key"]);
const maxPatterns = 10_000;

/** The `read` of the resources of one class. */
export class Refresh<Recorded extends RecordedRoute> {
  /** States that were left as they were. Each stands for all that differ from it in no more than {@link varying}. */
  private readonly unaltered = new Map<string, RecordedRoute>();

  constructor(
    private readonly findHost: FindHost,
    private readonly codec: StateCodec<Recorded>,
  ) {}

  /** As the engine has it: an empty id for what is gone, or has become another resource's. */
  async read(id: string, outputs: RawInputs): Promise<{ id: string; props: RawInputs }> {
    if (await this.isAsLeft(id, outputs)) return { id, props: outputs };
    const recorded = this.codec.decode(outputs);
    const access = this.findHost(recorded.connection, recorded.acceptedHostKey);
    const extras = await observeRecorded(recorded, id, access);
    if (!extras) return { id: "", props: {} };
    const props = this.codec.encode(outputs, recorded, extras);
    if (outputs.found === undefined && isEqual(props, { ...outputs, __provider: undefined })) {
      if (this.unaltered.size < maxPatterns) this.unaltered.set(patternOf(outputs), recorded);
    }
    return { id, props };
  }

  /** Where it is false, all may still be as it was left. */
  private async isAsLeft(id: string, outputs: RawInputs): Promise<boolean> {
    const recorded = this.recall(outputs);
    if (recorded === undefined) return false;
    const { host } = this.findHost(recorded.connection, recorded.acceptedHostKey);
    return hasAsLeft(await host.observe(recorded.route), recorded, id);
  }

  /** What a state says, read off one that is noted; what varies is any text. */
  private recall(outputs: RawInputs): RecordedRoute | undefined {
    const alike = this.unaltered.get(patternOf(outputs));
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
function hasAsLeft(observed: Observation, recorded: RecordedRoute, id: string): boolean {
  const { machineId } = recorded;
  const hold = findHold(recorded, observed);
  if (machineId !== observed.machineId || hold === undefined) return false;
  const record = makeRecord(recorded, { ...recorded, token: id, machineId, hold });
  return (
    observed.hasRecord(record) && comparePersistence(recorded, record, observed).persistence === undefined
  );
}

function findHold(recorded: RecordedRoute, { table }: Observation): Hold | undefined {
  const { route } = recorded;
  const present = table.find(route.prefix);
  if (present.some((found) => isSameRoute(found, route))) return { kind: "route" };
  return present.length === 0 && isCovered(recorded, table) ? { kind: "covered" } : undefined;
}
