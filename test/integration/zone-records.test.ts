// The lines of formatZoneRecords and formatClasslessDelegation, read by BIND's own named-checkzone.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formatClasslessDelegation, formatZoneRecords, nthAddress, reverseZone } from "../../sdk";
import { readZoneByBind } from "../support/named-checkzone";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "pulumi-anyip-zone-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Has BIND read a zone file of these lines. */
function readByBind(zone: string, lines: string): Promise<string[]> {
  const file = join(folder, "zone");
  const header = `$TTL 3600
@ IN SOA ns.example. hostmaster.example. 1 7200 3600 1209600 3600
@ IN NS ns.example.
`;
  writeFileSync(file, header + lines);
  return readZoneByBind(zone, file);
}

const names = {
  "@": ["192.0.2.1", "2001:db8:100::"],
  Shop: ["2001:db8:100::1", "192.0.2.2"],
  "*.shop": "2001:db8:100::ffff",
  [`${"x".repeat(63)}.${"y".repeat(63)}.${"z".repeat(63)}`]: "2001:db8:100:0:ffff:ffff:ffff:ffff",
  "xn--bcher-kva": "192.0.2.130",
  "other.example.org.": "192.0.2.3",
};
const longName = `${"x".repeat(63)}.${"y".repeat(63)}.${"z".repeat(63)}.example.net.`;

describe("named-checkzone", () => {
  it("is strict enough to be a judge", async () => {
    await expect(readByBind("example.net", "shop_1 IN A 192.0.2.1\n")).rejects.toThrow("bad owner name");
    await expect(readByBind("example.net", "shop IN A 192.0.2\n")).rejects.toThrow("bad dotted quad");
    await expect(readByBind("2.0.192.in-addr.arpa", "1 IN PTR a_b.example.\n")).rejects.toThrow("bad name");
  });

  it.each([true, false])("reads a forward zone, relative %s", async (relative) => {
    const { "other.example.org.": _outside, ...inside } = names;
    const lines = formatZoneRecords(inside, { origin: "example.net", ttl: 300, relative });
    expect((await readByBind("example.net", lines)).sort()).toEqual(
      [
        "example.net. A 192.0.2.1",
        "example.net. AAAA 2001:db8:100::",
        "shop.example.net. A 192.0.2.2",
        "shop.example.net. AAAA 2001:db8:100::1",
        "*.shop.example.net. AAAA 2001:db8:100::ffff",
        `${longName} AAAA 2001:db8:100:0:ffff:ffff:ffff:ffff`,
        "xn--bcher-kva.example.net. A 192.0.2.130",
      ].sort(),
    );
  });

  it.each([true, false])("reads a zone under ip6.arpa, relative %s", async (relative) => {
    const prefix = "2001:db8:100::/64";
    const zone = reverseZone(prefix);
    const lines = formatZoneRecords(names, { origin: "example.net", reverse: prefix, relative });
    expect((await readByBind(zone, lines)).sort()).toEqual(
      [
        `${"0.".repeat(16)}${zone}. PTR example.net.`,
        `1.${"0.".repeat(15)}${zone}. PTR shop.example.net.`,
        `${"f.".repeat(16)}${zone}. PTR ${longName}`,
      ].sort(),
    );
  });

  it.each([true, false])(
    "reads a zone by RFC 2317 and the one that delegates it, relative %s",
    async (relative) => {
      const prefix = "192.0.2.0/25";
      const zone = reverseZone(prefix, { classless: true });
      const options = { origin: "example.net", reverse: prefix, classless: true, relative };
      const pointers = await readByBind(zone, formatZoneRecords(names, options));
      expect(pointers.sort()).toEqual([
        `1.${zone}. PTR example.net.`,
        `2.${zone}. PTR shop.example.net.`,
        `3.${zone}. PTR other.example.org.`,
      ]);
      const nameServers = ["ns1.example.net", "ns2.example.net"];
      const parent = await readByBind(
        reverseZone(prefix),
        formatClasslessDelegation(prefix, { nameServers, relative }) +
          formatZoneRecords(names, { origin: "example.net", reverse: "192.0.2.128/25", relative }),
      );
      expect(parent.sort()).toEqual(
        [
          ...nameServers.map((server) => `${zone}. NS ${server}.`),
          ...Array.from({ length: 128 }, (_, i) => `${i}.2.0.192.in-addr.arpa. CNAME ${i}.${zone}.`),
          "130.2.0.192.in-addr.arpa. PTR xn--bcher-kva.example.net.",
        ].sort(),
      );
    },
  );

  it("reads a zone of a thousand sites", async () => {
    const sites = Array.from({ length: 1000 }, (_, index) => [
      `site${index}`,
      nthAddress("2001:db8:100::/64", index),
    ]);
    const lines = formatZoneRecords(Object.fromEntries(sites), { origin: "example.net" });
    expect((await readByBind("example.net", lines)).sort()).toEqual(
      sites.map(([name, address]) => `${name}.example.net. AAAA ${address}`).sort(),
    );
  });
});
