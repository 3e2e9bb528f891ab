// Runs the real Pulumi CLI over a program in a temporary folder, which holds all that the CLI writes.
import { type ChildProcess, spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";

export const repository = resolve(__dirname, "../..");

/** What a project is made from. */
export interface ProjectOptions {
  /** Folders and files of the repository that are copied, each to its own place in the project. */
  readonly copies?: readonly string[];
  /** Further files: paths in the project and their text. */
  readonly files?: Readonly<Record<string, string>>;
  /** The folder of Pulumi.yaml in the project; default its root. */
  readonly at?: string;
  /** Stack configuration; keys without a namespace are the project's own. Lists and objects are allowed. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** On top of the engine's environment; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Goes first on the PATH. */
  readonly binDir?: string;
  /** The node_modules to link; default the repository's. */
  readonly nodeModules?: string;
}

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  /** Both outputs in the order in which they came. */
  readonly output: string;
}

/** A CLI that is running. */
export interface RunningCli {
  readonly pid: number;
  /** What it has printed so far. */
  readonly readOutput: () => string;
  readonly finished: Promise<CliResult>;
}

/** One step of `pulumi preview --json`. */
export interface PreviewStep {
  readonly op: string;
  readonly urn: string;
  readonly diffReasons?: readonly string[];
  readonly replaceReasons?: readonly string[];
  readonly newState?: StateResource;
}

export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

interface PendingOperation {
  readonly type: string;
  readonly resource: StateResource;
}

/** `pulumi stack export`, as far as tests look at it. */
export interface StackExport {
  readonly deployment: {
    readonly resources?: readonly StateResource[];
    readonly pending_operations?: readonly PendingOperation[];
  };
}

type Three = [string, string, string];

const stack = "test";
const destroyArguments = ["destroy", "--yes", "--skip-preview", "--stack", stack];
const quiet = ["--color", "never", "--non-interactive"];
// What a test runner sets for itself must not decide how a program runs, nor must the person's own agent.
const notForPrograms = { NODE_ENV: undefined, NODE_OPTIONS: undefined, SSH_AUTH_SOCK: undefined };

/** A program with a stack, a state and a PULUMI_HOME of its own. */
export class PulumiProject {
  private constructor(
    private readonly root: string,
    /** Where Pulumi.yaml is. */
    private readonly folder: string,
    private readonly environment: NodeJS.ProcessEnv,
  ) {}

  /** Makes the folder and the stack. */
  static async create(options: ProjectOptions): Promise<PulumiProject> {
    const project = await PulumiProject.createFolder(options);
    await project.run(["stack", "init", stack]);
    project.configure(options.config ?? {});
    return project;
  }

  /** A project of this name whose program is one file of the repository. */
  static createFor(program: string, name: string): Promise<PulumiProject> {
    const files = {
      "Pulumi.yaml": `name: ${name}\nruntime: nodejs\nmain: ${program}\n`,
      "package.json": '{ "private": true }\n',
    };
    return PulumiProject.create({ copies: [program], files });
  }

  /** Makes the folder without a stack, for a program that makes its own. */
  static async createFolder(options: ProjectOptions): Promise<PulumiProject> {
    const { pulumiEnvironment } = await import("../../scripts/setup.mjs");
    const root = mkdtempSync(join(tmpdir(), "pulumi-anyip-acceptance-"));
    const [home, state, top] = ["home", "state", "project"].map((name) => join(root, name)) as Three;
    for (const folder of [home, state, top]) mkdirSync(folder);
    for (const path of options.copies ?? [])
      cpSync(join(repository, path), join(top, path), { recursive: true });
    for (const [path, text] of Object.entries(options.files ?? {})) {
      mkdirSync(dirname(join(top, path)), { recursive: true });
      writeFileSync(join(top, path), text);
    }
    symlinkSync(options.nodeModules ?? join(repository, "node_modules"), join(top, "node_modules"));
    const environment: NodeJS.ProcessEnv = {
      ...pulumiEnvironment(home, state),
      ...notForPrograms,
      ...options.env,
    };
    environment.PATH = [options.binDir, environment.PATH].filter(Boolean).join(delimiter);
    return new PulumiProject(root, join(top, options.at ?? "."), environment);
  }

  private get configFile(): string {
    return join(this.folder, `Pulumi.${stack}.yaml`);
  }

  /** Replaces the stack's configuration. */
  configure(config: Readonly<Record<string, unknown>>): void {
    const name = /^name: *(\S+)/m.exec(readFileSync(join(this.folder, "Pulumi.yaml"), "utf8"))?.[1] ?? "";
    const salt = /^encryptionsalt:.*$/m.exec(readFileSync(this.configFile, "utf8"))?.[0] ?? "";
    const lines = Object.entries(config).map(
      ([key, value]) => `  ${key.includes(":") ? key : `${name}:${key}`}: ${JSON.stringify(value)}`,
    );
    const text = lines.length === 0 ? "config: {}" : ["config:", ...lines].join("\n");
    writeFileSync(this.configFile, `${salt}\n${text}\n`);
  }

  /** Sets or takes away variables of the environment that programs and providers see. */
  setEnvironment(env: Readonly<Record<string, string | undefined>>): void {
    Object.assign(this.environment, env);
  }

  /** `pulumi up`, without the preview that a person would look at first. */
  up(...flags: string[]): Promise<CliResult> {
    return this.run(upArguments(flags));
  }

  /** An `up` that must fail; resolves to what the CLI said. */
  async failToUp(...flags: string[]): Promise<string> {
    return this.fail(upArguments(flags));
  }

  /** Starts an `up` and leaves it running. */
  startUp(...flags: string[]): RunningCli {
    return this.start(upArguments(flags));
  }

  /** Fails unless an `up` would do nothing. */
  async previewNoChanges(): Promise<void> {
    await this.run(["preview", "--stack", stack, "--expect-no-changes", "--diff"]);
  }

  /** What an `up` would do to each resource but the stack and the providers, by its name. */
  async preview(): Promise<Record<string, PreviewStep[]>> {
    const { stdout } = await this.run(["preview", "--stack", stack, "--json"]);
    const { steps } = JSON.parse(stdout) as { steps: PreviewStep[] };
    const byName: Record<string, PreviewStep[]> = {};
    for (const step of steps) {
      if (/::pulumi:(pulumi:Stack|providers:[^:]+)::/.test(step.urn)) continue;
      const name = step.urn.replace(/^.*::/, "");
      byName[name] = [...(byName[name] ?? []), step];
    }
    return byName;
  }

  /** A preview that must fail; resolves to what the CLI said. */
  failToPreview(...flags: string[]): Promise<string> {
    return this.fail(["preview", "--stack", stack, ...flags]);
  }

  /** `pulumi refresh`: the state takes over what is on the hosts. */
  refresh(...flags: string[]): Promise<CliResult> {
    return this.run(["refresh", "--yes", "--skip-preview", "--stack", stack, ...flags]);
  }

  destroy(): Promise<CliResult> {
    return this.run(destroyArguments);
  }

  /** A `destroy` that must fail; resolves to what the CLI said. */
  failToDestroy(): Promise<string> {
    return this.fail(destroyArguments);
  }

  /** The state; secrets stay encrypted. */
  async export(): Promise<StackExport> {
    return JSON.parse((await this.run(["stack", "export", "--stack", stack])).stdout) as StackExport;
  }

  /** The AnyIPRoutes of the state, by name. */
  routes(): Promise<Record<string, StateResource>> {
    return this.listKind("AnyIPRoute");
  }

  /** The AddressAllocations of the state, by name. */
  allocations(): Promise<Record<string, StateResource>> {
    return this.listKind("AddressAllocation");
  }

  private async listKind(kind: string): Promise<Record<string, StateResource>> {
    const { resources = [] } = (await this.export()).deployment;
    const found = resources.filter(({ type }) => type.endsWith(`:${kind}`));
    return Object.fromEntries(found.map((resource) => [resource.urn.replace(/^.*::/, ""), resource]));
  }

  async outputs(): Promise<Record<string, unknown>> {
    const { stdout } = await this.run(["stack", "output", "--stack", stack, "--json"]);
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  /** Where a file is that the program names by a relative path. */
  pathOf(name: string): string {
    return join(this.folder, name);
  }

  /** Puts a file beside the project; returns its path. */
  write(name: string, text: string): string {
    const path = join(this.root, name);
    writeFileSync(path, text);
    return path;
  }

  /** All files that the CLI has written (state, history, backups, home) whose text contains `text`. */
  findInFiles(text: string): string[] {
    const names = readdirSync(this.root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.includes("node_modules"))
      .map((entry) => join(entry.parentPath, entry.name));
    return names.filter((name) => readFileSync(name).includes(text));
  }

  /** Removes the folder. The hosts' routes are for `destroy`. */
  close(): void {
    if (existsSync(this.root)) rmSync(this.root, { recursive: true, force: true });
  }

  /** Runs any command of the CLI. @throws Error with its whole output when it fails. */
  async run(args: readonly string[]): Promise<CliResult> {
    const result = await this.start(args).finished;
    if (result.code === 0) return result;
    throw new Error(`\`pulumi ${args.join(" ")}\` ended with ${result.code}:\n${result.output}`);
  }

  private async fail(args: readonly string[]): Promise<string> {
    const result = await this.start(args).finished;
    if (result.code !== 0) return result.output;
    throw new Error(`\`pulumi ${args.join(" ")}\` should have failed, but said:\n${result.output}`);
  }

  private start(args: readonly string[]): RunningCli {
    return runCli("pulumi", [...args, ...quiet], this.folder, this.environment);
  }

  /** Runs another program in the project's folder and environment. @throws Error with its whole output. */
  async runProgram(command: string, args: readonly string[]): Promise<CliResult> {
    const result = await runCli(command, args, this.folder, this.environment).finished;
    if (result.code === 0) return result;
    throw new Error(`\`${command} ${args.join(" ")}\` ended with ${result.code}:\n${result.output}`);
  }
}

function upArguments(flags: readonly string[]): string[] {
  return ["up", "--yes", "--skip-preview", "--stack", stack, ...flags];
}

function runCli(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): RunningCli {
  const child: ChildProcess = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let output = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    output += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const finished = new Promise<CliResult>((done, reject) => {
    child.on("error", reject);
    child.on("close", (code) => done({ code: code ?? 1, stdout, output }));
  });
  return { pid: child.pid ?? 0, readOutput: () => output, finished };
}
