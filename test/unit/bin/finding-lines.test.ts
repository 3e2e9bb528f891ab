// The lines of `doctor`.
import { describe, expect, it } from "vitest";
import { formatFindings } from "../../../bin/finding-lines";

describe("formatFindings", () => {
  it("has a line a finding, what to do below it, and a count", () => {
    const text = formatFindings("root@web1:22", [
      { check: "login", level: "ok", found: "root has root's rights" },
      {
        check: "flock",
        level: "problem",
        found: "none\u001b[2J",
        advice: "install it",
        code: "HOST_UNSUPPORTED",
      },
    ]);
    expect(text.split("\n")).toEqual([
      "root@web1:22",
      "  ok       root has root's rights",
      "  problem  none?[2J (HOST_UNSUPPORTED)",
      "           → install it",
      "1 problem, no notes",
      "",
    ]);
  });
});
