// What everything that is a Host must do: one suite, run against each implementation.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Host } from "../../../provider/host/host";
import type { LocalRoute } from "../../../provider/host/route";
import { blindly, ensureAbsent, localRoute } from "../../support/route-operations";
import { describeBatches } from "./batch-conformance";
import { families, HostDriver, type HostFixture, makePrefix } from "./host-driver";

export function describeHost(name: string, makeFixture: () => Promise<HostFixture>): void {
  describe(`${name} as a host`, () => {
    let fixture: HostFixture;
    let host: Host;
    let driver: HostDriver;
    let before: string;

    beforeAll(async () => {
      fixture = await makeFixture();
      host = fixture.host;
      driver = new HostDriver(host);
    });
    afterAll(() => fixture?.remove());
    beforeEach(async () => {
      before = await fixture.print();
    });
    afterEach(async () => {
      expect(await fixture.print()).toBe(before);
    });

    it.each(families)("adds, replaces and deletes an %s route", async (family) => {
      const prefix = makePrefix(family);
      const route = localRoute(prefix);
      expect(await host.change(blindly({ kind: "add", route }, "my result"))).toBe("my result");
      await driver.expectExactly(route);
      const other = { ...route, protocol: 200, device: fixture.device };
      await driver.take({ kind: "replace", route: other, before: route });
      await driver.expectExactly(other);
      await driver.remove(other);
      expect(await driver.find(route)).toEqual([]);
    });

    it.each(families)("tells an %s route apart by table and metric", async (family) => {
      const prefix = makePrefix(family);
      const inLocal = [0, 5, 4294967295].map((extra) => {
        const route = localRoute(prefix);
        return { ...route, metric: extra || route.metric };
      });
      const elsewhere = [1, 253, 4000, 2147483647]
        .filter((table) => table <= fixture.maxTable)
        .map((table) => localRoute(prefix, { table, metric: 7 }));
      await Promise.all([...inLocal, ...elsewhere].map((each) => driver.add(each)));
      await driver.expectExactly(...(inLocal as [LocalRoute, ...LocalRoute[]]));
      for (const route of elsewhere) await driver.expectExactly(route);
      const [first, ...rest] = inLocal as [LocalRoute, ...LocalRoute[]];
      await driver.remove(first);
      await driver.expectExactly(...(rest as [LocalRoute, ...LocalRoute[]]));
      await Promise.all([...rest, ...elsewhere].map((each) => driver.remove(each)));
    });

    it.each(families)("finds an %s route in table main", async (family) => {
      const route = localRoute(makePrefix(family), { table: 254 });
      await driver.add(route);
      await driver.expectExactly(route);
      await driver.remove(route);
    });

    it.each(families)("sets, changes and drops device and source of an %s route", async (family) => {
      const plain = localRoute(makePrefix(family));
      const full = {
        ...plain,
        device: fixture.device,
        source: fixture.sources[families.indexOf(family)] ?? "",
      };
      await driver.add(full);
      await driver.expectExactly(full);
      await driver.take({ kind: "replace", route: plain, before: full });
      await driver.expectExactly(plain);
      await driver.take({ kind: "replace", route: full, before: plain });
      await driver.expectExactly(full);
      await driver.remove(full);
    });

    it.each(families)(
      "succeeds in deleting an %s route that is gone, and deletes no other",
      async (family) => {
        const prefix = makePrefix(family);
        const other = localRoute(prefix, { metric: 9 });
        await driver.add(other);
        // By a plan that looks first: to the kernel, IPv4's metric 0 in a delete means any.
        expect(await host.change(ensureAbsent(localRoute(prefix)))).toBe("gone");
        await driver.remove(localRoute(prefix, { metric: 10 }));
        await driver.remove({ ...other, protocol: 201 });
        await driver.expectExactly(other);
        await driver.remove(other);
      },
    );

    it.each(families)("refuses to add an %s route twice", async (family) => {
      const prefix = makePrefix(family);
      const route = localRoute(prefix);
      await driver.add(route);
      await expect(driver.add({ ...route, protocol: 200 })).rejects.toMatchObject({ code: "ROUTE_CONFLICT" });
      await driver.expectExactly(route);
      await driver.remove(route);
    });

    it("observes a table that nothing was ever put into as empty", async () => {
      for (const family of families) {
        expect(await driver.find(localRoute(makePrefix(family), { table: 31337 }))).toEqual([]);
      }
    });

    describeBatches(() => ({ fixture, host, driver }));
  });
}
