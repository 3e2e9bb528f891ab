// The part of the conformance suite that is about operations which arrive together, and about their plans.
import { expect, it } from "vitest";
import type { Host } from "../../../provider/host/host";
import {
  blindly,
  ensureAbsent,
  ensurePresent,
  isPresent,
  localRoute,
  refuse,
} from "../../support/route-operations";
import { type HostDriver, type HostFixture, makePrefix } from "./host-driver";

const absentDevice = "nosuch0";
const foreignSources = ["203.0.113.99", "3fff::99"] as const;

interface Subject {
  readonly fixture: HostFixture;
  readonly host: Host;
  readonly driver: HostDriver;
}

/** `getSubject` is called in the tests, when the fixture is there. */
export function describeBatches(getSubject: () => Subject): void {
  it("gives each operation of a batch its own result", async () => {
    const { host, driver } = getSubject();
    const [one, two] = [localRoute("198.51.100.1/32"), localRoute("2001:db8:5::1/128")];
    const bad = [
      refuse(localRoute("2001:db8:5::2/128")),
      blindly({ kind: "add", route: localRoute("198.51.100.3/32", { device: absentDevice }) }),
      blindly({ kind: "add", route: localRoute("2001:db8:5::3/128", { device: absentDevice }) }),
      blindly({ kind: "add", route: localRoute("198.51.100.4/32", { source: foreignSources[0] }) }),
      blindly({ kind: "add", route: localRoute("2001:db8:5::4/128", { source: foreignSources[1] }) }),
    ];
    const good = [ensurePresent(one), ensurePresent(two)];
    const operations = [good[0], ...bad, good[1]].flatMap((operation) => operation ?? []);
    const outcomes = await Promise.allSettled(operations.map((operation) => host.change(operation)));
    const codes = outcomes.map((outcome) =>
      outcome.status === "fulfilled" ? outcome.value : (outcome.reason as { code: string }).code,
    );
    expect(codes).toEqual(["added", "ROUTE_CONFLICT", ...Array(4).fill("ROUTE_REJECTED"), "added"]);
    await driver.expectExactly(one);
    await driver.expectExactly(two);
    await Promise.all([one, two].map((route) => host.change(ensureAbsent(route))));
  });

  it("lands 200 operations at once, over few sessions", async () => {
    const { fixture, host } = getSubject();
    const routes = Array.from({ length: 200 }, (_, index) =>
      localRoute(index % 2 ? `198.51.100.${index}/32` : `2001:db8:6:${(index + 1).toString(16)}::/64`),
    );
    const start = fixture.count();
    expect(new Set(await Promise.all(routes.map((route) => host.change(ensurePresent(route)))))).toEqual(
      new Set(["added"]),
    );
    const tables = {
      ipv4: await host.observe({ family: "ipv4", table: 255 }),
      ipv6: await host.observe({ family: "ipv6", table: 255 }),
    };
    for (const route of routes) expect(tables[route.family].table.find(route.prefix)).toHaveLength(1);
    await Promise.all(routes.map((route) => host.change(ensureAbsent(route))));
    const end = fixture.count();
    expect(end.connections - start.connections).toBeLessThanOrEqual(1);
    expect(end.sessions - start.sessions).toBeLessThanOrEqual(6);
  });

  it("plans on what is there, and verifies what became of it", async () => {
    const { host } = getSubject();
    const route = localRoute(makePrefix("ipv6"));
    expect(await host.change(ensurePresent(route))).toBe("added");
    expect(await host.change(ensurePresent(route))).toBe("present");
    const lying = { ...ensureAbsent(route), verify: () => "nobody believes it" };
    await expect(host.change(lying)).rejects.toMatchObject({
      code: "VERIFY_FAILED",
      message: expect.stringContaining("nobody believes it"),
    });
    expect(isPresent((await host.observe(route)).table, route)).toBe(false);
  });
}
