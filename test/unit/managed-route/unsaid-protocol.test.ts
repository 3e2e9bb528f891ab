// Plans for a host whose `ip` does not say the protocol of a route, as busybox's: its kernel knows it all the same.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeState, encodeState } from "../../../provider/anyip-route/state";
import type { RawInputs } from "../../../provider/check/raw-inputs";
import { AnyIPError } from "../../../provider/errors";
import type { Observation } from "../../../provider/host/host";
import { hasKey, type ObservedRoute } from "../../../provider/host/route";
import { findRecorded, planCreate, planDelete, planUpdate } from "../../../provider/managed-route/plan";
import { requireDesired, validInputs } from "../anyip-route/valid-inputs";
import { KernelTable, ModelHost } from "./kernel-table";

const id = "anyip-0001";
const { route } = requireDesired(validInputs);
const present: ObservedRoute = { ...route, type: 2 };
const desire = (inputs: RawInputs) => requireDesired({ ...validInputs, ...inputs });

/** What a look shows of the host. */
function lookAt(host: ModelHost): Observation {
  const find = (prefix: string) => host.table.find(prefix).map(({ protocol: _, ...others }) => others);
  return {
    ...host,
    table: { find, prefixes: () => host.table.prefixes() },
    findRecord: (key) => host.findRecord(key),
    hasRecord: (record) => host.hasRecord(record),
    listRecords: () => host.listRecords(),
    listCovered: () => host.listCovered(),
  };
}

function create(inputs: RawInputs, host: ModelHost, token = id) {
  const plan = planCreate(desire(inputs), token, lookAt(host), false);
  const recorded = decodeState(encodeState({ ...validInputs, ...inputs }, plan.result));
  return { plan, recorded, after: host.apply(plan) };
}
const routesOf = ({ table }: ModelHost) => table.routes;
const withRoute = (protocol: number) => new ModelHost(new KernelTable([{ ...present, protocol }]));

describe("a route whose protocol is not said", () => {
  it("is adopted as it is, found unaltered, and left", () => {
    const host = withRoute(4);
    const { plan, recorded, after } = create({}, host);
    expect(plan).toMatchObject({ result: { origin: "adopted", found: {} } });
    expect(plan).not.toHaveProperty("step");
    expect(findRecorded(recorded, id, lookAt(after))).toEqual({});
    expect(routesOf(after.apply(planDelete(recorded, id, lookAt(after), false, undefined)))).toEqual(
      routesOf(host),
    );
  });

  it("is given the protocol that is asked for, or that it is taken over with, whatever it has", () => {
    for (const inputs of [{ protocol: 99 }, { onExisting: "takeOver" }]) {
      const { plan, after } = create(inputs, withRoute(4));
      expect(plan.step).toMatchObject({ kind: "replace", before: { protocol: 3 } });
      expect(routesOf(after)).toEqual([{ ...present, protocol: inputs.protocol ?? 177 }]);
    }
  });

  it("is not believed to have what an adopted one's record says", () => {
    const { after: adopted } = create({}, withRoute(4), "anyip-older");
    const { recorded, after } = create({ onExisting: "takeOver" }, adopted);
    expect(routesOf(after)).toEqual([present]);
    expect(routesOf(after.apply(planDelete(recorded, id, lookAt(after), false, undefined)))).toEqual([]);
  });

  it("is deleted by the protocol on record where the state knows an older one", () => {
    const { recorded, after } = create({}, new ModelHost(new KernelTable([])));
    const updated = after.apply(planUpdate(recorded, desire({ protocol: 99 }), id, lookAt(after)));
    expect(routesOf(updated)).toEqual([{ ...present, protocol: 99 }]);
    expect(routesOf(updated.apply(planDelete(recorded, id, lookAt(updated), false, undefined)))).toEqual([]);
  });

  it("is ours without a record where all else is as it was, and nobody else's is deleted for it", () => {
    const { recorded, after } = create({}, new ModelHost(new KernelTable([])));
    const unrecorded = new ModelHost(after.table);
    expect(findRecorded(recorded, id, lookAt(unrecorded))).toEqual({ record: "missing" });
    expect(
      routesOf(unrecorded.apply(planDelete(recorded, id, lookAt(unrecorded), false, undefined))),
    ).toEqual([]);
    const foreign = withRoute(4);
    expect(routesOf(foreign.apply(planDelete(recorded, id, lookAt(foreign), false, undefined)))).toEqual(
      routesOf(foreign),
    );
  });

  it.each([
    ["is deleted where it really is ours", 177, 0],
    ["stays where it really is somebody else's", 4, 1],
  ])("with another metric is taken for ours, altered, and %s", (_what, protocol, left) => {
    const { recorded, after } = create({}, new ModelHost(new KernelTable([])));
    const moved = new ModelHost(new KernelTable([{ ...present, metric: 42, protocol }]), after.records);
    expect(findRecorded(recorded, id, lookAt(moved))).toEqual({ metric: 42 });
    const altered = { ...recorded, actual: { ...route, metric: 42 } };
    const deleted = moved.apply(planDelete(altered, id, lookAt(moved), false, undefined));
    expect(routesOf(deleted)).toHaveLength(left);
  });
});

describe("whatever is there and asked for", () => {
  const anyProtocol = fc.constantFrom(3, 4, 99, 177);
  const anyInputs = fc.record(
    {
      protocol: fc.constantFrom(99, 177),
      device: fc.constantFrom("lo", "eth0"),
      onExisting: fc.constantFrom("adopt", "takeOver", "fail"),
    },
    { requiredKeys: [] },
  );
  const anyOther = fc
    .record({
      metric: fc.constantFrom(50, 1024),
      protocol: anyProtocol,
      device: fc.constantFrom("lo", "eth0"),
    })
    .map((change): ObservedRoute => ({ ...present, ...change }));
  const anyRoutes = fc.uniqueArray(anyOther, { selector: ({ metric }) => metric, maxLength: 2 });

  it("what was made is really there as asked for, and really gone after an update and a delete", () => {
    fc.assert(
      fc.property(anyRoutes, anyInputs, anyInputs, (routes, inputs, later) => {
        const host = new ModelHost(new KernelTable(routes));
        const others = routes.filter((each) => !hasKey(each, route));
        let made: ReturnType<typeof create>;
        try {
          made = create(inputs, host);
        } catch (error) {
          if (error instanceof AnyIPError && error.code === "ROUTE_CONFLICT") return;
          throw error;
        }
        const { recorded, after } = made;
        const isAdopted = recorded.origin === "adopted";
        if (!isAdopted || inputs.protocol !== undefined)
          expect(routesOf(after)).toContainEqual({ ...desire(inputs).route, type: 2 });
        else expect(routesOf(after)).toEqual(routes);
        const updated = after.apply(planUpdate(recorded, desire(later), id, lookAt(after)));
        const again = decodeState(
          encodeState(
            { ...validInputs, ...later },
            { ...made.plan.result, origin: recorded.origin, found: {} },
          ),
        );
        if (!isAdopted) expect(routesOf(updated)).toContainEqual({ ...desire(later).route, type: 2 });
        expect(planUpdate(again, desire(later), id, lookAt(updated))).not.toHaveProperty("record");
        const deleted = updated.apply(planDelete(again, id, lookAt(updated), false, undefined));
        expect(routesOf(deleted).filter((each) => !hasKey(each, route))).toEqual(others);
        expect(routesOf(deleted)).toHaveLength(others.length + (isAdopted ? 1 : 0));
      }),
      { numRuns: 3000 },
    );
  });
});
