// Plans: observed, desired and recorded in, one step or a refusal out.
import { describe, expect, it } from "vitest";
import type { RawInputs } from "../../../provider/anyip-route/inputs";
import {
  explainAbsence,
  findRecorded,
  planCreate,
  planDelete,
  planUpdate,
} from "../../../provider/anyip-route/plan";
import { decodeState, encodeState, type StateExtras } from "../../../provider/anyip-route/state";
import type { ObservedRoute } from "../../../provider/host/route";
import { KernelTable } from "./kernel-table";
import { requireDesired, validInputs } from "./valid-inputs";

const { route } = requireDesired(validInputs);
const same: ObservedRoute = { ...route, type: 2 };
const desire = (change: RawInputs = {}) => requireDesired({ ...validInputs, ...change });
const record = (extras: Partial<StateExtras> = {}, change: RawInputs = {}) =>
  decodeState(encodeState({ ...validInputs, ...change }, { origin: "created", ...extras }));
const table = (...routes: ObservedRoute[]) => new KernelTable(routes);
const conflict = expect.objectContaining({ code: "ROUTE_CONFLICT" });

describe("planCreate", () => {
  it("adds a route that is not there", () => {
    expect(planCreate(desire(), table(), undefined, false)).toEqual({
      step: { kind: "add", route },
      result: { origin: "created" },
    });
  });

  it.each<[string, ObservedRoute]>([
    ["another metric", { ...same, metric: 50 }],
    ["another prefix", { ...same, prefix: "2001:db8:100::/65" }],
  ])("adds beside a route with %s", (_what, other) => {
    expect(planCreate(desire(), table(other), undefined, false).step).toEqual({ kind: "add", route });
  });

  it.each(["adopt", "takeOver", "fail"])(
    "completes what an earlier run made, with onExisting %s",
    (onExisting) => {
      expect(planCreate(desire({ onExisting }), table(same), undefined, false)).toEqual({
        result: { origin: "created" },
      });
    },
  );

  it("adopts a route that is the same but for its protocol, as it is", () => {
    expect(planCreate(desire(), table({ ...same, protocol: 4 }), undefined, false)).toEqual({
      result: { origin: "adopted", found: { protocol: 4 } },
    });
  });

  it("gives an adopted route the protocol that was asked for", () => {
    const present = { ...same, protocol: 4 };
    expect(planCreate(desire({ protocol: 99 }), table(present), undefined, false)).toEqual({
      step: { kind: "replace", route: { ...route, protocol: 99 }, before: present },
      result: { origin: "adopted" },
    });
    expect(planCreate(desire({ protocol: 4 }), table(present), undefined, false)).toEqual({
      result: { origin: "adopted" },
    });
  });

  it("takes over in place", () => {
    const present = { ...same, protocol: 4 };
    expect(planCreate(desire({ onExisting: "takeOver" }), table(present), undefined, false)).toEqual({
      step: { kind: "replace", route, before: present },
      result: { origin: "created" },
    });
  });

  it.each<[string, ObservedRoute]>([
    ["another device", { ...same, device: "eth0" }],
    ["another source", { ...same, source: "2001:db8::1" }],
    ["another type", { ...same, type: 6 }],
    ["no device", { family: "ipv6", prefix: route.prefix, table: 255, metric: 1024, protocol: 3, type: 7 }],
  ])("refuses %s, whatever onExisting says", (_what, present) => {
    for (const onExisting of ["adopt", "takeOver", "fail"]) {
      expect(() => planCreate(desire({ onExisting }), table(present), undefined, false)).toThrow(conflict);
    }
  });

  it('refuses what exists with onExisting "fail", and says what is there', () => {
    const present = { ...same, protocol: 4 };
    expect(() => planCreate(desire({ onExisting: "fail" }), table(present), undefined, false)).toThrow(
      /`local 2001:db8:100::\/64 dev lo table 255 metric 1024 proto 4` where .* proto 177` should be, and onExisting is "fail"/,
    );
  });

  it("refuses a route that another resource of the run has", () => {
    for (const observed of [table(), table(same)]) {
      expect(() => planCreate(desire(), observed, undefined, true)).toThrow(conflict);
    }
  });

  it("keeps the answer of an earlier attempt whose outcome was unknown", () => {
    const desired = desire({ protocol: 4, onExisting: "fail" });
    const earlier = planCreate(desired, table(), undefined, false);
    const after = table().apply(earlier.step);
    expect(planCreate(desired, after, earlier, false)).toEqual({ result: { origin: "created" } });
    expect(planCreate(desired, table(), earlier, false)).toEqual(earlier);
  });
});

describe("planUpdate", () => {
  it.each<[string, RawInputs, ObservedRoute | undefined, object]>([
    ["nothing when all is well", {}, same, { result: { origin: "created", found: {} } }],
    [
      "an add when it is gone",
      {},
      undefined,
      { step: { kind: "add", route }, result: { origin: "created" } },
    ],
    [
      "a replacement in place for a device",
      { device: "eth0" },
      same,
      {
        step: { kind: "replace", route: { ...route, device: "eth0" }, before: same },
        result: { origin: "created", found: {} },
      },
    ],
    [
      "a replacement in place for a source",
      { source: "2001:db8::1" },
      same,
      {
        step: { kind: "replace", route: { ...route, source: "2001:db8::1" }, before: same },
        result: { origin: "created", found: {} },
      },
    ],
    [
      "a repair of a protocol that was altered",
      {},
      { ...same, protocol: 3 },
      {
        step: { kind: "replace", route, before: { ...same, protocol: 3 } },
        result: { origin: "created", found: {} },
      },
    ],
  ])("plans %s", (_what, change, present, plan) => {
    expect(planUpdate(record(), desire(change), table(...(present ? [present] : [])))).toEqual(plan);
  });

  it("lets an adopted route keep its protocol until one is asked for", () => {
    const present = { ...same, protocol: 4 };
    const adopted = record({ origin: "adopted", found: { protocol: 4 } });
    expect(planUpdate(adopted, desire(), table(present))).toEqual({
      result: { origin: "adopted", found: { protocol: 4 } },
    });
    expect(planUpdate(adopted, desire({ protocol: 99 }), table(present))).toMatchObject({
      step: { kind: "replace", route: { protocol: 99 } },
      result: { origin: "adopted", found: {} },
    });
    expect(planUpdate(adopted, desire({ device: "eth0" }), table(present))).toMatchObject({
      step: { kind: "replace", route: { device: "eth0", protocol: 4 } },
      result: { found: { protocol: 4 } },
    });
  });

  it("refuses to touch a route of another type", () => {
    expect(() => planUpdate(record(), desire(), table({ ...same, type: 6 }))).toThrow(conflict);
  });
});

describe("planDelete", () => {
  it("takes the recorded route away", () => {
    const step = { kind: "delete", route };
    expect(planDelete(record(), table(same), false, "kept")).toEqual({ step, result: "kept" });
  });

  it("names the route as a refresh has last seen it", () => {
    const seen = { ...same, metric: 50, device: "eth0" };
    const recorded = record({ found: { metric: 50, device: "eth0" } });
    const { step } = planDelete(recorded, table(seen), false, undefined);
    expect(step).toEqual({ kind: "delete", route: { ...route, metric: 50, device: "eth0" } });
  });

  // A `del` that finds no such route takes its neighbour: metric 0 is any metric to IPv4, no source is any source.
  it.each<[string, ObservedRoute[]]>([
    ["is gone", []],
    ["has another protocol", [{ ...same, protocol: 4 }]],
    ["has another device", [{ ...same, device: "eth0" }]],
    ["has a source", [{ ...same, source: "2001:db8::1" }]],
    ["is of another type", [{ ...same, type: 6 }]],
    ["has only a neighbour of another metric left", [{ ...same, metric: 50 }]],
  ])("does nothing when the route %s", (_what, present) => {
    expect(planDelete(record(), table(...present), false, "kept")).toEqual({ result: "kept" });
  });

  it("finds the route among several of one key", () => {
    const present = [{ ...same, protocol: 4 }, same];
    expect(planDelete(record(), table(...present), false, "kept").step).toBeDefined();
  });

  it("leaves an adopted route, and one that has passed on to another resource", () => {
    expect(planDelete(record({ origin: "adopted" }), table(same), false, "kept")).toEqual({ result: "kept" });
    expect(planDelete(record(), table(same), true, "kept")).toEqual({ result: "kept" });
  });
});

describe("findRecorded", () => {
  it.each<[string, Partial<StateExtras>, ObservedRoute[], object | undefined]>([
    ["the route as it should be", {}, [same], {}],
    ["nothing", {}, [], undefined],
    ["another device", {}, [{ ...same, device: "eth0" }], { device: "eth0" }],
    ["another protocol", {}, [{ ...same, protocol: 3 }], { protocol: 3 }],
    ["a source", {}, [{ ...same, source: "2001:db8::1" }], { source: "2001:db8::1" }],
    ["another metric, by our protocol", {}, [{ ...same, metric: 50 }], { metric: 50 }],
    ["another metric, by somebody's protocol", {}, [{ ...same, metric: 50, protocol: 3 }], undefined],
    ["another type", {}, [{ ...same, type: 6 }], undefined],
    [
      "what an adopted route was found with",
      { origin: "adopted", found: { protocol: 4 } },
      [{ ...same, protocol: 4 }],
      { protocol: 4 },
    ],
  ])("%s", (_what, extras, routes, found) => {
    expect(findRecorded(record(extras), table(...routes))).toEqual(found);
  });
});

describe("explainAbsence", () => {
  it.each<[string, ObservedRoute[], RegExp]>([
    ["gone", [], /is not there; something on the host has removed it/],
    ["changed", [{ ...same, device: "eth0" }], /is `local .* dev eth0 .*` instead of `local .* dev lo/],
  ])("says when it is %s", (_what, routes, words) => {
    expect(explainAbsence(route, {}, table(...routes))).toMatch(words);
  });

  it("is content with the route, or with the protocol it was found with", () => {
    expect(explainAbsence(route, {}, table(same))).toBeUndefined();
    expect(explainAbsence(route, { protocol: 4 }, table({ ...same, protocol: 4 }))).toBeUndefined();
  });
});
