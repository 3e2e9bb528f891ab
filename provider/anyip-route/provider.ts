// The CRUD of AnyIPRoute as Pulumi's dynamic providers call it. It plans nothing itself (plan.ts) and runs nothing
// itself (the Host).
import { randomBytes } from "node:crypto";
import type { dynamic } from "@pulumi/pulumi";
import type { LocalRoute } from "../host/route";
import type { HostAccess } from "../host-access";
import { diffRoute } from "./diff";
import { checkInputs, type DesiredRoute, type RawInputs } from "./inputs";
import { explainAbsence, findRecorded, planCreate, planDelete, planUpdate } from "./plan";
import { decodeState, encodeState, type StateExtras } from "./state";

/** Finds the host that a connection leads to; `acceptedHostKey` is what acceptNew accepted earlier. */
export type FindHost = (connection: DesiredRoute["connection"], acceptedHostKey?: string) => HostAccess;

/** A provider whose resources live on the hosts that `findHost` finds. */
export function createAnyIPRouteProvider(findHost: FindHost): dynamic.ResourceProvider {
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
      const access = findHost(desired.connection);
      const extras = await access.host.change<StateExtras>({
        reads: desired.route,
        plan: (observed, earlier) => planCreate(desired, observed, earlier),
        ...verifying(desired, desired.route),
      });
      return {
        id: `anyip-${randomBytes(10).toString("hex")}`,
        outs: encodeState(inputs, withHostKey(extras, access)),
      };
    },

    async read(id, outputs: RawInputs) {
      const recorded = decodeState(outputs);
      const access = findHost(recorded.connection, recorded.acceptedHostKey);
      const found = findRecorded(recorded, await access.host.observe(recorded.route));
      if (!found) return { id: "", props: {} };
      return { id, props: encodeState(outputs, withHostKey({ origin: recorded.origin, found }, access)) };
    },

    async update(_id, olds: RawInputs, news: RawInputs) {
      const recorded = decodeState(olds);
      const desired = requireDesired(news);
      const access = findHost(desired.connection, recorded.acceptedHostKey);
      const extras = await access.host.change<StateExtras>({
        reads: desired.route,
        plan: (observed) => planUpdate(recorded, desired, observed),
        ...verifying(desired, desired.route),
      });
      return { outs: encodeState(news, withHostKey(extras, access)) };
    },

    async delete(_id, outputs: RawInputs) {
      const recorded = decodeState(outputs);
      if (recorded.origin === "adopted") return;
      const access = findHost(recorded.connection, recorded.acceptedHostKey);
      await access.host.change<undefined>({
        reads: undefined,
        plan: () => planDelete(recorded),
      });
    },
  };
}

function requireDesired(inputs: RawInputs): DesiredRoute {
  const { desired, failures } = checkInputs(inputs);
  if (desired) return desired;
  throw new Error(failures.map(({ property, reason }) => `${property} ${reason}`).join("; "));
}

function verifying(desired: DesiredRoute, route: LocalRoute) {
  if (!desired.verify) return {};
  return {
    verify: (observed: Parameters<typeof explainAbsence>[2], result: StateExtras) =>
      explainAbsence(route, result.found ?? {}, observed),
  };
}

/** Pins the key that acceptNew accepted, so that the next run accepts no other. */
function withHostKey(extras: StateExtras, access: HostAccess): StateExtras {
  const acceptedHostKey = access.acceptedHostKey();
  return acceptedHostKey === undefined ? extras : { ...extras, acceptedHostKey };
}
