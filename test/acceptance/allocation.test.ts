// Allocations by the real CLI: what a preview knows of them, and two runs at once that ask a pool for more than it has.
import { readdirSync } from "node:fs";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { createSandbox, type Host, type Sandbox } from "../../sandbox";
import { fingerprintHost } from "../support/fingerprint-host";
import { expectNothingLeft } from "../support/host-processes";
import { AllocationsProject } from "../support/pulumi-allocations";
import { connectTo } from "../support/pulumi-routes";

let sandbox: Sandbox;
let host: Host;
let connection: Record<string, unknown>;
let untouched: string;
const projects: AllocationsProject[] = [];

beforeAll(async () => {
  sandbox = await createSandbox({ hosts: [{ name: "web1" }] });
  host = sandbox.host("web1");
  connection = connectTo(sandbox, host);
  untouched = await fingerprintHost(host);
});
afterEach(() => {
  for (const project of projects.splice(0)) project.close();
});
afterAll(() => sandbox?.close());

async function openProject(name: string): Promise<AllocationsProject> {
  const project = await AllocationsProject.create(name);
  projects.push(project);
  return project;
}

it("shows at preview what follows from the inputs alone, and that is what `up` gives", async () => {
  const project = await openProject("foreseen");
  const { pulumi } = project;
  const common = { pool: "2001:db8:7::/64", persist: "none" };
  const allocations = {
    requested: { ...common, request: "2001:db8:7::5" },
    fixed: { ...common, onCollision: "fail" },
    block: { ...common, onCollision: "fail", prefixLength: 80 },
    covered: { $route: "bound", onCollision: "fail", persist: "none" },
    keyed: common,
    random: { ...common, strategy: "random" },
    nextFree: { ...common, strategy: "nextFree" },
  };
  const bound = { prefix: "2001:db8:8::/64", persist: "none" };
  project.declare(connection, allocations, { bound });

  const foreseen = readPrefixes((await pulumi.run(["preview", "--stack", "test"])).output);
  expect(Object.keys(foreseen).sort()).toEqual(Object.keys(allocations).sort());
  const { keyed, random, nextFree, ...known } = foreseen;
  expect([keyed, random, nextFree]).toEqual([undefined, undefined, undefined]);
  expect(known).toEqual({
    requested: "2001:db8:7::5/128",
    fixed: expect.stringMatching(/^2001:db8:7:0:.*\/128$/),
    block: expect.stringMatching(/^2001:db8:7:0:.*::\/80$/),
    covered: expect.stringMatching(/^2001:db8:8:0:.*\/128$/),
  });
  await pulumi.up();
  const given = (await pulumi.outputs()).prefixes;
  expect(given).toEqual({ ...foreseen, ...known, keyed: anAddress, random: anAddress, nextFree: anAddress });

  // What replaces an allocation is foreseen in the same way; what stays, keeps what it has.
  project.declare(
    connection,
    {
      ...allocations,
      requested: { ...common, request: "2001:db8:7::6" },
      keyed: { ...common, key: "other" },
    },
    { bound },
  );
  const { output } = await pulumi.run(["preview", "--stack", "test"]);
  expect(output).toContain("2 to replace");
  // The CLI leaves out what was known and is unknown now.
  const { keyed: _unknown, ...staying } = (given ?? {}) as Record<string, string>;
  expect(readPrefixes(output)).toEqual({ ...staying, requested: "2001:db8:7::6/128" });

  await pulumi.destroy();
  await expectUntouched();
});

it("gives two runs at once exactly what the pool has, and tells the rest so", async () => {
  const [one, other] = [await openProject("one"), await openProject("other")];
  const args = { pool: "2001:db8:9::/120", includeReserved: true, persist: "none" };
  // The same keys in both, so that they want the same places.
  const names = Array.from({ length: 150 }, (_, index) => `site-${index}`);
  for (const project of [one, other])
    project.declare(connection, Object.fromEntries(names.map((name) => [name, args])));
  const upBoth = () =>
    Promise.all([one, other].map(({ pulumi }) => pulumi.startUp("--continue-on-error").finished));
  const readGiven = () => Promise.all([one, other].map(({ pulumi }) => listGiven(pulumi)));

  const outputs = (await upBoth()).map(({ output }) => output);
  const given = await readGiven();
  const missing = given.map((addresses) => names.length - Object.keys(addresses).length);
  const all = given.flatMap((addresses) => Object.values(addresses)).sort();
  expect(all).toHaveLength(256);
  expect(new Set(all).size).toBe(256);
  expect(all.every((prefix) => /^2001:db8:9::([0-9a-f]{1,2})?\/128$/.test(prefix))).toBe(true);
  expect(listBound(await host.routes())).toEqual(all);
  expect(listRecorded()).toEqual(all);
  for (const [index, output] of outputs.entries()) expectRefused(output, missing[index]);

  // Nothing is free: who has none gets none, and who has one keeps it.
  const again = await upBoth();
  for (const [index, { output }] of again.entries()) {
    expect(output).not.toMatch(/ (created|updated|replaced|deleted) /);
    expectRefused(output, missing[index]);
  }
  expect(await readGiven()).toEqual(given);
  expect(listBound(await host.routes())).toEqual(all);

  await Promise.all([one, other].map(({ pulumi }) => pulumi.destroy()));
  await expectUntouched();
});

const anAddress = expect.stringMatching(/^2001:db8:7:0?:.*\/128$/);
const exhausted =
  "error: the pool 2001:db8:9::/120 has no free address: total 256, used 256, free 0. Give a larger pool that " +
  "holds this one, which renumbers nobody, or delete what is not needed any more (POOL_EXHAUSTED)";

/** Fails unless `count` resources were told that the pool has nothing left, and nothing else went wrong. */
function expectRefused(output: string, count = 0): void {
  const [, diagnostics = ""] = output.split("\nDiagnostics:\n");
  const [errors = ""] = diagnostics.split(/\n(?:Outputs|Resources):\n/);
  const reasons = [...errors.matchAll(/AddressAllocation \((site-[0-9]+)\):\n +(.*)/g)];
  expect(new Set(reasons.map(([, name]) => name)).size, output).toBe(count);
  expect([...new Set(reasons.map(([, , reason]) => reason))], output).toEqual(count === 0 ? [] : [exhausted]);
}

/** The program's output `prefixes`, as a preview prints it; undefined where it is not known yet. */
function readPrefixes(output: string): Record<string, string | undefined> {
  const [, outputs = ""] = output.split("Outputs:\n");
  const entries = [...outputs.matchAll(/(\w+) *: (?:"[^"]+" => )?(?:"([^"]+)"|\[unknown\])/g)];
  return Object.fromEntries(entries.map(([, name, prefix]) => [name, prefix]));
}

async function listGiven(pulumi: AllocationsProject["pulumi"]): Promise<Record<string, string>> {
  const entries = Object.entries(await pulumi.allocations());
  return Object.fromEntries(entries.map(([name, { outputs }]) => [name, String(outputs?.prefix)]));
}

function listBound(routes: string): string[] {
  return [...routes.matchAll(/^2 (\S+) .* proto 177 /gm)].map(([, address]) => `${address}/128`).sort();
}

function listRecorded(): string[] {
  const names = readdirSync(host.path("/run/pulumi-anyip/routes"));
  return names.map((name) => name.replace(/_128-table-255-metric-1024$/, "/128")).sort();
}

async function expectUntouched(): Promise<void> {
  await expectNothingLeft(host, "success");
  expect(await fingerprintHost(host)).toBe(untouched);
}
