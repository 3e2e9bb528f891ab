// One look at a host's surroundings: what is asked, what is read from it, and that what cannot be read is no peace of mind.
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Address, formatAddress, parseAddress } from "../../../net/address";
import { AnyIPError } from "../../../provider/errors";
import { iproute2 } from "../../../provider/host/dialect";
import {
  formatLookAround,
  parseResolvers,
  parseSshPeer,
  parseSurroundings,
} from "../../../provider/host/look-around";
import { readFixture } from "./read-fixture";

const read = (name: string) => readFixture(`iproute2-6.1.0-surroundings-${name}`);
const answers: Record<string, string> = {
  "ipv4 routes": read("ipv4-routes"),
  "ipv6 routes": read("ipv6-routes"),
  "ipv4 rules": read("ipv4-rules"),
  "ipv6 rules": read("ipv6-rules"),
  "ipv4 other routes": `${read("ipv4-routes")}1 default via 192.0.2.251 dev eth1 table 100 proto 4 scope 0 \n`,
  "ipv6 other routes": read("ipv6-routes"),
  links: read("links"),
  neighbors: read("neighbors"),
  resolvers: "nameserver 192.0.2.53\nnameserver 127.0.0.53\n",
};

function print(changed: Record<string, string> = {}, exitCode = 0): string {
  return Object.entries({ ...answers, ...changed })
    .map(([about, answer]) => {
      const end = about.endsWith(" routes") ? "whole\n" : "";
      return `@about ${about}\n${answer}${end}@exit ${about in changed ? exitCode : 0}\n`;
    })
    .join("");
}
const parse = (text: string) => parseSurroundings("root@web1:22", text, undefined, iproute2);
const write = (address: Address | undefined) => address && formatAddress(address);

describe("parseSurroundings", () => {
  it("reads every part", () => {
    const { gateways, resolvers, neighbors, onLink, extraTables } = parse(print());
    expect([gateways, neighbors, onLink].map(({ length }) => length)).toEqual([9, 4, 9]);
    expect(gateways).toContainEqual({ address: parseAddress("192.0.2.251"), device: "eth1" });
    expect(resolvers.map(write)).toEqual(["192.0.2.53"]);
    expect(extraTables).toContainEqual({ family: "ipv6", table: 200 });
  });

  it.each([
    ["ipv4 routes", readFixture("iproute2-6.1.0-ipv4-table-missing")],
    ["ipv6 routes", "RTNETLINK answers: Operation not supported\nDump terminated\n"],
    ["ipv6 rules", "RTNETLINK answers: Address family not supported by protocol\nDump terminated\n"],
    ["ipv4 rules", "RTNETLINK answers: Operation not supported\nDump terminated\n"],
  ])("takes a kernel without %s for one", (about, answer) => {
    expect(() => parse(print({ [about]: answer }, 2))).not.toThrow();
  });

  it.each(Object.keys(answers))("refuses an error instead of %s", (about) => {
    const unreadable = expect.objectContaining({
      code: "UNEXPECTED_OUTPUT",
      message: expect.stringMatching(/^root@web1:22: cannot tell .* printed ip: segmentation fault/),
    });
    expect(() => parse(print({ [about]: "ip: segmentation fault\n" }, 139))).toThrow(unreadable);
  });

  it.each(Object.keys(answers))("refuses to do without %s", (about) => {
    const text = print().replace(`@about ${about}\n`, "");
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: "UNEXPECTED_OUTPUT" }));
  });

  it("refuses a host without a link", () => {
    expect(() => parse(print({ links: "" }))).toThrow(/no link, not even lo/);
  });

  it("throws nothing else, whatever is printed", () => {
    const anyPart = fc.oneof(
      fc.string({ unit: "binary", maxLength: 40 }),
      fc.constantFrom(...Object.keys(answers).map((about) => `@about ${about}\n`), "@exit 0\n", "\n"),
      fc.constantFrom(...Object.values(answers)),
    );
    fc.assert(
      fc.property(fc.array(anyPart, { maxLength: 12 }), (parts) => {
        try {
          parse(parts.join(""));
        } catch (error) {
          expect(error).toBeInstanceOf(AnyIPError);
        }
      }),
      { numRuns: 10_000 },
    );
  });
});

describe.each(["dash", "bash"])("what %s is told to ask", (shell) => {
  const rules4 = "0:\tfrom all lookup 255\n32766:\tfrom all lookup 254\n32767:\tfrom all lookup 253\n";
  const rules6 = "0:\tfrom all lookup 255\n32766:\tfrom all lookup 254\n";

  /** On a host whose `ip` is a function: the families of the rules in whose other tables it looks, and its surroundings. */
  function lookAround(ipv4: string, ipv6: string) {
    const script = [
      "ip() {",
      'case "$*" in',
      `'-4 -N rule show') cat <<'END'\n${ipv4}END\n;;`,
      `'-6 -N rule show') cat <<'END'\n${ipv6}END\n;;`,
      "*' table all '*) echo \"asked $1\" >&2; echo '1 default via 2001:db8::1 dev eth0 table 9 proto 3' ;;",
      "*link*) echo '2: eth0: <UP> mtu 1500' ;;",
      "esac",
      "}",
      ...formatLookAround(iproute2),
    ].join("\n");
    const { stdout, stderr } = spawnSync(shell, ["-c", script], { encoding: "utf8" });
    expect(stderr).toBe("");
    const asked = [...stdout.matchAll(/^asked -(.)$/gm)].map(([, family]) => family);
    return { asked, gateways: parse(stdout).gateways.map(({ address }) => write(address)) };
  }

  it("is not what is in other tables where no rule leads to one", () => {
    expect(lookAround(rules4, rules6)).toEqual({ asked: [], gateways: [] });
  });

  it.each([
    ["5:\tfrom 10.0.0.0/8 lookup 100", ["4"]],
    ["5:\tfrom all iif eth0 lookup 2551 proto 4", ["4"]],
    ["5:\tfrom all lookup 25", ["4"]],
    ["1000:\tfrom all lookup [l3mdev-table]", ["4"]],
    ["5:\tfrom all lookup 254 suppress_prefixlength 0", []],
    ["5:\tfrom all 6", []],
  ])("is what is in other tables for the family with %j", (rule, families) => {
    expect(lookAround(`${rule}\n${rules4}`, rules6).asked).toEqual(families);
    const both = lookAround(`${rules4}${rule}\n`, `${rules6}6:\tfrom all lookup 7\n`);
    expect(both).toEqual({ asked: [...families, "6"], gateways: ["2001:db8::1"] });
  });
});

describe("parseResolvers", () => {
  it("reads nameserver lines as resolv.conf(5) has them, without loopback", () => {
    const text =
      "# nameserver 192.0.2.1\nnameserver 192.0.2.53\nnameserver\t2001:db8::53  \nnameserver fe80::1%eth0\n" +
      "nameserver 127.0.0.53\nnameserver ::1\nnameserver ::ffff:127.0.0.1\nsearch example\nnameserver\nnameserver x\n";
    expect(parseResolvers(text).map(write)).toEqual(["192.0.2.53", "2001:db8::53", "fe80::1"]);
  });
});

describe("parseSshPeer", () => {
  it.each([
    ["IPv4", "198.18.0.1 50000 198.18.0.16 22", "198.18.0.1"],
    ["IPv6", "2001:DB8::1 50000 2001:db8::2 22", "2001:db8::1"],
    ["a zone", "fe80::1%eth0 50000 fe80::2%eth0 22", "fe80::1"],
    ["IPv4 in IPv6's form", "::ffff:198.18.0.1 1 ::ffff:198.18.0.16 22", "198.18.0.1"],
    ["nothing", "", undefined],
    ["a name", "UNKNOWN 65535 UNKNOWN 65535", undefined],
    ["a command", "$(reboot) 1 2 3", undefined],
    ["a megabyte", "1".repeat(1_000_000), undefined],
  ])("%s", (_what, said, peer) => {
    for (const before of ["", "Welcome!\n", "Welcome without an end"]) {
      expect(write(parseSshPeer(`${before}anyip-1 client ${said}\n\n`, "anyip-1"))).toBe(peer);
    }
  });

  it("believes no line but its own", () => {
    expect(parseSshPeer("anyip-2 client 192.0.2.1 1 192.0.2.2 22\n", "anyip-1")).toBeUndefined();
  });

  it("never throws", () => {
    const anyText = fc.string({ unit: fc.constantFrom(..."anyip-1 client :.%0aF\n"), maxLength: 60 });
    fc.assert(
      fc.property(anyText, (text) => {
        parseSshPeer(text, "anyip-1");
        parseSshPeer(`anyip-1 client ${text}`, "anyip-1");
        parseResolvers(text);
        parseResolvers(`nameserver ${text}`);
      }),
      { numRuns: 10_000 },
    );
  });
});
