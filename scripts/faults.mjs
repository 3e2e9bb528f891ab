// npm run test:faults [-- --histories N --kind NAME --seed S]: random histories with faults, on real hosts in network
// namespaces. Ends with `H histories, X lockouts, Y lost, Z leaked`.
import { spawn } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { ensureDebianTrees } from "./setup/debian-trees.mjs";
import { repository } from "./setup/paths.mjs";
import { SetupError, setUp } from "./setup.mjs";

const support = ["host-processes", "random", "wait-until"].map((name) => `test/support/${name}.ts`);
const sources = ["test/faults", ...support];

/** The suite as JavaScript, beside the compiled sandbox and provider. */
async function compile(folder) {
  const { default: typescript } = await import("typescript");
  const { CommonJS } = typescript.ModuleKind;
  const { ES2022 } = typescript.ScriptTarget;
  for (const source of sources.flatMap(listFiles)) {
    const target = join(folder, source).replace(/\.ts$/, ".js");
    mkdirSync(join(target, ".."), { recursive: true });
    if (!source.endsWith(".ts")) cpSync(join(repository, source), target);
    else {
      const compilerOptions = { module: CommonJS, target: ES2022 };
      const text = readFileSync(join(repository, source), "utf8");
      writeFileSync(target, typescript.transpileModule(text, { compilerOptions }).outputText);
    }
  }
  symlinkSync(join(repository, "dist"), join(folder, "dist"));
  symlinkSync(join(repository, "dist/sandbox"), join(folder, "sandbox"));
}

function listFiles(source) {
  if (source.endsWith(".ts")) return [source];
  return readdirSync(join(repository, source))
    .filter((name) => !name.endsWith(".test.ts"))
    .map((name) => join(source, name));
}

function runInTerminal(program, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: "inherit" });
    // The terminal has told it as well; it has hosts to remove first.
    for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
}

let folder;
try {
  await setUp({ forTests: true });
  await ensureDebianTrees();
  const scratch = join(repository, "node_modules/.cache/pulumi-anyip");
  mkdirSync(scratch, { recursive: true });
  folder = mkdtempSync(join(scratch, "faults-"));
  await compile(folder);
  process.exitCode = await runInTerminal(process.execPath, [
    join(folder, "test/faults/main.js"),
    ...process.argv.slice(2),
  ]);
} catch (error) {
  console.error(error instanceof SetupError ? `faults: ${error.message}` : error);
  process.exitCode = 2;
} finally {
  if (folder) rmSync(folder, { recursive: true, force: true });
}
