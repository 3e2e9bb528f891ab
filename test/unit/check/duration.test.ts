// Durations: which texts are one, and how long.
import { describe, expect, it } from "vitest";
import { parseDuration } from "../../../provider/check/duration";

describe("parseDuration", () => {
  it.each([
    ["24h", 86_400],
    ["7d", 604_800],
    ["90m", 5_400],
    ["1h30m", 5_400],
    ["1d2h3m4s", 93_784],
    ["0s", 0],
  ])("reads %s", (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  it.each([
    "",
    "24",
    "h",
    "24 h",
    "1.5h",
    "-1h",
    "30m1h",
    "1w",
    "24H",
    "1h1h",
    "٢h",
    "24h\n",
    "99999999999d",
  ])("refuses %j", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});
