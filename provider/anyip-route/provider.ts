// The CRUD of AnyIPRoute as Pulumi's dynamic providers call it. It plans nothing itself (plan.ts) and runs nothing
// itself (the Host).
import { randomBytes } from "node:crypto";
import type { dynamic } from "@pulumi/pulumi";
import { type RawInputs, requireDesired } from "../check/raw-inputs";
import type { RoutePlan } from "../host/host";
import type { LocalRoute } from "../host/route";
import type { FindHost } from "../host-access";
import { RouteClaims } from "../managed-route/claims";
import { requireUnused } from "../managed-route/cover";
import { Declarations } from "../managed-route/declarations";
import type { DesiredRoute } from "../managed-route/desired";
import { unlessGone, verifying, withHostKey } from "../managed-route/host-outcome";
import { requireSafe } from "../managed-route/lockout";
import { isSameOnHost, planCreate, planDelete, planUpdate } from "../managed-route/plan";
import type { StateExtras } from "../managed-route/recorded";
import { Refresh } from "../managed-route/refresh";
import { diffRoute } from "./diff";
import { checkInputs } from "./inputs";
import { decodeState, encodeState } from "./state";

/** What the engine calls. The package's own methods all exist; `configure` is not needed. */
export type AnyIPRouteProvider = Required<Omit<dynamic.ResourceProvider, "configure">>;

/** A provider whose resources live on the hosts that `findHost` finds. */
export function createAnyIPRouteProvider(findHost: FindHost): AnyIPRouteProvider {
  const claims = new RouteClaims();
  const declared = new Declarations();
  const refresh = new Refresh(findHost, {
    decode: decodeState,
    encode: (outputs, _recorded, extras) => encodeState(outputs, extras),
  });
  const isOthers = (machine: string, route: LocalRoute, id: string): boolean => {
    const owner = claims.find(machine, route);
    return owner !== undefined && owner !== id;
  };
  return {
    async check(_olds: RawInputs, news: RawInputs) {
      const { inputs, failures, desired } = checkInputs(news);
      const other = desired && findOther(declared, desired);
      if (other === undefined) return { inputs, failures: [...failures] };
      const reason = `is bound on the same host by ${other} of this program already; one of the two is enough`;
      return { inputs, failures: [{ property: "prefix", reason }] };
    },

    async diff(_id, olds: RawInputs, news: RawInputs) {
      return diffRoute(olds, news);
    },

    async create(inputs: RawInputs) {
      const desired = requireDesired(checkInputs(inputs));
      const { route } = desired;
      const access = findHost(desired.connection);
      const id = `anyip-${randomBytes(10).toString("hex")}`;
      const { extras, machine } = await access.host.change<PlacedExtras>({
        reads: [route],
        // Where hands were quicker, the kernel refuses to add.
        look: "current",
        plan: (observed) => {
          const { machine } = observed;
          const plan = planCreate(desired, id, observed, isOthers(machine, route, id));
          return place(machine, requireSafe(plan, desired, observed));
        },
        confirmTimeoutSeconds: desired.confirmTimeoutSeconds,
        ...verifying(desired.verify, ({ extras }: PlacedExtras) => ({ desired, extras })),
      });
      claims.claim(machine, route, id);
      return { id, outs: encodeState(inputs, withHostKey(extras, access)) };
    },

    read: (id, outputs: RawInputs) => refresh.read(id, outputs),

    async update(id, olds: RawInputs, news: RawInputs) {
      const recorded = decodeState(olds);
      const desired = requireDesired(checkInputs(news));
      const access = findHost(desired.connection, recorded.acceptedHostKey);
      const changed = access.host.change<PlacedExtras>({
        reads: [desired.route],
        plan: (observed) => {
          const plan = planUpdate(recorded, desired, id, observed);
          return place(observed.machine, requireSafe(plan, desired, observed));
        },
        confirmTimeoutSeconds: desired.confirmTimeoutSeconds,
        ...verifying(desired.verify, ({ extras }: PlacedExtras) => ({ desired, extras })),
      });
      // So that "forget" itself can be recorded, without which a delete would not know of it.
      const placed = await (isSameOnHost(recorded, desired) ? unlessGone(changed, desired) : changed);
      if (!placed) return { outs: encodeState(news, recorded) };
      claims.claim(placed.machine, desired.route, id);
      return { outs: encodeState(news, withHostKey(placed.extras, access)) };
    },

    async delete(id, outputs: RawInputs) {
      const recorded = decodeState(outputs);
      const access = findHost(recorded.connection, recorded.acceptedHostKey);
      const changed = access.host.change<string>({
        reads: [recorded.route, recorded.actual],
        // Others may be answered by it.
        records: "all",
        look: "earlier",
        confirmTimeoutSeconds: recorded.confirmTimeoutSeconds,
        plan: (observed) => {
          const { machine } = observed;
          const isClaimed = isOthers(machine, recorded.actual, id);
          return requireUnused(planDelete(recorded, id, observed, isClaimed, machine), observed);
        },
      });
      const machine = await unlessGone(changed, recorded);
      if (machine !== undefined) claims.release(machine, recorded.actual, id);
    },
  };
}

/** What a change leaves to be recorded, and the machine on which it happened. */
interface PlacedExtras {
  readonly extras: StateExtras;
  readonly machine: string;
}

function place(machine: string, { result, ...rest }: RoutePlan<StateExtras>): RoutePlan<PlacedExtras> {
  return { ...rest, result: { extras: result, machine } };
}

function findOther(declared: Declarations, { connection, route, owner }: DesiredRoute): string | undefined {
  return declared.findOther(connection, owner, [route.prefix, route.table, route.metric]);
}
