// One Pulumi stack of the benchmark: a temporary project, and its commands timed.
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repository } from "../scripts/setup/paths.mjs";
import { pulumiEnvironment } from "../scripts/setup.mjs";

export class BenchStack {
  /**
   * @param settings.environment what the program reads (BENCH_…)
   * @param settings.flags flags for every command
   * @param settings.main the program, one of bench/programs
   */
  constructor({ environment, flags, main = "index.js" }) {
    this.folder = mkdtempSync(join(tmpdir(), "pulumi-anyip-bench-"));
    for (const name of ["home", "state"]) mkdirSync(join(this.folder, name));
    cpSync(join(repository, "bench/programs"), this.folder, { recursive: true });
    symlinkSync(join(repository, "node_modules"), join(this.folder, "node_modules"));
    writeFileSync(join(this.folder, "Pulumi.yaml"), `name: bench\nruntime: nodejs\nmain: ${main}\n`);
    writeFileSync(join(this.folder, "package.json"), '{ "name": "bench", "private": true }\n');
    this.flags = flags;
    this.environment = {
      ...pulumiEnvironment(join(this.folder, "home"), join(this.folder, "state")),
      PULUMI_SKIP_CHECKPOINTS: "true",
      ...environment,
    };
  }

  async init() {
    await this.run(["stack", "init", "bench"]);
  }

  /** Runs `pulumi COMMAND` to its end; returns the seconds it took. */
  async time(command) {
    const startMs = performance.now();
    await this.run([command, "--yes", "--skip-preview", "--suppress-progress", ...this.flags]);
    return (performance.now() - startMs) / 1000;
  }

  async stateBytes() {
    return JSON.stringify(JSON.parse(await this.run(["stack", "export"]))).length;
  }

  run(args) {
    return new Promise((resolve, reject) => {
      const child = spawn("pulumi", ["--non-interactive", ...args], {
        cwd: this.folder,
        env: this.environment,
      });
      let output = "";
      let errors = "";
      child.stdout.on("data", (chunk) => {
        output += chunk;
      });
      child.stderr.on("data", (chunk) => {
        errors += chunk;
      });
      child.on("error", reject);
      child.on("close", (code) => {
        if (code === 0) resolve(output);
        else reject(new Error(`pulumi ${args.join(" ")} ended with ${code}:\n${output}${errors}`));
      });
    });
  }

  remove() {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
