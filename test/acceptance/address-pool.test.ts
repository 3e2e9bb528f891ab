// AddressPool by the real CLI: the examples' lives, what a preview says, and what a person reads when something is wrong.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openExample } from "../support/pulumi-examples";
import { type PreviewStep, PulumiProject } from "../support/pulumi-project";

type Results = Record<string, string>;

/** What a preview shows that names will have. */
function readResults(step: PreviewStep | undefined): Results | undefined {
  const results = step?.newState?.inputs?.results;
  return typeof results === "string" ? JSON.parse(results) : undefined;
}

describe("the example of thousands of DNS names", () => {
  const config = (sites: number) => ({
    pool: "2001:db8:100::/64",
    infrastructure: "2001:db8:100::-2001:db8:100::ff",
    sites,
  });
  let project: PulumiProject;
  let records: Map<string, string>;

  beforeAll(async () => {
    project = await openExample("address-pool", { config: config(2000) });
  });
  afterAll(() => project?.close());

  const readRecords = async () => {
    const { records } = (await project.outputs()) as { records: string };
    return new Map(records.split("\n").map((line) => line.split(" AAAA ") as [string, string]));
  };

  it("shows at preview what it then gives to each name", async () => {
    const foreseen = readResults((await project.preview()).sites?.[0]) ?? {};
    await project.up();
    records = await readRecords();
    expect(records.size).toBe(2002);
    expect(new Set(records.values()).size).toBe(2002);
    expect(Object.fromEntries(records)).toEqual(
      Object.fromEntries(Object.entries(foreseen).map(([name, address]) => [`${name}.`, address])),
    );
    expect(await project.outputs()).toMatchObject({
      www: records.get("www.example."),
      used: "2258",
      free: (2n ** 64n - 2258n).toString(),
    });
  });

  it("finds nothing to do the next time, after a refresh too", async () => {
    await project.previewNoChanges();
    await project.refresh();
    await project.up("--expect-no-changes");
  });

  it("changes nothing for those that stay, and keeps what went in quarantine", async () => {
    project.configure(config(1990));
    expect((await project.preview()).sites?.map(({ op }) => op)).toEqual(["update"]);
    await project.up();
    const fewer = await readRecords();
    expect(fewer.size).toBe(1992);
    expect([...fewer].every(([name, address]) => records.get(name) === address)).toBe(true);
    expect((await project.outputs()).used).toBe("2258");

    project.configure(config(2001));
    await project.up();
    const more = await readRecords();
    expect(more.size).toBe(2003);
    expect([...records].every(([name, address]) => more.get(name) === address)).toBe(true);
  });

  it("goes without a trace", async () => {
    await project.destroy();
    expect((await project.export()).deployment.resources ?? []).toEqual([]);
  });
});

it("carves a delegated /60 over hosts, one of which comes later", async () => {
  const delegated = "2001:db8:0:50::/60";
  const project = await openExample("delegated-prefix", {
    config: { delegated, hosts: ["web1", "web2", "web3", "web4"] },
  });
  try {
    await project.up();
    const { prefixes, records } = (await project.outputs()) as { prefixes: Results; records: string };
    expect(prefixes).toEqual({
      web1: "2001:db8:0:50::/64",
      web2: "2001:db8:0:58::/64",
      web3: "2001:db8:0:54::/64",
      web4: "2001:db8:0:5c::/64",
    });
    const addresses = records.split("\n").map((line) => line.split(" AAAA ")[1]);
    expect(new Set(addresses).size).toBe(1000);
    expect(addresses.every((address) => /^2001:db8:0:5[048c]:/.test(address ?? ""))).toBe(true);

    project.configure({ delegated, hosts: ["dns1", "web1", "web2", "web3", "web4"] });
    await project.up();
    const later = (await project.outputs()) as { prefixes: Results; records: string };
    expect(later.prefixes).toEqual({ ...prefixes, dns1: "2001:db8:0:52::/64" });
    expect(later.records).toContain(records);
    await project.previewNoChanges();
    await project.destroy();
  } finally {
    project.close();
  }
});

describe("stacks that share a pool", () => {
  let folder: string;
  const projects: PulumiProject[] = [];

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "pulumi-anyip-shared-"));
  });
  afterAll(() => {
    for (const project of projects) project.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  /** One backend for all of them. */
  async function open(name: string, config: Record<string, unknown>): Promise<PulumiProject> {
    const project = await openExample(`shared-pool/${name}`, {
      config,
      env: { PULUMI_BACKEND_URL: `file://${folder}` },
    });
    projects.push(project);
    return project;
  }

  it("take from blocks of their own, which can grow", async () => {
    const pool = "2001:db8:1::/48";
    const network = await open("network", {
      pool,
      teams: [{ name: "shop" }, { name: "mail", prefixLength: 60 }],
    });
    await network.up();
    const { blocks } = await network.outputs();
    expect(blocks).toEqual({ shop: "2001:db8:1::/56", mail: "2001:db8:1:8000::/60" });

    const reference = "organization/pulumi-anyip-network/test";
    const team = (name: string) => open("team", { network: reference, team: name, names: ["www", "api"] });
    const shop = await team("shop");
    await shop.up();
    const before = (await shop.outputs()).results as Results;
    expect(Object.keys(before)).toEqual(["api", "www"]);
    for (const address of Object.values(before)) expect(address).toMatch(/^2001:db8:1:([0-9a-f]{1,2})?:/);

    network.configure({
      pool,
      teams: [
        { name: "shop", prefixLength: 52 },
        { name: "mail", prefixLength: 60 },
      ],
    });
    await network.up();
    expect((await network.outputs()).blocks).toEqual({ ...(blocks as Results), shop: "2001:db8:1::/52" });
    // The team's pool grows, and nobody moves.
    await shop.up();
    expect((await shop.outputs()).results).toEqual(before);
    await shop.destroy();
    await network.destroy();
  });
});

describe("a program that asks for what cannot be", () => {
  let project: PulumiProject;

  beforeAll(async () => {
    const program = `
      const { AddressPool } = require("pulumi-anyip");
      const pool = new AddressPool("pool", JSON.parse(process.env.POOL));
      exports.results = pool.results;`;
    project = await PulumiProject.create({
      files: {
        "Pulumi.yaml": "name: pools\nruntime: nodejs\nmain: index.js\n",
        "package.json": '{ "private": true }\n',
        "index.js": program,
      },
    });
  });
  afterAll(async () => {
    await project?.destroy();
    project?.close();
  });
  const declare = (args: object) => project.setEnvironment({ POOL: JSON.stringify(args) });

  it("is told at preview, by the property, and its secret is in no file", async () => {
    const secret = "correct-horse-91ac";
    declare({ pool: "2001:db8::1/64", names: ["shop", "Shop", ""], strategy: "nextFree", secret });
    const said = await project.failToPreview();
    for (const part of [
      "property pool value {2001:db8::1/64} has a problem: has host bits set",
      "property names[1]",
      "Shop differs from names[0], shop, only in case or Unicode form",
      "property names[2].name",
      "is empty",
      'is for strategy "keyed" only',
    ]) {
      expect(said).toContain(part);
    }
    expect(said).not.toContain(secret);

    declare({ pool: "2001:db8::/64", names: ["shop"], secret });
    await project.up();
    expect(project.findInFiles(secret)).toEqual([]);
  });

  it("is told with figures that a pool has too little, and keeps what it has", async () => {
    const before = await project.outputs();
    const names = Array.from({ length: 300 }, (_, index) => `site-${index}`);
    declare({ pool: "2001:db8::500/120", names });
    const said = await project.failToUp();
    expect(said).not.toContain("{site-1}");
    expect(said).toContain("2001:db8::500/120 has no free address: total 256, used 255, free 1 (1 reserved)");
    expect(said).toContain("site-59, site-6, site-60, site-61, site-62 and 40 more would get none");
    expect(await project.outputs()).toEqual(before);
  });

  it("is told what is in the way of one that cannot grow", async () => {
    declare({ pool: "2001:db8::/48", strategy: "nextFree", prefixLength: 64, names: ["a", "b"] });
    await project.up();
    declare({ pool: "2001:db8::/48", prefixLength: 64, names: [{ name: "a", prefixLength: 63 }, "b"] });
    expect(await project.failToUp()).toContain(
      "2001:db8::/64 cannot grow to a /63 where it is: 2001:db8::/63 overlaps 2001:db8:0:1::/64: b has it",
    );
    expect((await project.outputs()).results).toEqual({ a: "2001:db8::/64", b: "2001:db8:0:1::/64" });
  });

  it("sees at preview that results are unknown where chance decides, and that they are what they were", async () => {
    declare({ pool: "2001:db8::/48", prefixLength: 64, strategy: "random", names: ["a", "b", "c"] });
    const [step] = (await project.preview()).pool ?? [];
    expect([step?.op, readResults(step)]).toEqual(["update", undefined]);
    await project.up();
    expect((await project.outputs()).results).toMatchObject({ a: "2001:db8::/64", b: "2001:db8:0:1::/64" });
  });

  it("sees at preview what a pool that is replaced gives, and who loses what", async () => {
    declare({ pool: "2001:db8:ff00::/48", prefixLength: 64, names: ["a", "b", "c"] });
    const steps = (await project.preview()).pool ?? [];
    const replaced = steps.find(({ op }) => op === "replace");
    const said = (await project.up()).output;
    expect(said).toContain(
      "the pool 2001:db8:ff00::/48 does not hold what a, b, c had: all names get other ones",
    );
    const { results } = await project.outputs();
    expect(results).toEqual({
      a: "2001:db8:ff00::/64",
      b: "2001:db8:ff00:8000::/64",
      c: "2001:db8:ff00:4000::/64",
    });
    expect(readResults(replaced)).toEqual(results);
  });
});
