// known_hosts text in, keys for a host out.

import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  fingerprintHostKey,
  formatHostKey,
  orderHostKeyAlgorithms,
} from "../../../provider/transport/host-key";
import { matchWildcard } from "../../../provider/transport/host-pattern";
import { lookUpKnownHost, parseKnownHosts } from "../../../provider/transport/known-hosts";
import { makeHostKey } from "./make-host-key";

const KEY = makeHostKey("ssh-ed25519", 1);
const OTHER = makeHostKey("ssh-ed25519", 2);
const RSA = makeHostKey("ssh-rsa", 3);
const K = formatHostKey(KEY);

function hash(name: string): string {
  const salt = Buffer.alloc(20, 7);
  return `|1|${salt.toString("base64")}|${createHmac("sha1", salt).update(name).digest("base64")}`;
}

function accepts(text: string, host: string, port = 22): boolean {
  return lookUpKnownHost([parseKnownHosts("f", text)], host, port).accepted.length > 0;
}

describe("names of a line", () => {
  it.each<[names: string, host: string, port: number, matches: boolean]>([
    ["host.example", "host.example", 22, true],
    ["host.example", "HOST.Example", 22, true],
    ["HOST.example", "host.example", 22, true],
    ["host.example", "host.example", 2222, false],
    ["[host.example]:2222", "host.example", 2222, true],
    ["[host.example]:2222", "host.example", 22, false],
    ["a,host.example,b", "host.example", 22, true],
    ["*.example", "host.example", 22, true],
    ["*.example", "example", 22, false],
    ["ho?t.example", "host.example", 22, true],
    ["*.example,!host.example", "host.example", 22, false],
    ["!host.example,*.example", "host.example", 22, false],
    ["*.example,!host.example", "other.example", 22, true],
    ["!host.example", "other.example", 22, false],
    ["*", "host.example", 2222, true],
    ["[*]:2222", "host.example", 2222, true],
    ["2001:db8::1", "2001:DB8::1", 22, true],
    ["[2001:db8::1]:2222", "2001:db8::1", 2222, true],
    ["192.0.2.*", "192.0.2.7", 22, true],
    [hash("host.example"), "host.example", 22, true],
    [hash("host.example"), "Host.Example", 22, true],
    [hash("other.example"), "host.example", 22, false],
    [hash("[host.example]:2222"), "host.example", 2222, true],
    ["|1|short|x", "host.example", 22, false],
    ["host.example,", "", 22, false],
  ])("%s matches %s port %i: %s", (names, host, port, matches) => {
    expect(accepts(`${names} ${K}\n`, host, port)).toBe(matches);
  });
});

describe("lines", () => {
  it("gives every key of a host with its place, from all files", () => {
    const first = parseKnownHosts("one", `# comment\n\nh ${K} a comment\r\nh ${formatHostKey(RSA)}`);
    const second = parseKnownHosts("two", `h\t${formatHostKey(OTHER)}\n`);
    const found = lookUpKnownHost([first, second], "h", 22);
    expect(found.accepted.map(({ location }) => location)).toEqual(["one:3", "one:4", "two:1"]);
    expect(found.paths).toEqual(["one", "two"]);
  });

  it("keeps revoked keys and authorities apart; a revoked key is accepted nowhere", () => {
    const text = `h ${K}\n@revoked * ${K}\n@cert-authority *.example,h ${formatHostKey(OTHER)}\n`;
    const found = lookUpKnownHost([parseKnownHosts("f", text)], "h", 22);
    expect(found.accepted).toEqual([]);
    expect(found.revoked.map(({ location }) => location)).toEqual(["f:2"]);
    expect(found.authorities.map(({ location }) => location)).toEqual(["f:3"]);
  });

  it.each([
    "h",
    "h ssh-ed25519",
    "h ssh-ed25519 !!!",
    `h ssh-rsa ${K.split(" ")[1]}`,
    `@unknown h ${K}`,
    `@revoked ${K}`,
    `h ${K.slice(0, 30)}`,
    `${"x".repeat(40_000)} ${K}`,
  ])("leaves out a malformed line and remembers its number: %.40s", (line) => {
    const file = parseKnownHosts("f", `h ${K}\n${line}\n`);
    expect(file.lines.map(({ lineNumber }) => lineNumber)).toEqual([1]);
    expect(file.malformedLines).toEqual([2]);
  });
});

describe("hostile files", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      ...["h", "*", "?", "!", ",", " ", "\t", "\n", "\r", "#", "@revoked ", "@cert-authority ", "|1|"],
      ...["[", "]:22", K, hash("h")],
    ),
    fc.string({ unit: "binary", maxLength: 8 }),
  );
  const anyText = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(""));

  it("never cause an exception, and vouch for no key that they do not have", () => {
    const anyName = fc.oneof(fc.constant("h"), fc.string({ maxLength: 20 }));
    fc.assert(
      fc.property(anyText, anyName, fc.integer({ min: 1, max: 65535 }), (text, host, port) => {
        const found = lookUpKnownHost([parseKnownHosts("f", text)], host, port);
        for (const { key, location } of [...found.accepted, ...found.revoked, ...found.authorities]) {
          expect(formatHostKey(key)).toBe(K);
          expect(text.split("\n")[Number(location.slice(2)) - 1]).toContain(K);
        }
      }),
      { numRuns: 10_000 },
    );
  });

  // Lines whose meaning for the host `h` is known.
  const anyNames = fc.oneof(
    fc
      .constantFrom("h", "H", "x,h", "*", "?", "*,!x", hash("h"))
      .map((names) => ({ names, isForHost: true })),
    fc
      .constantFrom("x", "!h,*", "*,!h", "[h]:2222", "hh", "??", hash("x"))
      .map((names) => ({ names, isForHost: false })),
  );
  const anyLine = fc
    .record({
      marker: fc.constantFrom("", "@revoked ", "@cert-authority "),
      forWhom: anyNames,
      key: fc.constantFrom(KEY, OTHER, RSA),
      blank: fc.constantFrom(" ", "\t", " \t "),
      rest: fc.constantFrom("", " a comment", "\r"),
    })
    .map(({ marker, forWhom: { names, isForHost }, key, blank, rest }) => ({
      text: `${marker}${names}${blank}${formatHostKey(key)}${rest}`,
      marker: isForHost ? marker.trim() : undefined,
      key: formatHostKey(key),
    }));
  const anyGarbage = anyText.map((text) => ({
    text: `garbage ${text.replaceAll("\n", "")}`,
    marker: undefined,
    key: "",
  }));

  it("do not hide the lines between their garbage", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(anyLine, anyGarbage), { maxLength: 12 }), (lines) => {
        const text = lines.map((line) => line.text).join("\n");
        const found = lookUpKnownHost([parseKnownHosts("f", text)], "h", 22);
        const places = (marker: string, without: readonly string[] = []) =>
          lines.flatMap((line, index) =>
            line.marker === marker && !without.includes(line.key) ? [`f:${index + 1}`] : [],
          );
        const revoked = lines.filter(({ marker }) => marker === "@revoked").map(({ key }) => key);
        const where = ({ location }: { location: string }) => location;
        expect(found.accepted.map(where)).toEqual(places("", revoked));
        expect(found.revoked.map(where)).toEqual(places("@revoked"));
        expect(found.authorities.map(where)).toEqual(places("@cert-authority"));
      }),
      { numRuns: 10_000 },
    );
  });

  it("matches wildcards as the definition says", () => {
    const letters = fc.array(fc.constantFrom("a", "b", "*", "?"), { maxLength: 10 });
    const name = fc.array(fc.constantFrom("a", "b"), { maxLength: 10 });
    fc.assert(
      fc.property(letters, name, (pattern, text) => {
        const source = pattern
          .map((letter) => (letter === "*" ? ".*" : letter === "?" ? "." : letter))
          .join("");
        expect(matchWildcard(pattern.join(""), text.join(""))).toBe(
          new RegExp(`^${source}$`).test(text.join("")),
        );
      }),
      { numRuns: 10_000 },
    );
  });

  it("takes no exponential time for nested wildcards", () => {
    expect(matchWildcard(`${"*a".repeat(2_000)}b`, "a".repeat(4_000))).toBe(false);
  });

  it("reads 16 MiB", () => {
    const line = `host.example ${K}\n`;
    const text = line.repeat(Math.floor((16 * 1024 * 1024) / line.length));
    expect(accepts(text, "host.example")).toBe(true);
  });
});

describe("keys", () => {
  it("has the fingerprint that ssh-keygen prints", () => {
    const line = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
    const [known] = lookUpKnownHost([parseKnownHosts("f", `github.com ${line}`)], "github.com", 22).accepted;
    expect(known && fingerprintHostKey(known.key)).toBe("SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU");
  });

  it("offers known types first, RSA by SHA-2 only, and never SHA-1", () => {
    expect(orderHostKeyAlgorithms(new Set(["ssh-rsa"])).slice(0, 2)).toEqual([
      "rsa-sha2-512",
      "rsa-sha2-256",
    ]);
    expect(orderHostKeyAlgorithms(new Set())[0]).toBe("ssh-ed25519");
    expect(orderHostKeyAlgorithms(new Set(["ssh-rsa", "ssh-dss"]))).not.toContain("ssh-rsa");
    expect(orderHostKeyAlgorithms(new Set(["ssh-rsa"]))).toHaveLength(6);
  });
});
