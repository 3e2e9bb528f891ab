// Steps as lines of a batch, and their inverses.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatStep, parseTable } from "../../../provider/host/iproute2";
import { invertStep, isSameRoute, type Step } from "../../../provider/host/route";
import { localRoute } from "../../support/route-operations";
import { anyRoute } from "./any-route";

const route = localRoute("2001:db8:100::/64");

describe("formatStep", () => {
  it.each<[Step, string]>([
    [{ kind: "add", route }, "route add local 2001:db8:100::/64 dev lo table 255 proto 177 metric 1024"],
    [
      { kind: "replace", route: { ...route, source: "2001:db8::1" }, before: route },
      "route replace local 2001:db8:100::/64 dev lo table 255 proto 177 metric 1024 src 2001:db8::1",
    ],
    [{ kind: "delete", route }, "route del local 2001:db8:100::/64 dev lo table 255 proto 177 metric 1024"],
    [
      {
        kind: "add",
        route: { ...route, family: "ipv4", prefix: "192.0.2.0/24", table: 100, metric: 0, device: "eth0.5" },
      },
      "route add local 192.0.2.0/24 dev eth0.5 table 100 proto 177 metric 0",
    ],
  ])("%j", (step, line) => {
    expect(formatStep(step)).toBe(line);
  });

  // What `add` was given is what a listing then shows, in the same words, with the scope after the protocol.
  it("writes what parseTable reads back", () => {
    fc.assert(
      fc.property(anyRoute, (wanted) => {
        const words = formatStep({ kind: "add", route: wanted })
          .replace(/^route add local /, "2 ")
          .replace(/ table [0-9]+/, "");
        const [found] = parseTable(`${words}\n`, wanted).find(wanted.prefix);
        expect(found && isSameRoute(found, wanted)).toBe(true);
      }),
    );
  });
});

describe("invertStep", () => {
  const anyStep: fc.Arbitrary<Step> = fc.oneof(
    anyRoute.map((added) => ({ kind: "add" as const, route: added })),
    anyRoute.map((deleted) => ({ kind: "delete" as const, route: deleted })),
    fc.tuple(anyRoute, anyRoute).map(([after, before]) => ({
      kind: "replace" as const,
      route: { ...before, device: after.device, protocol: after.protocol },
      before,
    })),
  );

  it("twice is the step itself", () => {
    fc.assert(
      fc.property(anyStep, (step) => {
        expect(invertStep(invertStep(step))).toEqual(step);
      }),
    );
  });
});
