// The real `pulumi`, kept to a folder of its own: home, state, configuration and temporary files.
import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repository } from "../setup/paths.mjs";
import { pulumiEnvironment } from "../setup.mjs";
import { interruptedBy, throwIfInterrupted } from "./interruption.mjs";
import { outputPrinter, showCommand } from "./narrator.mjs";
import { endSession } from "./processes.mjs";

/** The stacks' name. */
const STACK = "demo";

/** How long an interrupted Pulumi may take to end by itself. */
const END_MS = 5_000;

/** What makes its output fit to be read here; a person at a terminal needs none of it. */
const DISPLAY = ["--non-interactive", "--color", "never"];

/** A folder that Pulumi keeps to; `path` says where it is. */
export class PulumiFolder {
  #running;

  constructor() {
    // A person's own settings (a backend's token, another passphrase) are none of the demo's business.
    for (const name of Object.keys(process.env)) if (name.startsWith("PULUMI_")) delete process.env[name];
    this.path = mkdtempSync(join(tmpdir(), "pulumi-anyip-demo-"));
    const [home, state, temporary] = ["home", "state", "tmp"].map((name) => join(this.path, name));
    for (const folder of [home, state, temporary]) mkdirSync(folder);
    this.environment = { ...pulumiEnvironment(home, state), PULUMI_STACK: STACK, TMPDIR: temporary };
  }

  /** Makes the stack of a project of the clone; `at` is the project's folder there, default the quickstart's. */
  async addStack(at = ".") {
    // `stack init` wants a Pulumi.yaml, and writes the stack's configuration beside it, which is not to be the clone.
    const folder = join(this.path, at);
    mkdirSync(folder, { recursive: true });
    showCommand(`cp ${join(at, "Pulumi.yaml")} ${folder}/`);
    copyFileSync(join(repository, at, "Pulumi.yaml"), join(folder, "Pulumi.yaml"));
    await this.run(["stack", "init", STACK, "-C", folder]);
  }

  /** Where the configuration of a stack that was added is. */
  configFileOf(at = ".") {
    return join(this.path, at, `Pulumi.${STACK}.yaml`);
  }

  /** What a person has to type to go on with the same engine, home and state. */
  get exports() {
    const { PATH, ...others } = this.environment;
    const own = Object.entries(others).filter(([name]) => name.startsWith("PULUMI_"));
    // The set-up puts the engine's folder in front, unless the PATH has one already.
    const path = PATH === process.env.PATH ? [] : [["PATH", PATH.replace(process.env.PATH, "$PATH")]];
    return [...path, ...own].map(([name, value]) => `export ${name}=${value === "" ? '""' : value}`);
  }

  /**
   * Runs `pulumi` in the clone and prints its output as it comes.
   *
   * @param args what a person types behind `pulumi`; `lines` of them are shown on lines of their own
   * @param options.refusal what it has to fail with, where it has to fail: a part of its output
   * @returns its standard output
   * @throws Error when it fails, or does not as it has to, or the demo is interrupted; in no case anything of it runs on
   */
  async run(args, lines = [], { refusal } = {}) {
    showCommand([["pulumi", ...args].join(" "), ...lines].join(" \\\n      "));
    throwIfInterrupted();
    const printer = outputPrinter();
    const all = [...args, ...lines.flatMap((line) => line.split(" "))];
    // A session of its own: of a ^C at the terminal Pulumi hears from us, once; the second one would end it at once.
    const child = spawn("pulumi", [...all, ...suppressProgress(all), ...DISPLAY], {
      cwd: repository,
      env: this.environment,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    this.#running = child.pid;
    let output = "";
    let stdout = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (piece) => {
        output += piece;
        if (stream === child.stdout) stdout += piece;
        printer.add(piece);
      });
    }
    let timer;
    const stop = () => {
      child.kill("SIGINT");
      timer = setTimeout(() => endSession(child.pid), END_MS);
    };
    interruptedBy.addEventListener("abort", stop, { once: true });
    const outcome = await new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) => resolve(code ?? signal));
    });
    clearTimeout(timer);
    interruptedBy.removeEventListener("abort", stop);
    printer.end();
    this.#end();
    throwIfInterrupted();
    if (refusal !== undefined) {
      if (outcome !== 0 && output.includes(refusal)) return stdout;
      throw new Error(`\`pulumi ${args.join(" ")}\` was not refused with ${refusal}, see above`);
    }
    if (outcome !== 0) throw new Error(`\`pulumi ${args.join(" ")}\` ended with ${outcome}, see above`);
    return stdout;
  }

  /** Ends what runs and removes the folder. Synchronous, so that an ending process can call it. */
  remove() {
    this.#end();
    rmSync(this.path, { recursive: true, force: true, maxRetries: 3 });
  }

  /** Gives the folder to the person behind sudo, if there is one. */
  giveToPerson() {
    const { SUDO_UID, SUDO_GID } = process.env;
    if (SUDO_UID && SUDO_GID) spawnSync("chown", ["-R", `${SUDO_UID}:${SUDO_GID}`, this.path]);
  }

  #end() {
    if (this.#running !== undefined) endSession(this.#running);
    this.#running = undefined;
  }
}

/** Only what changes a stack has progress to be silent about. */
function suppressProgress([command]) {
  return ["up", "refresh", "destroy"].includes(command) ? ["--suppress-progress"] : [];
}
