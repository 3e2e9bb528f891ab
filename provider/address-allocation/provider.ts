// The CRUD of AddressAllocation as Pulumi's dynamic providers call it: what AnyIPRoute's is, for a prefix that is chosen under the
// host's lock. It chooses nothing itself (choose.ts) and runs nothing itself (the Host).
import { randomBytes } from "node:crypto";
import type { dynamic } from "@pulumi/pulumi";
import { formatBlock } from "../../net/allocation/request";
import { formatPrefix, type Prefix } from "../../net/prefix";
import { type RawInputs, requireDesired } from "../check/raw-inputs";
import type { Host, Observation } from "../host/host";
import { isUnreadable } from "../host/record";
import type { RouteKey } from "../host/route";
import type { FindHost } from "../host-access";
import { Declarations } from "../managed-route/declarations";
import type { DesiredRoute } from "../managed-route/desired";
import { unlessGone, verifying, withHostKey } from "../managed-route/host-outcome";
import { requireSafe } from "../managed-route/lockout";
import { isSameOnHost, planCreate, planDelete, planUpdate } from "../managed-route/plan";
import type { StateExtras } from "../managed-route/recorded";
import { Refresh } from "../managed-route/refresh";
import { randomBits } from "../random-bits";
import { choosePrefix, isLeftOut } from "./choose";
import { diffAllocation } from "./diff";
import { checkInputs, type DesiredAllocation } from "./inputs";
import { describeHolder, isOver, Ledger } from "./ledger";
import { bindChoice, decodeState, encodeState, type RecordedAllocation } from "./state";

/** What the engine calls. */
export type AddressAllocationProvider = Required<Omit<dynamic.ResourceProvider, "configure">>;

/** What it is not to reach for by itself. */
export interface AllocationContext {
  readonly findHost: FindHost;
  /** Milliseconds since 1970. */
  now(): number;
  /** Shows a line to whoever runs the engine. */
  warn(line: string): void;
}

export function createAddressAllocationProvider({
  findHost,
  now,
  warn,
}: AllocationContext): AddressAllocationProvider {
  const declared = new Declarations();
  const refresh = new Refresh(findHost, {
    decode: decodeState,
    encode: (outputs, { prefix, choice: { key } }, extras) => encodeState(outputs, { prefix, key }, extras),
  });
  const ledgers = new WeakMap<object, Ledger>();
  const ledgerOf = (observed: Observation): Ledger => {
    const ledger = ledgers.get(observed.lockHold) ?? new Ledger(observed, Math.floor(now() / 1000));
    ledgers.set(observed.lockHold, ledger);
    return ledger;
  };
  return {
    async check(olds: RawInputs, news: RawInputs) {
      const { inputs, failures, desired } = checkInputs(news);
      const other = desired && findOther(declared, desired);
      if (other === undefined) return { inputs: keepForeseen(olds, inputs), failures: [...failures] };
      const key = JSON.stringify(desired?.choice.key);
      const reason = `is ${key} for ${other} of this program already, in the same pool on the same host; give each a key of its own`;
      return { inputs, failures: [{ property: "key", reason }] };
    },

    async diff(_id, olds: RawInputs, news: RawInputs) {
      return diffAllocation(olds, news);
    },

    async create(inputs: RawInputs) {
      const wanted = requireDesired(checkInputs(inputs));
      const access = findHost(wanted.options.connection);
      const id = `anyip-${randomBytes(10).toString("hex")}`;
      let taken: Taken | undefined;
      try {
        const placed = await access.host.change<Placed>({
          reads: [poolKey(wanted)],
          records: "all",
          look: "current",
          plan: (observed) => {
            const ledger = ledgerOf(observed);
            const { prefix, desired } = chooseFor(wanted, observed, ledger);
            const plan = requireSafe(planCreate(desired, id, observed, false), desired, observed);
            taken = { ledger, prefix, by: describeHolder(desired) };
            ledger.take(prefix, taken.by);
            return { ...plan, result: { extras: plan.result, desired, prefix } };
          },
          confirmTimeoutSeconds: wanted.options.confirmTimeoutSeconds,
          ...verifying<Placed>(wanted.options.verify, (placed) => placed),
        });
        if (taken) await sweep(access.host, taken.ledger, now);
        const chosen = { prefix: placed.prefix, key: wanted.choice.key };
        return { id, outs: encodeState(inputs, chosen, withHostKey(placed.extras, access)) };
      } catch (error) {
        taken?.ledger.giveBack(taken.prefix, taken.by);
        throw error;
      }
    },

    read: (id, outputs: RawInputs) => refresh.read(id, outputs),

    async update(id, olds: RawInputs, news: RawInputs) {
      const recorded = decodeState(olds);
      const { prefix } = recorded;
      const wanted = keepKey(requireDesired(checkInputs(news)), recorded, news);
      const desired = bindChoice(wanted, prefix);
      const access = findHost(desired.connection, recorded.acceptedHostKey);
      const changed = access.host.change<Placed>({
        reads: [desired.route],
        plan: (observed) => {
          const plan = requireSafe(planUpdate(recorded, desired, id, observed), desired, observed);
          return { ...plan, result: { extras: plan.result, desired, prefix } };
        },
        confirmTimeoutSeconds: desired.confirmTimeoutSeconds,
        ...verifying<Placed>(desired.verify, (placed) => placed),
      });
      if (isLeftOut(wanted.choice, prefix)) warn(explainKept(desired.owner, prefix));
      const chosen = { prefix, key: wanted.choice.key };
      // So that "forget" itself can be recorded, without which a delete would not know of it.
      const placed = await (isSameOnHost(recorded, desired) ? unlessGone(changed, desired) : changed);
      return { outs: encodeState(news, chosen, placed ? withHostKey(placed.extras, access) : recorded) };
    },

    async delete(id, outputs: RawInputs) {
      const recorded = decodeState(outputs);
      const { prefix, choice } = recorded;
      const access = findHost(recorded.connection, recorded.acceptedHostKey);
      const seconds = choice.quarantineSeconds;
      const changed = access.host.change<Ledger | undefined>({
        reads: [recorded.route, recorded.actual],
        look: "earlier",
        confirmTimeoutSeconds: recorded.confirmTimeoutSeconds,
        plan: (observed) => {
          const until = seconds > 0 ? Math.floor(now() / 1000) + seconds : undefined;
          const ledger = ledgers.get(observed.lockHold);
          return planDelete(recorded, id, observed, false, ledger, until);
        },
      });
      const ledger = await unlessGone(changed, recorded);
      // In quarantine it stays taken; the next look shows for how long.
      if (seconds === 0) ledger?.giveBack(prefix, describeHolder(recorded));
    },
  };
}

interface Placed {
  readonly extras: StateExtras;
  readonly desired: DesiredRoute;
  readonly prefix: Prefix;
}

interface Taken {
  readonly ledger: Ledger;
  readonly prefix: Prefix;
  readonly by: string;
}

/** A prefix that nobody has, not even by what this run has done since the ledger was made. */
function chooseFor(
  wanted: DesiredAllocation,
  observed: Observation,
  ledger: Ledger,
): { readonly prefix: Prefix; readonly desired: DesiredRoute } {
  for (;;) {
    const { prefix, isNew } = choosePrefix(wanted.choice, wanted.options.owner, ledger, randomBits);
    const desired = bindChoice(wanted, prefix);
    const other = isNew ? findUnseen(observed, desired.route) : undefined;
    if (other === undefined) return { prefix, desired };
    ledger.take(prefix, other);
  }
}

/** Who has a prefix that the ledger has free, in words that follow "is taken: ". */
function findUnseen(observed: Observation, route: RouteKey): string | undefined {
  const record = observed.findRecord(route);
  if (record && !isUnreadable(record) && record.hold.kind !== "released") return describeHolder(record);
  return observed.table.find(route.prefix).length > 0 ? "a route of the host" : undefined;
}

/** Removes the records whose time of quarantine is over. Where that fails, the next run does it. */
async function sweep(host: Host, ledger: Ledger, now: () => number): Promise<void> {
  const removals = ledger.takeExpired().map((record) =>
    host.change({
      reads: [record.route],
      plan: (observed) => {
        const found = observed.findRecord(record.route);
        const isStill = found && !isUnreadable(found) && isOver(found, now() / 1000) && ledger.block(record);
        return { ...(isStill ? { record: { kind: "remove", key: record.route } } : {}), result: undefined };
      },
    }),
  );
  await Promise.allSettled(removals);
}

/** The same object of the pool for all that choose out of it: what a look at a table needs to know. */
function poolKey({ choice, options: { route } }: DesiredAllocation): RouteKey {
  return { ...route, prefix: formatPrefix(choice.pool) };
}

/** The key that a prefix was chosen for stays, where the program has never said one. */
function keepKey(
  wanted: DesiredAllocation,
  recorded: RecordedAllocation,
  news: RawInputs,
): DesiredAllocation {
  if (news.key !== undefined) return wanted;
  return { ...wanted, choice: { ...wanted.choice, key: recorded.choice.key } };
}

/** A foreseen prefix is shown for what is new; what there is keeps its own. */
function keepForeseen(olds: RawInputs, inputs: RawInputs): RawInputs {
  const isNew = olds === undefined || Object.keys(olds).length === 0;
  if (isNew || olds.prefix === inputs.prefix) return inputs;
  const { prefix: _foreseen, ...others } = inputs;
  return others;
}

function explainKept(owner: string, prefix: Prefix): string {
  return (
    `${owner} keeps ${formatBlock(prefix)}, which \`exclude\` leaves out: what is allocated is never numbered anew. ` +
    "To have another, delete the resource and make it again"
  );
}

function findOther(declared: Declarations, { choice, options }: DesiredAllocation): string | undefined {
  const { pool, length, key } = choice;
  return declared.findOther(options.connection, options.owner, [formatPrefix(pool), length, key]);
}
