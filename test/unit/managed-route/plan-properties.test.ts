// Plans against a model of the kernel's table: nothing is left to do after a plan, and nobody else loses anything.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeState, encodeState } from "../../../provider/anyip-route/state";
import type { RawInputs } from "../../../provider/check/raw-inputs";
import { AnyIPError } from "../../../provider/errors";
import { hasKey, type ObservedRoute, type RouteKey } from "../../../provider/host/route";
import {
  explainAbsence,
  findRecorded,
  planCreate,
  planDelete,
  planUpdate,
} from "../../../provider/managed-route/plan";
import { requireDesired, validInputs } from "../anyip-route/valid-inputs";
import { KernelTable, ModelHost } from "./kernel-table";

const prefixes = ["2001:db8:100::/64", "2001:db8:200::1/128"];
const sources = ["2001:db8::1", "2001:db8::2"];
const devices = ["lo", "eth0"];
const metrics = [50, 1024];
const protocols = [4, 177];

const anyInputs: fc.Arbitrary<RawInputs> = fc
  .record(
    {
      prefix: fc.constantFrom(...prefixes),
      device: fc.constantFrom(...devices),
      metric: fc.constantFrom(...metrics),
      protocol: fc.constantFrom(...protocols),
      source: fc.constantFrom(...sources),
      onExisting: fc.constantFrom("adopt", "takeOver", "fail"),
    },
    { requiredKeys: ["prefix"] },
  )
  .map((inputs) => ({ ...validInputs, ...inputs }));

const anyObserved: fc.Arbitrary<ObservedRoute> = fc.record(
  {
    family: fc.constant("ipv6" as const),
    table: fc.constant(255),
    prefix: fc.constantFrom(...prefixes),
    metric: fc.constantFrom(...metrics),
    protocol: fc.constantFrom(...protocols),
    type: fc.constantFrom(2, 2, 2, 6),
    device: fc.constantFrom(...devices),
    source: fc.constantFrom(...sources),
  },
  { requiredKeys: ["family", "table", "prefix", "metric", "protocol", "type", "device"] },
);
/** A host with routes that nobody has on record. */
const anyHost = fc
  .uniqueArray(anyObserved, { selector: ({ prefix, metric }) => `${prefix} ${metric}`, maxLength: 4 })
  .map((routes) => new ModelHost(new KernelTable(routes)));

const id = "anyip-0001";
const others = ({ table }: ModelHost, key: RouteKey) => table.routes.filter((route) => !hasKey(route, key));
const atKey = ({ table }: ModelHost, key: RouteKey) => table.routes.find((route) => hasKey(route, key));

/** Creates as the provider does; undefined when the plan refuses, which it must do by an AnyIPError. */
function create(inputs: RawInputs, host: ModelHost) {
  const desired = requireDesired(inputs);
  try {
    const plan = planCreate(desired, id, host, false);
    const recorded = decodeState(encodeState(inputs, plan.result));
    return { desired, plan, recorded, after: host.apply(plan) };
  } catch (error) {
    if (error instanceof AnyIPError && error.code === "ROUTE_CONFLICT") return undefined;
    throw error;
  }
}

const options = { numRuns: 3000 };

describe("a created route", () => {
  it("is there, is found unaltered, and needs nothing more", () => {
    fc.assert(
      fc.property(anyInputs, anyHost, (inputs, host) => {
        const made = create(inputs, host);
        if (!made) return;
        const { desired, plan, recorded, after } = made;
        expect(explainAbsence(desired, plan.result.found ?? {}, after.table)).toBeUndefined();
        expect(findRecorded(recorded, id, after)).toEqual(plan.result.found ?? {});
        const nothing = { result: plan.result };
        expect(planUpdate(recorded, desired, id, after)).toEqual(nothing);
        expect(planCreate(desired, id, after, false)).toEqual(nothing);
      }),
      options,
    );
  });

  it("changes no route with another key", () => {
    fc.assert(
      fc.property(anyInputs, anyHost, (inputs, host) => {
        const made = create(inputs, host);
        if (made) expect(others(made.after, made.desired.route)).toEqual(others(host, made.desired.route));
      }),
      options,
    );
  });

  it("is refused, not altered, where a route of another effect or type has its key", () => {
    fc.assert(
      fc.property(anyInputs, anyHost, (inputs, host) => {
        const { route } = requireDesired(inputs);
        const present = atKey(host, route);
        if (!present) return;
        const isForeign =
          present.type !== 2 || present.device !== route.device || present.source !== route.source;
        if (isForeign) expect(create(inputs, host)).toBeUndefined();
      }),
      options,
    );
  });

  it("and deleted again leaves the table as it was, but for a route that was taken over", () => {
    fc.assert(
      fc.property(anyInputs, anyHost, (inputs, host) => {
        const made = create(inputs, host);
        if (!made) return;
        const { desired, plan, recorded, after } = made;
        const end = after.apply(planDelete(recorded, id, after, false, undefined));
        if (plan.result.origin === "adopted") expect(end.table.routes).toEqual(after.table.routes);
        else expect(end.table.routes).toEqual(others(host, desired.route));
        if (plan.step?.kind === "add") expect(end.table.routes).toEqual(host.table.routes);
        expect(end.records.size).toBe(0);
      }),
      options,
    );
  });
});

describe("an updated route", () => {
  it("needs nothing more, and no route with another key has changed", () => {
    fc.assert(
      fc.property(anyInputs, anyInputs, anyHost, (inputs, change, host) => {
        const made = create(inputs, host);
        if (!made) return;
        // A change of these replaces the resource, so an update never sees one.
        const { prefix, metric } = inputs;
        const news = {
          ...change,
          prefix,
          ...(metric === undefined ? { metric: made.desired.route.metric } : { metric }),
        };
        const desired = requireDesired(news);
        const plan = planUpdate(made.recorded, desired, id, made.after);
        const after = made.after.apply(plan);
        const recorded = decodeState(encodeState(news, plan.result));
        expect(planUpdate(recorded, desired, id, after)).toEqual({ result: plan.result });
        expect(findRecorded(recorded, id, after)).toEqual(plan.result.found ?? {});
        expect(others(after, desired.route)).toEqual(others(host, desired.route));
        expect(atKey(after, desired.route)).toBeDefined();
      }),
      options,
    );
  });
});

describe("a deletion", () => {
  it("takes at most the one route with the recorded key, protocol and device, whatever else is there by then", () => {
    fc.assert(
      fc.property(anyInputs, anyHost, anyHost, (inputs, host, later) => {
        const made = create(inputs, host);
        if (!made) return;
        // By then the host has its record, and routes that have come and gone.
        const then = new ModelHost(later.table, made.after.records);
        const plan = planDelete(made.recorded, id, then, false, undefined);
        if (!plan.step) return;
        const end = then.apply(plan);
        const gone = then.table.routes.filter((route) => !end.table.routes.includes(route));
        const { actual } = made.recorded;
        const { prefix, table: number, metric, protocol, device } = actual;
        expect(gone.length).toBeLessThanOrEqual(1);
        for (const route of gone)
          expect(route).toMatchObject({ type: 2, prefix, table: number, metric, protocol, device });
        expect(made.recorded.origin).toBe("created");
      }),
      options,
    );
  });
});
