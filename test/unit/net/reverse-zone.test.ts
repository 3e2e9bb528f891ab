// The reverse DNS zone of a prefix.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { reverseZone } from "../../../net/reverse-zone";
import { anyPrefix } from "./arbitraries";
import { requirePrefix } from "./require-prefix";

describe("reverseZone", () => {
  it.each([
    ["192.0.2.0/24", "2.0.192.in-addr.arpa"],
    ["192.0.2.128/25", "2.0.192.in-addr.arpa"],
    ["192.0.2.7/32", "7.2.0.192.in-addr.arpa"],
    ["10.0.0.0/8", "10.in-addr.arpa"],
    ["10.64.0.0/10", "10.in-addr.arpa"],
    ["0.0.0.0/0", "in-addr.arpa"],
    ["2001:db8:100::/64", "0.0.0.0.0.0.1.0.8.b.d.0.1.0.0.2.ip6.arpa"],
    ["2001:db8:100::/48", "0.0.1.0.8.b.d.0.1.0.0.2.ip6.arpa"],
    ["2001:db8:100:80::/57", "0.0.0.0.1.0.8.b.d.0.1.0.0.2.ip6.arpa"],
    ["3fff::/20", "0.f.f.f.3.ip6.arpa"],
    ["::/0", "ip6.arpa"],
  ])("%s: %s", (text, zone) => {
    expect(reverseZone(requirePrefix(text))).toBe(zone);
  });

  it("has a label for each whole label of the length, and reads backwards as the network", () => {
    fc.assert(
      fc.property(anyPrefix, (prefix) => {
        const [perLabel, bits, suffix] =
          prefix.family === "ipv4" ? [8, 32, ".in-addr.arpa"] : [4, 128, ".ip6.arpa"];
        const zone = `.${reverseZone(prefix)}`;
        expect(zone.endsWith(suffix)).toBe(true);
        const labels = zone.slice(1, -suffix.length).split(".").filter(Boolean).reverse();
        expect(labels).toHaveLength(Math.floor(prefix.length / perLabel));
        const radix = prefix.family === "ipv4" ? 10 : 16;
        const value = labels.reduce(
          (sum, label) => (sum << BigInt(perLabel)) | BigInt(Number.parseInt(label, radix)),
          0n,
        );
        expect(value).toBe(prefix.network >> BigInt(bits - labels.length * perLabel));
      }),
    );
  });
});
