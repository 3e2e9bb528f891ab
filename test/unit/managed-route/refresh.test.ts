// Refreshes told from another resource's: they say what a refresh that reads the state says, whatever has become of the host.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createAddressAllocationProvider } from "../../../provider/address-allocation/provider";
import * as allocation from "../../../provider/address-allocation/state";
import { type AnyIPRouteProvider, createAnyIPRouteProvider } from "../../../provider/anyip-route/provider";
import * as route from "../../../provider/anyip-route/state";
import type { RawInputs } from "../../../provider/check/raw-inputs";
import type { Observation } from "../../../provider/host/host";
import { isUnreadable, type OwnershipRecord, recordName } from "../../../provider/host/record";
import type { ObservedRoute } from "../../../provider/host/route";
import type { FindHost } from "../../../provider/host-access";
import { planCreate } from "../../../provider/managed-route/plan";
import { requireDesired as requireAllocation } from "../address-allocation/valid-inputs";
import { requireDesired, validInputs } from "../anyip-route/valid-inputs";
import { requirePrefix } from "../net/require-prefix";
import { KernelTable, ModelHost, thisMachine } from "./kernel-table";

const pool = "2001:db8::/48";
const firstPrefix = "2001:db8:0:1::/64";
const secondPrefix = "2001:db8:0:2::/64";

interface Made {
  readonly id: string;
  readonly outputs: RawInputs;
}

/** What differs between the resources that bind a prefix: how their states are made, and who reads them. */
interface Kind {
  create(inputs: RawInputs, prefix: string, id: string, host: ModelHost): [Made, ModelHost];
  provide(findHost: FindHost): Pick<AnyIPRouteProvider, "read">;
}

const anyIPRoute: Kind = {
  create(given, prefix, id, host) {
    const inputs = { ...given, prefix };
    const plan = planCreate(requireDesired(inputs), id, host, false);
    return [{ id, outputs: route.encodeState(inputs, plan.result) }, host.apply(plan)];
  },
  provide: createAnyIPRouteProvider,
};

const addressAllocation: Kind = {
  create({ prefix: _, ...given }, prefix, id, host) {
    const inputs = { ...given, pool, prefixLength: 64 };
    const wanted = requireAllocation(inputs);
    const chosen = { prefix: requirePrefix(prefix), key: wanted.choice.key };
    const plan = planCreate(allocation.bindChoice(wanted, chosen.prefix), id, host, false);
    return [{ id, outputs: allocation.encodeState(inputs, chosen, plan.result) }, host.apply(plan)];
  },
  provide: (findHost) => createAddressAllocationProvider({ findHost, now: () => 0, warn: () => {} }),
};

/** A provider on a host that `look` shows. */
function provide(kind: Kind, look: () => Observation): Pick<AnyIPRouteProvider, "read"> {
  const refuse = async () => {
    throw new Error("a refresh changes nothing");
  };
  const host = { observe: async () => look(), change: refuse };
  return kind.provide(() => ({ host, acceptedHostKey: () => undefined }));
}

async function read(provider: ReturnType<typeof provide>, { id, outputs }: Made): Promise<unknown> {
  const literal = { __provider: "the literal" };
  return await provider.read(id, { ...outputs, ...literal }).then(
    (answer) => ({ id: answer.id, props: { ...literal, ...answer.props } }),
    (error: Error) => error.message,
  );
}

const anyOptions: fc.Arbitrary<RawInputs> = fc.record(
  {
    device: fc.constantFrom("lo", "eth0"),
    metric: fc.constantFrom(50, 1024),
    protocol: fc.constantFrom(4, 177),
    source: fc.constant("2001:db8::1"),
    persist: fc.constantFrom("auto", "none", "systemd"),
  },
  { requiredKeys: [] },
);

/** What has become of one route of the host, and of its record. */
type RouteChange = (route: ObservedRoute) => ObservedRoute[];
type RecordChange = (record: OwnershipRecord) => Partial<OwnershipRecord> | undefined;

const anyRouteChange = fc.constantFrom<RouteChange>(
  () => [],
  (route) => [route, { ...route, device: "eth1" }],
  (route) => [route, { ...route, metric: 7 }],
  ...[{ type: 6 }, { device: "eth1" }, { metric: 7 }, { protocol: 3 }, { source: "2001:db8::2" }].map(
    (change) => (route: ObservedRoute) => [{ ...route, ...change }],
  ),
);
const anyRecordChange = fc.constantFrom<RecordChange>(
  () => undefined,
  () => ({ owner: "blog/dev/web" }),
  () => ({ owner: "shop/dev/other" }),
  () => ({ token: "anyip-9999" }),
  () => ({ machineId: "-" }),
  () => ({ machineId: thisMachine.replace("0", "f") }),
  () => ({ hold: { kind: "covered" } }),
  () => ({ hold: { kind: "route" } }),
  () => ({ hold: { kind: "released", untilSeconds: 9_999_999_999 } }),
  () => ({ choice: { pool, key: "someone" } }),
  ({ persists }) => ({ persists: !persists }),
  ({ origin }) => ({ origin: origin === "created" ? "adopted" : "created" }),
  ({ route }) => ({ route: { ...route, protocol: 99 } }),
);
const anyOutputChange = fc.constantFrom<RawInputs>(
  { prefix: "2001:DB8:0:2::/64" },
  { prefix: "2001:db8:0:2::/64; reboot" },
  { prefix: "198.51.100.0/24" },
  { owner: "shop/dev/renamed" },
  { owner: 7 },
  { key: "another" },
  { key: 7 },
  { key: "" },
  { metric: 0 },
  { origin: "adopted" },
  { origin: "stolen" },
  { persistence: "none" },
  { stateVersion: 1 },
  { stateVersion: 9 },
  { machineId: thisMachine.replace("0", "f") },
  { found: { protocol: 3 } },
  { found: {} },
  { acceptedHostKey: "ssh-ed25519 AAAA" },
);
const anyHostChange = fc.constantFrom<Partial<ModelHost>>(
  { machineId: "-" },
  { persistence: { runs: [], installed: [] } },
);
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });

const anyCase = fc.record({
  options: anyOptions,
  // What is there before: nothing, the second prefix's route by hands, a route for the whole pool.
  before: fc.constantFrom("nothing", "second", "pool"),
  isPoolGone: fc.boolean(),
  changeRoute: maybe(anyRouteChange),
  changeRecord: maybe(anyRecordChange),
  changedOutputs: maybe(anyOutputChange),
  changedHost: maybe(anyHostChange),
  isFirstChanged: fc.boolean(),
  isOtherId: fc.nat(9).map((dice) => dice === 0),
});

function routeAt(prefix: string, options: RawInputs = {}): ObservedRoute {
  return { ...requireDesired({ ...validInputs, ...options, prefix }).route, type: 2 };
}

/** The host with another route at the prefix, and another record of it. */
function alter(
  host: ModelHost,
  prefix: string,
  changeRoute: RouteChange | undefined,
  changeRecord?: RecordChange,
): ModelHost {
  const { routes } = host.table;
  const isAt = (found: ObservedRoute) => found.prefix === prefix;
  // Where there is none, somebody else's comes that is as ours would have become.
  const added = changeRoute && !routes.some(isAt) ? changeRoute(routeAt(prefix)) : [];
  const kept = routes.flatMap((found) => (changeRoute && isAt(found) ? changeRoute(found) : [found]));
  const records = [...host.records].flatMap(([name, found]) => {
    if (isUnreadable(found) || found.route.prefix !== prefix || !changeRecord)
      return [[name, found] as const];
    const change = changeRecord(found);
    return change === undefined ? [] : [[name, { ...found, ...change }] as const];
  });
  return new ModelHost(new KernelTable([...kept, ...added]), new Map(records));
}

describe.each(Object.entries({ anyIPRoute, addressAllocation }))(
  "%s, refreshed after another",
  (_name, kind) => {
    const first = (host: ModelHost, inputs: RawInputs = {}) =>
      kind.create({ ...validInputs, ...inputs }, firstPrefix, "anyip-0001", host);
    const second = (host: ModelHost, inputs: RawInputs = {}) =>
      kind.create({ ...validInputs, owner: "shop/dev/two", ...inputs }, secondPrefix, "anyip-0002", host);

    it("says what it says by itself", async () => {
      await fc.assert(
        fc.asyncProperty(anyCase, async ({ options, before, isFirstChanged, ...changes }) => {
          const there = { nothing: [], second: [secondPrefix], pool: [pool] }[before].map((prefix) => ({
            ...routeAt(prefix, options),
            protocol: 4,
          }));
          const [known, afterFirst] = first(new ModelHost(new KernelTable(there)), options);
          const [made, after] = second(afterFirst, options);
          const { changeRoute, changeRecord, changedOutputs, changedHost } = changes;
          let shown = isFirstChanged ? alter(after, firstPrefix, changeRoute, changeRecord) : after;
          const provider = provide(kind, () => shown);
          const outputs = { ...known.outputs, ...(isFirstChanged ? changedOutputs : {}) };
          await read(provider, { ...known, outputs });

          const altered = alter(shown, secondPrefix, changeRoute, changeRecord);
          const { table, records, surroundings } = changes.isPoolGone
            ? alter(altered, pool, () => [])
            : altered;
          const { machineId = shown.machineId, persistence = shown.persistence } = changedHost ?? {};
          shown = new ModelHost(table, records, machineId, surroundings, persistence);
          const id = changes.isOtherId ? "anyip-0003" : made.id;
          const asked = { id, outputs: { ...made.outputs, ...changedOutputs } };
          const alone = provide(kind, () => shown);
          expect(await read(provider, asked)).toEqual(await read(alone, asked));
        }),
        { numRuns: 3000 },
      );
    });

    it.each<[how: string, there: ObservedRoute[], inputs: RawInputs]>([
      ["with a route of its own", [], {}],
      ["with one that ends with a reboot", [], { persist: "none" }],
      ["in a pool that is bound", [routeAt(pool)], {}],
    ])(
      "reads neither the state nor the record of what is as it was left, %s",
      async (_how, there, inputs) => {
        const [known, afterFirst] = first(new ModelHost(new KernelTable(there)), inputs);
        const [made, host] = second(afterFirst, inputs);
        const recordsRead: string[] = [];
        const provider = provide(kind, () => ({
          ...host,
          hasRecord: (record) => host.hasRecord(record),
          listRecords: () => host.listRecords(),
          listCovered: () => host.listCovered(),
          findRecord: (key) => {
            recordsRead.push(recordName(key));
            return host.findRecord(key);
          },
        }));
        await read(provider, known);
        recordsRead.length = 0;
        expect(await read(provider, made)).toMatchObject({ id: made.id, props: made.outputs });
        expect(recordsRead).toEqual([]);
      },
    );

    it("sees what was mended, whatever else is still altered", async () => {
      const [known, afterFirst] = first(new ModelHost(new KernelTable([])));
      const [made, host] = second(afterFirst);
      const shown = alter(host, firstPrefix, (route) => [{ ...route, protocol: 3 }]);
      const provider = provide(kind, () => shown);
      const found = { protocol: 3 };
      const altered = { ...known, outputs: { ...known.outputs, found } };
      expect(await read(provider, altered)).toMatchObject({ props: { found } });
      const mended = { ...made, outputs: { ...made.outputs, found } };
      expect(await read(provider, mended)).not.toHaveProperty("props.found");
    });
  },
);
