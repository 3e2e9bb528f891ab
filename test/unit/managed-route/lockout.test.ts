// Plans that may be carried out, and what is said about those that may not.
import { describe, expect, it } from "vitest";
import type { RawInputs } from "../../../provider/check/raw-inputs";
import type { Step } from "../../../provider/host/route";
import { noSurroundings, type Surroundings } from "../../../provider/host/surroundings";
import { requireSafe } from "../../../provider/managed-route/lockout";
import { requireDesired, validInputs } from "../anyip-route/valid-inputs";
import { requirePrefix } from "../net/require-prefix";
import { KernelTable, ModelHost } from "./kernel-table";

const { network } = requirePrefix("2001:db8:100::fe/128");
const gateway = { address: { family: "ipv6", value: network }, device: "eth0" } as const;
const onLink = { prefix: requirePrefix("2001:db8::/32"), device: "eth1", usesNeighborDiscovery: true };

function refusal(around: Partial<Surroundings>, change: RawInputs = {}, kind: Step["kind"] = "add"): unknown {
  const desired = requireDesired({ ...validInputs, ...change });
  const { route } = desired;
  const step: Step = kind === "replace" ? { kind, route, before: route } : { kind, route };
  const observed = new ModelHost(new KernelTable([]), new Map(), "-", { ...noSurroundings, ...around });
  const plan = { step, result: "done" };
  try {
    expect(requireSafe(plan, desired, observed)).toBe(plan);
    expect(requireSafe({ result: "kept" }, desired, observed)).toEqual({ result: "kept" });
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("requireSafe", () => {
  it("says what was found, on which host, and what lifts it", () => {
    const error = refusal({ gateways: [gateway] });
    expect(error).toMatchObject({ code: "LOCKOUT_RISK", retryable: false });
    expect(String(error)).toBe(
      "AnyIPError: root@web1.example:22: nothing was changed: local route 2001:db8:100::/64 table 255 must not be added. " +
        "The prefix covers 2001:db8:100::fe, a gateway on eth0. The host would deliver what it sends there to itself " +
        "and reach nobody. Give a prefix that holds none of these addresses. " +
        'To add the route all the same: allowUnsafe: ["gateway"]',
    );
  });

  it("names the three ways out of an on-link prefix", () => {
    const error = refusal({ onLink: [onLink] });
    expect(error).toMatchObject({ code: "PREFIX_ON_LINK" });
    for (const words of [
      "lies in 2001:db8::/32, which is on-link on eth1",
      "silently dead",
      "routed to the host",
      "neighborDiscovery, which this version does not have yet",
      "a prefix that is not on-link",
      'allowUnsafe: ["onLink"]',
    ]) {
      expect(String(error)).toContain(words);
    }
  });

  it("says all at once, and keeps what is lifted already", () => {
    const error = refusal({ gateways: [gateway], onLink: [onLink] }, { allowUnsafe: ["resolver"] });
    expect(error).toMatchObject({ code: "LOCKOUT_RISK" });
    expect(String(error)).toMatch(/silently dead.*allowUnsafe: \["resolver", "gateway", "onLink"\]$/);
  });

  it.each(["replace", "delete"] as const)("lets a route that is there be: %s", (kind) => {
    expect(refusal({ gateways: [gateway] }, {}, kind)).toBeUndefined();
  });

  it("knows the jump hosts of the connection", () => {
    const connection = { host: "web1.example", proxy: { host: "2001:db8:100::5" } };
    expect(refusal({}, { connection })).toMatchObject({ code: "LOCKOUT_RISK" });
    expect(refusal({}, { connection, allowUnsafe: ["jumpHost"] })).toBeUndefined();
  });

  it("lets through what is allowed", () => {
    expect(
      refusal({ gateways: [gateway], onLink: [onLink] }, { allowUnsafe: ["onLink", "gateway"] }),
    ).toBeUndefined();
  });
});
