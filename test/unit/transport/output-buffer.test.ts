// Cutting output at marker lines, however it is chunked.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteTail, OutputBuffer } from "../../../provider/transport/output-buffer";

describe("OutputBuffer", () => {
  it.each<[output: string, text: string | undefined]>([
    ["MARK\n", ""],
    ["a\nMARK\n", "a\n"],
    ["a\r\nMARK\r\nrest", "a\r\n"],
    ["xMARK\nMARKx\n MARK\nMARK \nMARK\n", "xMARK\nMARKx\n MARK\nMARK \n"],
    ["MARK", undefined],
    ["MARK\r", undefined],
    ["MARK\rx\n", undefined],
    ["xMARK\n", undefined],
    ["", undefined],
  ])("%j up to the marker is %j", (output, text) => {
    const buffer = new OutputBuffer();
    buffer.append(Buffer.from(output));
    expect(buffer.takeUntilLine("MARK")).toBe(text);
  });

  it("finds the same whatever the chunks, and can go on to other markers", () => {
    const piece = fc.constantFrom("MARK", "MARK\n", "\n", "\r\n", "MA", "RK", "ä", "x", "END\n");
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 30 }),
        fc.array(fc.integer({ min: 1, max: 7 })),
        (pieces, sizes) => {
          const all = Buffer.from(pieces.join(""));
          const whole = new OutputBuffer();
          whole.append(all);
          const chunked = new OutputBuffer();
          const taken: string[] = [];
          const take = (): void => {
            const text = chunked.takeUntilLine("MARK");
            if (text !== undefined) taken.push(text);
          };
          for (let at = 0, index = 0; at < all.length; index++) {
            const size = sizes[index] ?? 3;
            chunked.append(all.subarray(at, at + size));
            at += size;
            take();
          }
          for (let index = 0; index < pieces.length; index++) take();
          const expected: string[] = [];
          for (
            let text = whole.takeUntilLine("MARK");
            text !== undefined;
            text = whole.takeUntilLine("MARK")
          ) {
            expected.push(text);
          }
          expect(taken).toEqual(expected);
          expect(chunked.takeUntilLine("END")).toBe(whole.takeUntilLine("END"));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("takes linear time for 50 MB in small chunks, full of what almost is the marker", () => {
    const buffer = new OutputBuffer();
    const chunk = Buffer.from("MARK MARK ".repeat(100));
    const startedAt = Date.now();
    for (let index = 0; index < 50_000; index++) {
      buffer.append(chunk);
      expect(buffer.takeUntilLine("MARK")).toBeUndefined();
    }
    expect(Date.now() - startedAt).toBeLessThan(10_000);
    buffer.append(Buffer.from("\nMARK\n"));
    expect(buffer.takeUntilLine("MARK")).toHaveLength(50_000_001);
  });
});

it("ByteTail keeps the last bytes only", () => {
  const tail = new ByteTail(10);
  for (let index = 0; index < 1_000; index++) tail.append(Buffer.from(`${index},`));
  expect(tail.toString()).toBe("7,998,999,");
  tail.append(Buffer.alloc(100, "x"));
  expect(tail.toString()).toBe("xxxxxxxxxx");
});
