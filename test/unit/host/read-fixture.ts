// Captured outputs of real programs; each file's name says which version printed it.
import { readFileSync } from "node:fs";
import { join } from "node:path";

export function readFixture(name: string): string {
  return readFileSync(join(__dirname, "../../fixtures/ip", `${name}.txt`), "utf8");
}
