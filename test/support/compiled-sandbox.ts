// The sandbox, and the command line with all that it needs, as JavaScript, for programs that are not the test itself.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ModuleKind, ScriptTarget, transpileModule } from "typescript";

/** Compiles them into a new folder, which the caller removes. */
export function compileSandbox(): string {
  const compiled = mkdtempSync(join(tmpdir(), "anyip-sandbox-test-"));
  const root = join(__dirname, "../..");
  for (const file of ["net", "provider", "sandbox", "bin"].flatMap((folder) => listSources(root, folder))) {
    const compilerOptions = { module: ModuleKind.CommonJS, target: ScriptTarget.ES2022 };
    const { outputText } = transpileModule(readFileSync(join(root, file), "utf8"), { compilerOptions });
    const target = join(compiled, file.replace(/ts$/, "js"));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, outputText);
  }
  symlinkSync(join(root, "node_modules"), join(compiled, "node_modules"));
  writeFileSync(join(compiled, "package.json"), readFileSync(join(root, "package.json")));
  return compiled;
}

function listSources(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => join(folder, file));
}
