// Refreshes told from another resource's: they say what a refresh that reads the state says, whatever has become of the host.
import fc from "fast-check";
import { expect, it } from "vitest";
import { createAnyIPRouteProvider } from "../../../provider/anyip-route/provider";
import { encodeState } from "../../../provider/anyip-route/state";
import type { RawInputs } from "../../../provider/check/raw-inputs";
import type { Observation } from "../../../provider/host/host";
import { isUnreadable, type OwnershipRecord, recordName } from "../../../provider/host/record";
import type { ObservedRoute } from "../../../provider/host/route";
import { planCreate } from "../../../provider/managed-route/plan";
import { requireDesired, validInputs } from "../anyip-route/valid-inputs";
import { KernelTable, ModelHost, thisMachine } from "./kernel-table";

/** There before the resource that gets it. */
const adopted = "2001:db8:2::/64";

interface Made {
  readonly id: string;
  readonly outputs: RawInputs;
}

function create(inputs: RawInputs, id: string, host: ModelHost): [Made, ModelHost] {
  const plan = planCreate(requireDesired(inputs), id, host, false);
  return [{ id, outputs: encodeState(inputs, plan.result) }, host.apply(plan)];
}

/** A provider on a host that `look` shows. */
function provide(look: () => Observation) {
  const refuse = async () => {
    throw new Error("a refresh changes nothing");
  };
  const host = { observe: async () => look(), change: refuse };
  return createAnyIPRouteProvider(() => ({ host, acceptedHostKey: () => undefined }));
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
  () => ({ hold: { kind: "released", untilSeconds: 9_999_999_999 } }),
  ({ persists }) => ({ persists: !persists }),
  ({ origin }) => ({ origin: origin === "created" ? "adopted" : "created" }),
  ({ route }) => ({ route: { ...route, protocol: 99 } }),
);
const anyOutputChange: fc.Arbitrary<RawInputs> = fc.constantFrom<RawInputs>(
  { prefix: "2001:DB8:1::/64" },
  { prefix: "2001:db8:1::/64; reboot" },
  { prefix: "198.51.100.0/24" },
  { owner: "shop/dev/renamed" },
  { owner: 7 },
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
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });

it("says of a state like another's what it says by itself", async () => {
  await fc.assert(
    fc.asyncProperty(
      anyOptions,
      fc.constantFrom("2001:db8:1::/64", adopted),
      maybe(anyRouteChange),
      maybe(anyRecordChange),
      maybe(anyOutputChange),
      maybe(
        fc.constantFrom<Partial<ModelHost>>({ machineId: "-" }, { persistence: { runs: [], installed: [] } }),
      ),
      fc.boolean(),
      async (options, prefix, changeRoute, changeRecord, changedOutputs, changedHost, isOtherAltered) => {
        const inputs = { ...validInputs, ...options };
        const found = { ...requireDesired({ ...inputs, prefix: adopted }).route, protocol: 4, type: 2 };
        const [known, first] = create(inputs, "anyip-0001", new ModelHost(new KernelTable([found])));
        const [made, host] = create({ ...inputs, prefix, owner: "shop/dev/two" }, "anyip-0002", first);
        let shown = isOtherAltered
          ? alter(host, String(validInputs.prefix), changeRoute, changeRecord)
          : host;
        const provider = provide(() => shown);
        await read(
          provider,
          isOtherAltered ? { ...known, outputs: { ...known.outputs, ...changedOutputs } } : known,
        );

        shown = alter(host, prefix, changeRoute, changeRecord);
        shown = new ModelHost(
          shown.table,
          shown.records,
          changedHost?.machineId ?? shown.machineId,
          shown.surroundings,
          changedHost?.persistence ?? shown.persistence,
        );
        const asked = { ...made, outputs: { ...made.outputs, ...changedOutputs } };
        expect(await read(provider, asked)).toEqual(
          await read(
            provide(() => shown),
            asked,
          ),
        );
      },
    ),
    { numRuns: 3000 },
  );
});

function alter(
  host: ModelHost,
  prefix: string,
  changeRoute: RouteChange | undefined,
  changeRecord: RecordChange | undefined,
): ModelHost {
  const table = host.table.routes.flatMap((route) =>
    route.prefix === prefix && changeRoute ? changeRoute(route) : [route],
  );
  const records = [...host.records].flatMap(([name, found]) => {
    if (isUnreadable(found) || found.route.prefix !== prefix || !changeRecord)
      return [[name, found] as const];
    const change = changeRecord(found);
    return change === undefined ? [] : [[name, { ...found, ...change }] as const];
  });
  return new ModelHost(new KernelTable(table), new Map(records));
}

it("reads neither the state nor the record of what is as it was left", async () => {
  const [known, first] = create(validInputs, "anyip-0001", new ModelHost(new KernelTable([])));
  const other = { ...validInputs, prefix: "2001:db8:1::/64", owner: "shop/dev/two" };
  const [made, host] = create(other, "anyip-0002", first);
  const recordsRead: string[] = [];
  const provider = provide(() => ({
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
});

it("sees what was mended, whatever else is still altered", async () => {
  const [known, first] = create(validInputs, "anyip-0001", new ModelHost(new KernelTable([])));
  const other = { ...validInputs, prefix: "2001:db8:1::/64", owner: "shop/dev/two" };
  const [made, host] = create(other, "anyip-0002", first);
  const toOtherProtocol: RouteChange = (route) => [{ ...route, protocol: 3 }];
  const shown = alter(host, String(validInputs.prefix), toOtherProtocol, undefined);
  const provider = provide(() => shown);
  const found = { protocol: 3 };
  const altered = { ...known, outputs: { ...known.outputs, found } };
  expect(await read(provider, altered)).toMatchObject({ props: { found } });
  const mended = { ...made, outputs: { ...made.outputs, found } };
  expect(await read(provider, mended)).not.toHaveProperty("props.found");
});
