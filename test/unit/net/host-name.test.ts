// Names of hosts: which texts are one, what the refusals teach, and the order of names.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareNames, isNameProblem, parseDomainName, parseHostName } from "../../../net/host-name";

const longLabel = "x".repeat(63);
/** 253 characters, the most there can be. */
const longName = [longLabel, longLabel, longLabel, "x".repeat(61)].join(".");

function explain(answer: ReturnType<typeof parseHostName>): string {
  if (!isNameProblem(answer)) throw new Error(`${answer} is read as a name`);
  return answer.problem;
}

describe("parseHostName", () => {
  it.each([
    ["shop.example", "shop.example"],
    ["shop.example.", "shop.example"],
    ["Shop.EXAMPLE", "shop.example"],
    ["localhost.", "localhost"],
    ["3com.example", "3com.example"],
    ["a--b.example", "a--b.example"],
    ["*.shop.example", "*.shop.example"],
    ["xn--bcher-kva.example", "xn--bcher-kva.example"],
    [`${longLabel}.example`, `${longLabel}.example`],
    [longName, longName],
    [`${longName}.`, longName],
  ])("reads %s as complete", (text, name) => {
    expect(parseHostName(text)).toBe(name);
  });

  it.each([
    ["shop", "shop.example.net"],
    ["Shop", "shop.example.net"],
    ["www.shop", "www.shop.example.net"],
    ["shop.example", "shop.example.example.net"],
    ["myexample.net", "myexample.net.example.net"],
    ["@", "example.net"],
    ["*", "*.example.net"],
    ["shop.example.", "shop.example"],
    ["shop.example.net.", "shop.example.net"],
    ["localhost.", "localhost"],
  ])("reads %s where the origin is example.net", (text, name) => {
    expect(parseHostName(text, "example.net")).toBe(name);
  });

  it.each([
    ["", "has an empty label"],
    [".", "has an empty label"],
    ["shop..example", "has an empty label"],
    [".shop.example", "has an empty label"],
    ["shop.example..", "has an empty label"],
    ["@", "stands for the origin, and none is given"],
    ["shop", "has one label only; give an origin that completes it, or write shop."],
    ["192.0.2.1", "is an address where a name is expected"],
    ["192.0.2.1.", "is an address where a name is expected"],
    ["2001:db8::1", "is an address where a name is expected"],
    [`${longLabel}x.example`, "has a label of 64 characters; 63 are possible"],
    [`x${longName.slice(1)}x`, "has 254 characters; 253 are possible"],
    ["-shop.example", "is no host name"],
    ["shop-.example", "is no host name"],
    ["shop_1.example", "is no host name; letters, digits, hyphens inside a label"],
    ["*shop.example", "is no host name"],
    ["www.*.example", "is no host name"],
    ["*", "is no host name"],
    ["*.", "is no host name"],
    ["shop example", "is no host name"],
    ["shop.example ", "is no host name"],
    ["shop.example\n", "is no host name"],
    ["shop.example\0", "is no host name"],
    ["shop.example;", "is no host name"],
    ["shop.example. 1 IN A 192.0.2.1", "is no host name"],
    ["$INCLUDE", "is no host name"],
    ['"shop".example', "is no host name"],
    ["(shop.example", "is no host name"],
    ["shop\\.example", "is no host name"],
    ["shop\\046example.net", "is no host name"],
    ["0/25.example", "is no host name"],
  ])("teaches what is wrong with %j", (text, lesson) => {
    expect(explain(parseHostName(text))).toContain(lesson);
  });

  it.each([
    ["shop.example.net", "write shop.example.net. with a dot at its end"],
    ["Example.NET", "write example.net. with a dot at its end"],
    [longName, "has 265 characters with its origin; 253 are possible"],
  ])("teaches what is wrong with %j where the origin is example.net", (text, lesson) => {
    expect(explain(parseHostName(text, "example.net"))).toContain(lesson);
  });

  it.each([
    ["bücher.example", "it is xn--bcher-kva.example"],
    ["BÜCHER.example", "it is xn--bcher-kva.example"],
    ["faß.example", "it is xn--fa-hia.example"],
    ["日本語。jp", "it is xn--wgv71a119e.jp"],
    ["ｓｈｏｐ.example", "it is shop.example"],
    ["shop.exampl\u212a", "it is shop.examplk"],
    ["１９２.0.2.1", "write its labels in the ASCII form of IDNA"],
    ["bücher;.example", "write its labels in the ASCII form of IDNA"],
    ["bücher.example/../etc", "write its labels in the ASCII form of IDNA"],
    ["ü@shop.example", "write its labels in the ASCII form of IDNA"],
    ["shop.example\u202e", "write its labels in the ASCII form of IDNA"],
    ["\ud800.example", "write its labels in the ASCII form of IDNA"],
    ["ü".repeat(300), "write its labels in the ASCII form of IDNA"],
  ])("says for %j what its ASCII form is, if it has one", (text, lesson) => {
    const problem = explain(parseHostName(text));
    expect(problem).toMatch(/^is not ASCII; /);
    expect(problem).toContain(lesson);
  });

  it("gives nothing but host names that BIND can read, whatever the text", () => {
    const anyOrigin = fc.constantFrom(undefined, "example.net");
    fc.assert(
      fc.property(anyNameText, anyOrigin, (text, origin) => {
        const answer = parseHostName(text, origin);
        if (isNameProblem(answer)) expect(answer.problem.length).toBeLessThan(400);
        else {
          expect(answer).toMatch(
            /^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
          );
          expect(answer.length).toBeLessThanOrEqual(253);
          expect(parseHostName(`${answer}.`, origin)).toBe(answer);
        }
      }),
      { numRuns: 5000 },
    );
  });
});

describe("parseDomainName", () => {
  it.each([
    ["example.net", "example.net"],
    ["Example.net.", "example.net"],
    ["internal", "internal"],
  ])("reads %s", (text, name) => {
    expect(parseDomainName(text)).toBe(name);
  });

  it.each([
    ["@", "is no host name"],
    ["", "has an empty label"],
    ["*.example.net", "is a wildcard, which no domain is"],
    ["192.0.2.1", "is an address where a name is expected"],
    ["example.net\n$TTL 1", "is no host name"],
  ])("teaches what is wrong with %j", (text, lesson) => {
    expect(explain(parseDomainName(text))).toContain(lesson);
  });
});

describe("compareNames", () => {
  it("orders as the example of RFC 4034 §6.1 does, as far as it has names of hosts", () => {
    const ordered = [
      "example",
      "a.example",
      "yljkjljk.a.example",
      "z.a.example",
      "zabc.a.example",
      "z.example",
      "*.z.example",
    ];
    expect([...ordered].reverse().sort(compareNames)).toEqual(ordered);
  });
});

/** Texts around what a name may be: most of them with one thing wrong, some right. */
const anyNameText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ unit: fc.constantFrom(...'aZ09-.*@_;$"()\\ \t\n/üß。'), maxLength: 12 }),
  fc
    .array(fc.stringMatching(/^[a-z0-9-]{1,70}$/), { minLength: 1, maxLength: 6 })
    .map((labels) => labels.join(".")),
);
