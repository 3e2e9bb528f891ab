// Which prefixes no host may bind, and what is said about each.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { explainUnbindable } from "../../../net/bindable";
import { overlaps } from "../../../net/prefix";
import { anyPrefix } from "./arbitraries";
import { requirePrefix } from "./require-prefix";

describe("explainUnbindable", () => {
  it.each([
    ["0.0.0.0/0", /every address of its family.*cut off/],
    ["::/0", /every address of its family.*cut off/],
    ["0.0.0.0/32", /0\.0\.0\.0\/32, the unspecified address/],
    ["0.0.0.0/8", /^covers 0\.0\.0\.0\/32, the unspecified address/],
    ["127.0.0.1/32", /^lies in 127\.0\.0\.0\/8, loopback.*RFC 1122/],
    ["127.0.0.0/8", /loopback/],
    ["64.0.0.0/2", /^covers 127\.0\.0\.0\/8, loopback/],
    ["169.254.1.0/24", /^lies in 169\.254\.0\.0\/16, link-local/],
    ["224.0.0.0/24", /^lies in 224\.0\.0\.0\/4, multicast/],
    ["255.255.255.255/32", /limited broadcast/],
    ["240.0.0.0/4", /^covers 255\.255\.255\.255\/32, the limited broadcast/],
    ["128.0.0.0/1", /^covers /],
    ["::/128", /::\/128, the unspecified address/],
    ["::1/128", /::1\/128, loopback/],
    ["::/96", /^covers ::\/128, the unspecified address/],
    ["::ffff:192.0.2.0/120", /^lies in ::ffff:0:0\/96, IPv4-mapped.*RFC 4291/],
    ["::ffff:0:0/96", /IPv4-mapped/],
    ["fe80::/64", /^lies in fe80::\/10, link-local/],
    ["ff02::1/128", /^lies in ff00::\/8, multicast/],
    ["8000::/1", /^covers /],
  ])("refuses %s", (text, lesson) => {
    const why = explainUnbindable(requirePrefix(text));
    expect(why).toMatch(lesson);
  });

  it.each(["127.0.0.1/32", "fe80::/64", "ff00::/8", "224.0.0.0/4", "::1/128"])(
    "says for %s what would be right",
    (text) => {
      expect(explainUnbindable(requirePrefix(text))).toContain("give a prefix that is routed to the host");
    },
  );

  it.each([
    "192.0.2.0/24",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "126.255.255.255/32",
    "128.0.0.0/32",
    "169.253.255.0/24",
    "223.255.255.0/24",
    "240.0.0.0/32",
    "255.255.255.254/32",
    "0.0.0.1/32",
    "2001:db8::/32",
    "3fff::/20",
    "fd00::/8",
    "fec0::/64",
    "::2/128",
    "64:ff9b::/96",
    "::fffe:0:0/96",
  ])("allows %s", (text) => {
    expect(explainUnbindable(requirePrefix(text))).toBeUndefined();
  });

  it("refuses whatever shares an address with a prefix that it refuses", () => {
    const forbidden = ["127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "fe80::/10", "ff00::/8", "::/127"];
    fc.assert(
      fc.property(anyPrefix, (prefix) => {
        const isForbidden = forbidden.some((text) => overlaps(requirePrefix(text), prefix));
        if (isForbidden) expect(explainUnbindable(prefix)).toBeTypeOf("string");
      }),
    );
  });
});
