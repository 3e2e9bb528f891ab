// What `ip -force -batch -` said, and what kind of refusal each message is.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { classifyRefusal, parseBatchReport } from "../../../provider/host/iproute2";
import { readFixture } from "./read-fixture";

const report = (name: string) => parseBatchReport(readFixture(`iproute2-6.1.0-batch-${name}`));

describe("parseBatchReport on iproute2 6.1.0", () => {
  it("finds no failure in a batch that went well", () => {
    expect(report("fine")).toMatchObject({ failures: new Map(), complete: true });
  });

  it("finds each failure by its line, and the lines between them well", () => {
    const { failures, complete } = report("failures");
    expect(complete).toBe(true);
    expect([...failures].map(([line, message]) => [line, classifyRefusal(message), message])).toEqual([
      [1, "exists", "RTNETLINK answers: File exists"],
      [2, "absent", "RTNETLINK answers: No such process"],
      [3, "no-device", 'Cannot find device "nodev0"'],
      [5, "bad-source", "Error: Invalid source address."],
      [6, "other", "Error: Invalid prefix for given prefix length."],
      [8, "bad-source", "Error: Invalid prefsrc address."],
    ]);
  });

  it("sees that a parse error cut the batch short, -force or not", () => {
    expect(report("parse-error")).toEqual({
      failures: new Map([[2, "RTNETLINK answers: File exists"]]),
      complete: false,
      lastWords: 'Error: any valid prefix is expected rather than "nonsense".',
    });
    expect(report("bad-word")).toMatchObject({
      complete: false,
      lastWords: expect.stringContaining("bogus"),
    });
  });

  it.each([
    ["disabled", "family-disabled"],
    ["no-privilege", "no-privilege"],
  ])("explains %s", (name, refusal) => {
    const { failures, complete } = report(name);
    expect(complete).toBe(true);
    expect(classifyRefusal(failures.get(1) ?? "")).toBe(refusal);
  });

  it("does not take busybox's usage text for a batch that was run", () => {
    const { complete, failures } = parseBatchReport(readFixture("busybox-1.35.0-batch-refused"));
    expect({ complete, failures }).toEqual({ complete: false, failures: new Map() });
  });

  it.each([
    ["", ""],
    ["\n\n", ""],
    ["1: lo", ""],
    ["x1: lo: <LOOPBACK>", "x1: lo: <LOOPBACK>"],
  ])("takes %j for a batch without its end", (text, lastWords) => {
    const answer = parseBatchReport(text);
    expect(answer.complete).toBe(false);
    if (lastWords !== "") expect(answer.lastWords).toBe(lastWords);
  });
});

describe("parseBatchReport on anything", () => {
  it("never throws, numbers its failures from the text, and keeps last words short", () => {
    const lines = [
      "RTNETLINK answers: File exists",
      "Command failed -:1",
      "Command failed -:22",
      "Command failed -:",
      "Command failed stdin:7",
      "1: lo: <LOOPBACK,UP>",
      'Error: any valid prefix is expected rather than "x".',
      "",
      " ",
      "\r",
    ];
    const anyText = fc
      .array(fc.oneof(fc.constantFrom(...lines), fc.string({ unit: "binary", maxLength: 700 })), {
        maxLength: 8,
      })
      .map((parts) => parts.join("\n"));
    fc.assert(
      fc.property(anyText, (text) => {
        const { failures, lastWords } = parseBatchReport(text);
        expect(lastWords.length).toBeLessThanOrEqual(500);
        for (const [line, message] of failures) {
          expect(Number.isInteger(line)).toBe(true);
          expect(message).not.toBe("");
        }
      }),
      { numRuns: 10_000 },
    );
  });
});

describe("classifyRefusal", () => {
  it.each([
    ["RTNETLINK answers: File exists", "exists"],
    ["RTNETLINK answers: No such process", "absent"],
    ["Error: ipv4: FIB table does not exist.; RTNETLINK answers: No such process", "absent"],
    ['Cannot find device "eth9"', "no-device"],
    ["RTNETLINK answers: No such device", "no-device"],
    ["RTNETLINK answers: Operation not permitted", "no-privilege"],
    ["RTNETLINK answers: Permission denied", "no-privilege"],
    ["Error: IPv6 is disabled on nexthop device.", "family-disabled"],
    ["Error: Invalid prefsrc address.", "bad-source"],
    ["Error: Invalid source address.", "bad-source"],
    ["RTNETLINK answers: Network is down", "other"],
    ["", "other"],
  ])("%j is %s", (message, refusal) => {
    expect(classifyRefusal(message)).toBe(refusal);
  });
});
