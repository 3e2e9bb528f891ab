// The shell text of each backend in real shells. What it does to a host, the integration tests see.
import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { detectLines, persistenceBackends } from "../../../../provider/host/persistence/backends";

const shells = ["dash", "bash", "busybox"].filter((name) => spawnSync(name, ["true"]).error === undefined);
const parts = persistenceBackends.flatMap(({ name, detect, install, isInstalled, uninstall }) => [
  [`${name}: detect`, [detect]] as const,
  [`${name}: install`, install] as const,
  [`${name}: isInstalled`, [isInstalled]] as const,
  [`${name}: uninstall`, uninstall] as const,
]);

describe.each(shells)("in %s", (shell) => {
  const parse = (text: string) => {
    const args = [...(shell === "busybox" ? ["ash"] : []), "-n"];
    const { status, stderr } = spawnSync(shell, args, { input: text, encoding: "utf8" });
    return { status, stderr };
  };

  it.each([...parts, ["the choice", detectLines] as const])("can be parsed: %s", (_, lines) => {
    expect(parse(`part() {\n${lines.join("\n")}\n}\npart\n`)).toEqual({ status: 0, stderr: "" });
  });
});
