// The CRUD of AnyIPRoute as Pulumi's dynamic providers call it. It plans nothing itself (plan.ts) and runs nothing
// itself (the Host).
import { randomBytes } from "node:crypto";
import type { dynamic } from "@pulumi/pulumi";
import type { ObservedTable, RoutePlan } from "../host/host";
import type { LocalRoute } from "../host/route";
import type { HostAccess } from "../host-access";
import { RouteClaims } from "./claims";
import { diffRoute } from "./diff";
import { checkInputs, type DesiredRoute, type RawInputs } from "./inputs";
import { requireSafe } from "./lockout";
import { explainAbsence, findRecorded, planCreate, planDelete, planUpdate } from "./plan";
import { decodeState, encodeState, type StateExtras } from "./state";

/** Finds the host that a connection leads to; `acceptedHostKey` is what acceptNew accepted earlier. */
export type FindHost = (connection: DesiredRoute["connection"], acceptedHostKey?: string) => HostAccess;

/** What the engine calls. The package's own methods all exist; `configure` is not needed. */
export type AnyIPRouteProvider = Required<Omit<dynamic.ResourceProvider, "configure">>;

/** A provider whose resources live on the hosts that `findHost` finds. */
export function createAnyIPRouteProvider(findHost: FindHost): AnyIPRouteProvider {
  const claims = new RouteClaims();
  const isOthers = (machine: string, route: LocalRoute, id: string): boolean => {
    const owner = claims.find(machine, route);
    return owner !== undefined && owner !== id;
  };
  return {
    async check(_olds: RawInputs, news: RawInputs) {
      const { inputs, failures } = checkInputs(news);
      return { inputs, failures: [...failures] };
    },

    async diff(_id, olds: RawInputs, news: RawInputs) {
      return diffRoute(olds, news);
    },

    async create(inputs: RawInputs) {
      const desired = requireDesired(inputs);
      const { route } = desired;
      const access = findHost(desired.connection);
      const id = `anyip-${randomBytes(10).toString("hex")}`;
      const { extras, machine } = await access.host.change<PlacedExtras>({
        reads: route,
        plan: (observed, earlier) => {
          const { table, machine } = observed;
          const plan = planCreate(desired, table, unplace(earlier), isOthers(machine, route, id));
          return place(machine, requireSafe(plan, desired, observed));
        },
        confirmTimeoutSeconds: desired.confirmTimeoutSeconds,
        ...verifying(desired),
      });
      claims.claim(machine, route, id);
      return { id, outs: encodeState(inputs, withHostKey(extras, access)) };
    },

    async read(id, outputs: RawInputs) {
      const recorded = decodeState(outputs);
      const access = findHost(recorded.connection, recorded.acceptedHostKey);
      const found = findRecorded(recorded, await access.host.observe(recorded.route));
      if (!found) return { id: "", props: {} };
      return { id, props: encodeState(outputs, withHostKey({ origin: recorded.origin, found }, access)) };
    },

    async update(id, olds: RawInputs, news: RawInputs) {
      const recorded = decodeState(olds);
      const desired = requireDesired(news);
      const access = findHost(desired.connection, recorded.acceptedHostKey);
      const { extras, machine } = await access.host.change<PlacedExtras>({
        reads: desired.route,
        plan: (observed) => {
          const plan = planUpdate(recorded, desired, observed.table);
          return place(observed.machine, requireSafe(plan, desired, observed));
        },
        confirmTimeoutSeconds: desired.confirmTimeoutSeconds,
        ...verifying(desired),
      });
      claims.claim(machine, desired.route, id);
      return { outs: encodeState(news, withHostKey(extras, access)) };
    },

    async delete(id, outputs: RawInputs) {
      const recorded = decodeState(outputs);
      if (recorded.origin === "adopted") return;
      const access = findHost(recorded.connection, recorded.acceptedHostKey);
      const machine = await access.host.change<string>({
        reads: recorded.actual,
        acceptsEarlierLook: true,
        confirmTimeoutSeconds: recorded.confirmTimeoutSeconds,
        plan: ({ table, machine }) =>
          planDelete(recorded, table, isOthers(machine, recorded.actual, id), machine),
      });
      claims.release(machine, recorded.actual, id);
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

function unplace(plan: RoutePlan<PlacedExtras> | undefined): RoutePlan<StateExtras> | undefined {
  return plan && { ...plan, result: plan.result.extras };
}

function requireDesired(inputs: RawInputs): DesiredRoute {
  const { desired, failures } = checkInputs(inputs);
  if (desired) return desired;
  throw new Error(failures.map(({ property, reason }) => `${property} ${reason}`).join("; "));
}

function verifying({ route, verify }: DesiredRoute) {
  if (!verify) return {};
  return {
    verify: (observed: ObservedTable, { extras }: PlacedExtras) =>
      explainAbsence(route, extras.found ?? {}, observed),
  };
}

/** Pins the key that acceptNew accepted, so that the next run accepts no other. */
function withHostKey(extras: StateExtras, access: HostAccess): StateExtras {
  const acceptedHostKey = access.acceptedHostKey();
  return acceptedHostKey === undefined ? extras : { ...extras, acceptedHostKey };
}
