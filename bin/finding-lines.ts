// The findings of `doctor` as text for people. Pure.

import type { Finding, FindingLevel } from "../provider/inspect/finding";
import { printable } from "./managed-table";

/** A line a finding, with what to do below it, and a count at the end. */
export function formatFindings(host: string, findings: readonly Finding[]): string {
  const lines = findings.flatMap(({ level, found, advice, code }) => [
    `  ${level.padEnd(7)}  ${found}${code === undefined ? "" : ` (${code})`}`,
    ...(advice === undefined ? [] : [`           → ${advice}`]),
  ]);
  const count = (level: FindingLevel) => findings.filter((finding) => finding.level === level).length;
  const summary = `${plural(count("problem"), "problem")}, ${plural(count("note"), "note")}`;
  return [host, ...lines, summary].map((line) => `${printable(line)}\n`).join("");
}

function plural(count: number, noun: string): string {
  return `${count === 0 ? "no" : count} ${noun}${count === 1 ? "" : "s"}`;
}
