// Plans: observed, desired and recorded in, a change or a refusal out.
import { describe, expect, it } from "vitest";
import { decodeState, encodeState } from "../../../provider/anyip-route/state";
import type { RawInputs } from "../../../provider/check/raw-inputs";
import type { PersistenceFacts } from "../../../provider/host/host";
import type { BackendName } from "../../../provider/host/persistence/paths";
import { type OwnershipRecord, recordName, type UnreadableRecord } from "../../../provider/host/record";
import type { ObservedRoute } from "../../../provider/host/route";
import { noSurroundings } from "../../../provider/host/surroundings";
import {
  explainAbsence,
  findRecorded,
  planCreate,
  planDelete,
  planUpdate,
} from "../../../provider/managed-route/plan";
import type { StateExtras } from "../../../provider/managed-route/recorded";
import { requireDesired, validInputs } from "../anyip-route/valid-inputs";
import { KernelTable, ModelHost, thisMachine } from "./kernel-table";

const { route } = requireDesired(validInputs);
const id = "anyip-0001";
const machineId = thisMachine;
const same: ObservedRoute = { ...route, type: 2 };
const desire = (change: RawInputs = {}) => requireDesired({ ...validInputs, ...change });
const record = (extras: Partial<StateExtras> = {}, change: RawInputs = {}) =>
  decodeState(
    encodeState(
      { ...validInputs, ...change },
      { origin: "created", persistence: "systemd", machineId, ...extras },
    ),
  );
/** What the host has on record for `route`, or for the route given. */
const onHost = (change: Partial<OwnershipRecord> = {}): OwnershipRecord => ({
  route,
  owner: "shop/dev/web",
  origin: "created",
  token: id,
  machineId,
  persists: true,
  hold: { kind: "route" },
  ...change,
});
const write = (change: Partial<OwnershipRecord> = {}) => ({ kind: "write", record: onHost(change) });
const remove = { kind: "remove", key: route };
const namesake = onHost({ token: "anyip-older" });
const sibling = onHost({ token: "anyip-other", owner: "shop/dev/old name/x" });
const stranger = onHost({ token: "anyip-other", owner: "blog/dev/web" });
const copied = onHost({ machineId: "f".repeat(32) });

const usual: PersistenceFacts = { runs: ["systemd"], installed: ["systemd"] };

/** A host with these routes and, if one is given, this record. */
function host(
  routes: readonly ObservedRoute[],
  found?: OwnershipRecord | UnreadableRecord,
  facts: PersistenceFacts = usual,
) {
  const records = new Map(found ? [[recordName(route), found]] : []);
  return new ModelHost(new KernelTable(routes), records, thisMachine, noSurroundings, facts);
}
const conflict = expect.objectContaining({ code: "ROUTE_CONFLICT" });

describe("planCreate", () => {
  const created = { origin: "created", machineId, persistence: "systemd", found: {} };
  const add = { step: { kind: "add", route }, record: write(), result: created };

  it("adds a route that is not there, and its record", () => {
    expect(planCreate(desire(), id, host([]), false)).toEqual(add);
  });

  it.each<[string, ObservedRoute]>([
    ["another metric", { ...same, metric: 50 }],
    ["another prefix", { ...same, prefix: "2001:db8:100::/65" }],
  ])("adds beside a route with %s", (_what, other) => {
    expect(planCreate(desire(), id, host([other]), false)).toEqual(add);
  });

  describe.each(["adopt", "takeOver", "fail"])("with onExisting %s", (onExisting) => {
    it.each([
      ["an earlier run of its own", namesake],
      ["a first attempt of its own", onHost()],
      ["another resource of the stack", sibling],
    ])("completes what is on record for %s", (_whose, found) => {
      const plan = planCreate(desire({ onExisting }), id, host([same], found), false);
      expect(plan).toEqual({ ...(found.token === id ? {} : { record: write() }), result: created });
      expect(planCreate(desire({ onExisting }), id, host([], found), false).step).toEqual(add.step);
    });

    it("refuses what is on record for another stack, and says whose it is", () => {
      for (const routes of [[], [same]]) {
        expect(() => planCreate(desire({ onExisting }), id, host(routes, stranger), false)).toThrow(
          /belongs to blog\/dev\/web \(project\/stack\/resource\)/,
        );
      }
    });

    it("refuses to guess at a record that it cannot read", () => {
      const unreadable = host([same], { path: "/run/it", problem: "is cut short" });
      expect(() => planCreate(desire({ onExisting }), id, unreadable, false)).toThrow(
        /record \/run\/it on the host is cut short/,
      );
    });

    it("overwrites a record that came with another machine's disk", () => {
      expect(planCreate(desire({ onExisting }), id, host([], copied), false)).toEqual(add);
    });
  });

  it("repairs its own route that was altered since an earlier run made it", () => {
    const altered = { ...same, device: "eth0", protocol: 3 };
    expect(planCreate(desire(), id, host([altered], namesake), false)).toEqual({
      step: { kind: "replace", route, before: altered },
      record: write(),
      result: created,
    });
  });

  it("leaves an adopted route adopted when an earlier run died after it", () => {
    const present = { ...same, protocol: 4 };
    const adopted = onHost({ origin: "adopted", token: "anyip-older", route: { ...route, protocol: 4 } });
    expect(planCreate(desire(), id, host([present], adopted), false)).toEqual({
      record: write({ origin: "adopted", route: { ...route, protocol: 4 } }),
      result: { origin: "adopted", machineId, persistence: "systemd", found: { protocol: 4 } },
    });
  });

  it.each([4, 177])(
    "adopts nobody's route that is the same but for its protocol (%s), as it is",
    (protocol) => {
      expect(planCreate(desire(), id, host([{ ...same, protocol }]), false)).toEqual({
        record: write({ origin: "adopted", route: { ...route, protocol } }),
        result: {
          origin: "adopted",
          machineId,
          persistence: "systemd",
          found: protocol === 177 ? {} : { protocol },
        },
      });
    },
  );

  it("gives an adopted route the protocol that was asked for", () => {
    const present = { ...same, protocol: 4 };
    const wanted = { ...route, protocol: 99 };
    expect(planCreate(desire({ protocol: 99 }), id, host([present]), false)).toEqual({
      step: { kind: "replace", route: wanted, before: present },
      record: write({ origin: "adopted", route: wanted }),
      result: { origin: "adopted", machineId, persistence: "systemd", found: {} },
    });
    expect(planCreate(desire({ protocol: 4 }), id, host([present]), false).step).toBeUndefined();
  });

  it("takes over in place", () => {
    const present = { ...same, protocol: 4 };
    expect(planCreate(desire({ onExisting: "takeOver" }), id, host([present]), false)).toEqual({
      step: { kind: "replace", route, before: present },
      record: write(),
      result: created,
    });
  });

  it.each<[string, ObservedRoute]>([
    ["another device", { ...same, device: "eth0" }],
    ["another source", { ...same, source: "2001:db8::1" }],
    ["another type", { ...same, type: 6 }],
    ["no device", { family: "ipv6", prefix: route.prefix, table: 255, metric: 1024, protocol: 3, type: 7 }],
  ])("refuses nobody's route with %s, whatever onExisting says", (_what, present) => {
    for (const onExisting of ["adopt", "takeOver", "fail"]) {
      expect(() => planCreate(desire({ onExisting }), id, host([present]), false)).toThrow(conflict);
    }
  });

  it('refuses what exists with onExisting "fail", and says what is there', () => {
    const present = { ...same, protocol: 4 };
    expect(() => planCreate(desire({ onExisting: "fail" }), id, host([present]), false)).toThrow(
      /`local 2001:db8:100::\/64 dev lo table 255 metric 1024 proto 4` where .* proto 177` should be, and onExisting is "fail"/,
    );
  });

  it("refuses a route that another resource of the run has", () => {
    for (const observed of [host([]), host([same], sibling)]) {
      expect(() => planCreate(desire(), id, observed, true)).toThrow(conflict);
    }
  });
});

describe("planUpdate", () => {
  const kept = { origin: "created", machineId, persistence: "systemd", found: {} };
  it.each<[string, RawInputs, ObservedRoute | undefined, object]>([
    ["nothing when all is well", {}, same, { result: kept }],
    ["an add when it is gone", {}, undefined, { step: { kind: "add", route }, result: kept }],
    [
      "a replacement in place for a device",
      { device: "eth0" },
      same,
      {
        step: { kind: "replace", route: { ...route, device: "eth0" }, before: same },
        record: write({ route: { ...route, device: "eth0" } }),
        result: kept,
      },
    ],
    [
      "a replacement in place for a source",
      { source: "2001:db8::1" },
      same,
      {
        step: { kind: "replace", route: { ...route, source: "2001:db8::1" }, before: same },
        record: write({ route: { ...route, source: "2001:db8::1" } }),
        result: kept,
      },
    ],
    [
      "a repair of a protocol that was altered",
      {},
      { ...same, protocol: 3 },
      { step: { kind: "replace", route, before: { ...same, protocol: 3 } }, result: kept },
    ],
    [
      "a record alone for a new name",
      { owner: "shop/dev/renamed" },
      same,
      { record: write({ owner: "shop/dev/renamed" }), result: kept },
    ],
  ])("plans %s", (_what, change, present, plan) => {
    expect(planUpdate(record(), desire(change), id, host(present ? [present] : [], onHost()))).toEqual(plan);
  });

  it.each([
    ["is lost", undefined],
    ["is of a newer or older state of the resource", namesake],
    ["came with another machine's disk", copied],
  ])("writes the record again that %s", (_what, found) => {
    expect(planUpdate(record(), desire(), id, host([same], found))).toEqual({
      record: write(),
      result: kept,
    });
  });

  it("refuses what has become another resource's", () => {
    for (const found of [sibling, stranger])
      expect(() => planUpdate(record(), desire(), id, host([same], found))).toThrow(conflict);
  });

  it("lets an adopted route keep its protocol until one is asked for", () => {
    const present = { ...same, protocol: 4 };
    const adopted = record({ origin: "adopted", found: { protocol: 4 } });
    const found = onHost({ origin: "adopted", route: { ...route, protocol: 4 } });
    const plan = (change: RawInputs) => planUpdate(adopted, desire(change), id, host([present], found));
    expect(plan({})).toEqual({
      result: { origin: "adopted", machineId, persistence: "systemd", found: { protocol: 4 } },
    });
    expect(plan({ protocol: 99 })).toMatchObject({
      step: { kind: "replace", route: { protocol: 99 } },
      result: { origin: "adopted", persistence: "systemd", found: {} },
    });
    expect(plan({ device: "eth0" })).toMatchObject({
      step: { kind: "replace", route: { device: "eth0", protocol: 4 } },
      result: { found: { protocol: 4 } },
    });
  });

  it("refuses to touch a route of another type", () => {
    expect(() => planUpdate(record(), desire(), id, host([{ ...same, type: 6 }], onHost()))).toThrow(
      conflict,
    );
  });
});

describe("planDelete", () => {
  const step = { kind: "delete", route };

  it("takes the recorded route away, and its record", () => {
    const plan = planDelete(record(), id, host([same], onHost()), false, "kept");
    expect(plan).toEqual({ step, record: remove, result: "kept" });
  });

  it("names the route as a refresh has last seen it", () => {
    const seen = { ...same, metric: 50, device: "eth0" };
    const recorded = record({ found: { metric: 50, device: "eth0" } });
    expect(planDelete(recorded, id, host([seen], onHost()), false, undefined)).toEqual({
      step: { kind: "delete", route: { ...route, metric: 50, device: "eth0" } },
      record: remove,
    });
  });

  it("names the route as the host has it on record, where an update died before its state was saved", () => {
    const updated = { ...route, device: "eth0" };
    const observed = host([{ ...updated, type: 2 }], onHost({ route: updated }));
    expect(planDelete(record(), id, observed, false, undefined)).toEqual({
      step: { kind: "delete", route: updated },
      record: remove,
    });
  });

  // A `del` that finds no such route takes its neighbour: metric 0 is any metric to IPv4, no source is any source.
  it.each<[string, ObservedRoute[]]>([
    ["is gone", []],
    ["has another protocol", [{ ...same, protocol: 4 }]],
    ["has another device", [{ ...same, device: "eth0" }]],
    ["has a source", [{ ...same, source: "2001:db8::1" }]],
    ["is of another type", [{ ...same, type: 6 }]],
    ["has only a neighbour of another metric left", [{ ...same, metric: 50 }]],
  ])("takes only the record when the route %s", (_what, present) => {
    expect(planDelete(record(), id, host(present, onHost()), false, "kept")).toEqual({
      record: remove,
      result: "kept",
    });
    expect(planDelete(record(), id, host(present), false, "kept")).toEqual({ result: "kept" });
  });

  it("finds the route among several of one key", () => {
    const present = [{ ...same, protocol: 4 }, same];
    expect(planDelete(record(), id, host(present, onHost()), false, "kept").step).toEqual(step);
  });

  it("leaves an adopted route, and takes its record", () => {
    const found = onHost({ origin: "adopted" });
    expect(planDelete(record({ origin: "adopted" }), id, host([same], found), false, "kept")).toEqual({
      record: remove,
      result: "kept",
    });
  });

  it.each([
    ["a newer resource of the same name", namesake],
    ["another resource of the stack", sibling],
    ["another stack", stranger],
  ])("leaves route and record to %s", (_whose, found) => {
    expect(planDelete(record(), id, host([same], found), false, "kept")).toEqual({ result: "kept" });
  });

  it("leaves a route that has passed on within the run", () => {
    expect(planDelete(record(), id, host([same], onHost()), true, "kept")).toEqual({ result: "kept" });
  });

  it("takes a route whose record is lost on the machine that it was made on, and on no other", () => {
    expect(planDelete(record(), id, host([same]), false, "kept")).toEqual({ step, result: "kept" });
    const elsewhere = record({ machineId: "f".repeat(32) });
    expect(planDelete(elsewhere, id, host([same]), false, "kept")).toEqual({ result: "kept" });
  });
});

describe("findRecorded", () => {
  it.each<[string, Partial<StateExtras>, ObservedRoute[], object | undefined]>([
    ["the route as it should be", {}, [same], {}],
    ["nothing but its record", {}, [], { route: "missing" }],
    ["another device", {}, [{ ...same, device: "eth0" }], { device: "eth0" }],
    ["another protocol", {}, [{ ...same, protocol: 3 }], { protocol: 3 }],
    ["a source", {}, [{ ...same, source: "2001:db8::1" }], { source: "2001:db8::1" }],
    ["another metric, by our protocol", {}, [{ ...same, metric: 50 }], { metric: 50 }],
    [
      "another metric, by somebody's protocol",
      {},
      [{ ...same, metric: 50, protocol: 3 }],
      { route: "missing" },
    ],
    ["another type", {}, [{ ...same, type: 6 }], { route: "missing" }],
    [
      "what an adopted route was found with",
      { origin: "adopted", found: { protocol: 4 } },
      [{ ...same, protocol: 4 }],
      { protocol: 4 },
    ],
  ])("%s", (_what, extras, routes, found) => {
    expect(findRecorded(record(extras), id, host(routes, onHost()))).toEqual(found);
  });

  it("a route of another metric only if it is nobody's on record", () => {
    const other = { ...route, metric: 50 };
    const records = new Map([
      [recordName(route), onHost()],
      [recordName(other), onHost({ route: other, token: "anyip-other", owner: "shop/dev/second" })],
    ]);
    const observed = new ModelHost(new KernelTable([{ ...other, type: 2 }]), records);
    expect(findRecorded(record(), id, observed)).toEqual({ route: "missing" });
  });

  it.each([
    ["its record that is lost", undefined, { record: "missing" }],
    ["the record of another machine", copied, { record: "missing" }],
    ["a newer record of the same name", namesake, {}],
    ["the record of another resource of the stack", sibling, undefined],
    ["the record of another stack", stranger, undefined],
  ])("%s", (_what, found, answer) => {
    expect(findRecorded(record(), id, host([same], found))).toEqual(answer);
  });

  it.each<[string, RawInputs, Partial<OwnershipRecord>, PersistenceFacts, object]>([
    ["nothing that restores it", {}, {}, { runs: ["systemd"], installed: [] }, { persistence: "missing" }],
    [
      "what restores it by another init",
      {},
      {},
      { runs: [], installed: ["openrc"] },
      { persistence: "missing" },
    ],
    ["its record in memory", {}, { persists: false }, usual, { persistence: "missing" }],
    ["its record on the disk, unasked", { persist: "none" }, {}, usual, { persistence: "unasked" }],
    ["its record in memory, as asked", { persist: "none" }, { persists: false }, usual, {}],
    [
      "its record with another device",
      {},
      { route: { ...route, device: "eth0" } },
      usual,
      { record: "altered" },
    ],
    [
      "its record with another protocol",
      {},
      { route: { ...route, protocol: 99 } },
      usual,
      { record: "altered" },
    ],
    [
      "its record with a source",
      {},
      { route: { ...route, source: "2001:db8::1" } },
      usual,
      { record: "altered" },
    ],
  ])("%s", (_what, change, found, facts, answer) => {
    const observed = host([same], onHost(found), facts);
    expect(
      findRecorded(
        record({ persistence: change.persist === "none" ? "none" : "systemd" }, change),
        id,
        observed,
      ),
    ).toEqual(answer);
  });

  it("nothing where a route without record is not exactly as it was, or on another machine", () => {
    expect(findRecorded(record(), id, host([{ ...same, protocol: 4 }]))).toBeUndefined();
    expect(findRecorded(record({ machineId: "f".repeat(32) }), id, host([same]))).toBeUndefined();
  });
});

describe("persist", () => {
  const unkept = { origin: "created", machineId, persistence: "none", found: {} };
  const none = { runs: [], installed: [] };
  const both: PersistenceFacts = { runs: ["systemd", "ifupdown"], installed: [] };

  it.each<[string, RawInputs, PersistenceFacts, string]>([
    ["auto is the best that the host runs", {}, both, "systemd"],
    ["auto is what there is", { persist: "auto" }, { runs: ["openrc"], installed: [] }, "openrc"],
    ["another that it runs will do", { persist: "ifupdown" }, both, "ifupdown"],
  ])("%s, and is installed first", (_what, change, facts, chosen) => {
    const plan = planCreate(desire(change), id, host([], undefined, facts), false);
    expect(plan).toMatchObject({
      install: chosen,
      record: { record: { persists: true } },
      result: { persistence: chosen },
    });
    const installed = host([], undefined, { ...facts, installed: [chosen as BackendName] });
    expect(planCreate(desire(change), id, installed, false)).not.toHaveProperty("install");
  });

  it("none needs nothing", () => {
    const plan = planCreate(desire({ persist: "none" }), id, host([], undefined, none), false);
    expect(plan).toEqual({
      step: { kind: "add", route },
      record: write({ persists: false }),
      result: unkept,
    });
  });

  it.each<[RawInputs, PersistenceFacts, RegExp]>([
    [{}, none, /persist is "auto", and the host runs none of what is known .*persist: "none" says so/],
    [
      { persist: "openrc" },
      both,
      /persist is "openrc", and the host runs systemd, ifupdown\. .*persist: "systemd"/,
    ],
  ])("%j is refused where the host has %j", (change, facts, words) => {
    const refusal = expect.objectContaining({
      code: "HOST_UNSUPPORTED",
      message: expect.stringMatching(words),
    });
    expect(() => planCreate(desire(change), id, host([], undefined, facts), false)).toThrow(refusal);
    expect(() => planUpdate(record(), desire(change), id, host([same], onHost(), facts))).toThrow(refusal);
  });

  it("is changed in place, by the record alone", () => {
    const toMemory = planUpdate(record(), desire({ persist: "none" }), id, host([same], onHost()));
    expect(toMemory).toEqual({ record: write({ persists: false }), result: unkept });
    const volatile = record({ persistence: "none" }, { persist: "none" });
    const inMemory = host([same], onHost({ persists: false }), { runs: ["systemd"], installed: [] });
    const toDisk = planUpdate(volatile, desire(), id, inMemory);
    expect(toDisk).toMatchObject({ record: write(), install: "systemd", result: { persistence: "systemd" } });
    expect(toDisk).not.toHaveProperty("step");
  });

  it("what restores it is installed again, by nothing else", () => {
    const damaged = host([same], onHost(), { runs: ["systemd"], installed: [] });
    const plan = planUpdate(record({ found: { persistence: "missing" } }), desire(), id, damaged);
    expect(plan).toMatchObject({ install: "systemd" });
    expect(Object.keys(plan).sort()).toEqual(["install", "result"]);
  });
});

describe("explainAbsence", () => {
  it.each<[string, ObservedRoute[], RegExp]>([
    ["gone", [], /is not there; something on the host has removed it/],
    ["changed", [{ ...same, device: "eth0" }], /is `local .* dev eth0 .*` instead of `local .* dev lo/],
  ])("says when it is %s", (_what, routes, words) => {
    expect(explainAbsence({ route }, {}, new KernelTable(routes))).toMatch(words);
  });

  it("is content with the route, or with the protocol it was found with", () => {
    expect(explainAbsence({ route }, {}, new KernelTable([same]))).toBeUndefined();
    expect(
      explainAbsence({ route }, { protocol: 4 }, new KernelTable([{ ...same, protocol: 4 }])),
    ).toBeUndefined();
  });
});
