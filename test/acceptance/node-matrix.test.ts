// The quickstart on newer Nodes with the newest SDK and TypeScript, from the package as npm would install it.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSandbox, type Host, type Sandbox } from "../../sandbox";
import type { NodeInstallation } from "../../scripts/setup.mjs" with { "resolution-mode": "import" };
import { configureFor, openQuickstart } from "../support/pulumi-examples";
import { type PulumiProject, repository } from "../support/pulumi-project";

// TypeScript 6 refuses what the SDK's default asks for (`moduleResolution: node`); this is what a program of today has.
const standaloneTsconfig = {
  compilerOptions: {
    target: "es2022",
    module: "node16",
    moduleResolution: "node16",
    types: ["node"],
    strict: true,
    skipLibCheck: true,
  },
};

describe.each(["22", "24"])("the quickstart on Node %s", (major) => {
  let folder: string;
  let sandbox: Sandbox;
  let host: Host;
  let node: NodeInstallation;
  let project: PulumiProject;

  beforeAll(async () => {
    const { setUp } = await import("../../scripts/setup.mjs");
    node = requireNode((await setUp({ nodeMatrix: true })).nodes, major);
    folder = mkdtempSync(join(tmpdir(), "pulumi-anyip-node-"));
    sandbox = await createSandbox({ hosts: [{ name: "web1", flavour: "systemd" }] });
    host = sandbox.host("web1");
  });
  afterAll(async () => {
    project?.close();
    await sandbox?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  it("binds, finds nothing to do, and leaves the host as it was", async () => {
    const nodeModules = installPackage(folder, node.nodeModules);
    project = await openQuickstart({
      copies: ["Pulumi.yaml", "examples/quickstart/index.ts"],
      files: { "package.json": '{ "private": true }\n', "tsconfig.json": JSON.stringify(standaloneTsconfig) },
      config: configureFor(sandbox, host),
      binDir: node.binDir,
      nodeModules,
    });
    const engine = await project.runProgram("node", [
      "-p",
      "[process.versions.node, require('@pulumi/pulumi/package.json').version, require('typescript').version].join()",
    ]);
    expect(engine.stdout).toMatch(new RegExp(`^${major}\\.\\d+\\.\\d+,3\\.2[7-9]\\d\\.\\d+,6\\.`));

    const untouched = await host.routes();
    await project.up();
    expect(await host.routes()).toMatch(/^2 192\.0\.2\.0\/24 dev lo .* proto 177 /m);
    expect(await host.routes()).toMatch(/^2 2001:db8:100::\/64 dev lo .* proto 177 /m);
    const before = host.counters();
    await project.up("--expect-no-changes");
    expect(host.counters()).toEqual(before);
    await project.destroy();
    expect(await host.routes()).toBe(untouched);
  });
});

function requireNode(nodes: Record<string, NodeInstallation>, major: string): NodeInstallation {
  const node = nodes[major];
  if (node) return node;
  throw new Error(`the set-up knows no Node ${major}; it has ${Object.keys(nodes).join(", ")}`);
}

/**
 * Makes a node_modules with the package out of its tarball, its dependencies, and the SDK of `sdkModules`; no network.
 * The package's files are really there: through a link Node would look for the SDK where the link leads.
 */
function installPackage(folder: string, sdkModules: string): string {
  const nodeModules = join(folder, "node_modules");
  const target = join(nodeModules, "pulumi-anyip");
  mkdirSync(target, { recursive: true });
  const packed = execFileSync("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder], {
    cwd: repository,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  execFileSync("tar", ["-xzf", join(folder, filename), "-C", target, "--strip-components=1"]);
  for (const name of listDependencies("pulumi-anyip", target)) {
    cpSync(join(repository, "node_modules", name), join(nodeModules, name), { recursive: true });
  }
  for (const name of listModules(sdkModules)) {
    const link = join(nodeModules, name);
    mkdirSync(dirname(link), { recursive: true });
    if (!readdirSync(dirname(link)).includes(name.split("/").at(-1) ?? name))
      symlinkSync(join(sdkModules, name), link);
  }
  return nodeModules;
}

/** The dependencies of a package and theirs, as they lie in the repository's node_modules. */
function listDependencies(name: string, folder = join(repository, "node_modules", name)): Set<string> {
  const { dependencies = {} } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    dependencies?: Record<string, string>;
  };
  return new Set(
    Object.keys(dependencies).flatMap((dependency) => [dependency, ...listDependencies(dependency)]),
  );
}

/** The packages in a node_modules, scoped ones too. */
function listModules(nodeModules: string): string[] {
  return readdirSync(nodeModules)
    .filter((name) => !name.startsWith("."))
    .flatMap((name) =>
      name.startsWith("@") ? readdirSync(join(nodeModules, name)).map((inner) => `${name}/${inner}`) : [name],
    );
}
