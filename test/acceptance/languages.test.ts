// The examples' lives by the real CLI: TypeScript, ECMAScript modules, the Automation API, and a list of hosts.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSandbox, type Host, type Sandbox } from "../../sandbox";
import { configureFor, openExample, openQuickstart } from "../support/pulumi-examples";
import { PulumiProject } from "../support/pulumi-project";

let sandbox: Sandbox;
let web1: Host;
let web2: Host;

beforeAll(async () => {
  sandbox = await createSandbox({
    hosts: [
      { name: "web1", flavour: "systemd" },
      { name: "web2", flavour: "openrc" },
    ],
  });
  web1 = sandbox.host("web1");
  web2 = sandbox.host("web2");
});
afterAll(() => sandbox?.close());

/** Binds, finds nothing to do, and takes away; `prefixes` are all that is bound on web1. */
async function live(project: PulumiProject, prefixes: readonly string[]): Promise<void> {
  const untouched = await web1.routes();
  try {
    await project.up();
    expect(await boundPrefixes(web1)).toEqual(prefixes);
    expect(Object.values(await project.outputs())).toEqual(expect.arrayContaining([...prefixes]));
    await project.previewNoChanges();
    await project.up("--expect-no-changes");
  } finally {
    await project.destroy();
    project.close();
  }
  expect(await web1.routes()).toBe(untouched);
}

/** The prefixes of the provider's own protocol number. */
async function boundPrefixes(host: Host): Promise<string[]> {
  return [...(await host.routes()).matchAll(/^2 (\S+) .* proto 177 /gm)].map((match) => match[1] ?? "");
}

describe("a Pulumi program", () => {
  it("is CommonJS TypeScript", async () => {
    const project = await openQuickstart({ config: configureFor(sandbox, web1) });
    await live(project, ["192.0.2.0/24", "2001:db8:100::/64"]);
  });

  it("is an ECMAScript module by its name, .mjs", async () => {
    const project = await openExample("esm", { config: configureFor(sandbox, web1) });
    await live(project, ["2001:db8:200::/64"]);
  });

  it("is an ECMAScript module by its package.json", async () => {
    const program = `
      import { AnyIPRoute } from "pulumi-anyip";
      const connection = ${JSON.stringify(configureFor(sandbox, web1))};
      export const { prefix } = new AnyIPRoute("sites", { connection, prefix: "2001:db8:201::/64" });`;
    const files = {
      "Pulumi.yaml": "name: module\nruntime: nodejs\nmain: index.js\n",
      "package.json": '{ "private": true, "type": "module" }\n',
      "index.js": program,
    };
    await live(await PulumiProject.create({ files }), ["2001:db8:201::/64"]);
  });
});

it("runs inline, by the Automation API", async () => {
  const at = "examples/automation";
  const project = await PulumiProject.createFolder({
    copies: [at],
    at,
    env: { ANYIP_PRIVATE_KEY_PATH: sandbox.keyPath, ANYIP_KNOWN_HOSTS: sandbox.knownHostsPath },
  });
  const run = async (command: string) => {
    const { stdout } = await project.runProgram(process.execPath, ["index.mjs", command, web1.address]);
    return JSON.parse(stdout) as { changes: Record<string, number>; outputs?: Record<string, unknown> };
  };
  const untouched = await web1.routes();
  try {
    expect(await run("up")).toEqual({
      changes: { create: 2 },
      outputs: { prefix: "2001:db8:300::/64", lastAddress: "2001:db8:300:0:ffff:ffff:ffff:ffff" },
    });
    expect(await boundPrefixes(web1)).toEqual(["2001:db8:300::/64"]);
    expect((await run("preview")).changes).toEqual({ same: 2 });
    expect((await run("up")).changes).toEqual({ same: 2 });
    expect((await run("destroy")).changes).toEqual({ delete: 2 });
  } finally {
    project.close();
  }
  expect(await web1.routes()).toBe(untouched);
});

it("binds one prefix to each host of a fleet", async () => {
  const { privateKeyPath, knownHosts } = configureFor(sandbox, web1);
  const fleet = [
    { name: "web1", address: web1.address, prefix: "2001:db8:401::/64" },
    { name: "web2", address: web2.address, prefix: "2001:db8:402::/64" },
  ];
  const untouched = [await web1.routes(), await web2.routes()];
  const project = await openExample("fleet", { config: { privateKeyPath, knownHosts, hosts: fleet } });
  try {
    await project.up();
    expect([await boundPrefixes(web1), await boundPrefixes(web2)]).toEqual([
      ["2001:db8:401::/64"],
      ["2001:db8:402::/64"],
    ]);
    await project.previewNoChanges();

    // The first host leaves: nothing happens to the second.
    project.configure({ privateKeyPath, knownHosts, hosts: fleet.slice(1) });
    const seen = web2.counters();
    await project.up();
    expect([await boundPrefixes(web1), await boundPrefixes(web2)]).toEqual([[], ["2001:db8:402::/64"]]);
    expect(web2.counters()).toEqual(seen);
  } finally {
    await project.destroy();
    project.close();
  }
  expect([await web1.routes(), await web2.routes()]).toEqual(untouched);
});
