// `pulumi-anyip ls` on real hosts: what it prints, its exit code, and that it leaves the host as it was.
import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSandbox, type Host, type Sandbox } from "../../../sandbox";
import { hostArguments, runCommand } from "../../support/command-line";
import { compileSandbox } from "../../support/compiled-sandbox";
import { bind, damage } from "../../support/managed-host";

const compiled = compileSandbox();
afterAll(() => rmSync(compiled, { recursive: true }));

const run = (...args: string[]) => runCommand(compiled, ["ls", ...args]);

describe("pulumi-anyip ls", () => {
  let sandbox: Sandbox;
  const full = ["sudo", "busybox"] as const;

  beforeAll(async () => {
    const hosts = full.map((flavour) => ({ name: flavour, flavour }));
    sandbox = await createSandbox({ hosts: [{ name: "empty" }, ...hosts] });
    for (const name of full) await fill(sandbox.host(name));
  });
  afterAll(() => sandbox?.close());

  async function fill(host: Host): Promise<void> {
    await bind(sandbox, host, [
      ["shop/prod/sites", "2001:db8:2::/64"],
      ["shop/prod/sites", "2001:db8:1::/64"],
      ["shop/prod/old", "203.0.113.0/25"],
      ["shop/dev/sites", "2001:db8:3::/64"],
      ["shop/dev/copy", "2001:db8:4::/64"],
    ]);
    await damage(host, {
      altered: "2001:db8:2::/64",
      missing: "2001:db8:3::/64",
      elsewhere: "2001:db8:4::/64",
    });
  }

  it("says that nothing is managed, and leaves nothing", async () => {
    const host = sandbox.host("empty");
    const result = await run(...hostArguments(sandbox, host));
    expect(result).toEqual({
      code: 0,
      stdout: `Nothing is managed on root@${host.address}:22.\n`,
      stderr: "",
    });
    expect(await host.exec(["ls", "/run/pulumi-anyip"])).toMatchObject({ stdout: "" });
    const json = await run(...hostArguments(sandbox, host), "--json");
    expect(JSON.parse(json.stdout)).toEqual({
      host: `root@${host.address}:22`,
      routes: [],
      unreadable: [],
    });
  });

  it.each(full)("lists every route with its owner and state, by owner and prefix (%s)", async (name) => {
    const host = sandbox.host(name);
    const before = await host.routes();
    const { code, stdout, stderr } = await run(...hostArguments(sandbox, host));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.split("\n")).toEqual([
      "OWNER            PREFIX           TABLE  METRIC  DEVICE  ORIGIN   PERSISTS  ROUTE",
      "shop/dev/copy    2001:db8:4::/64  local  1024    lo      created  no        present (record of another machine's disk)",
      "shop/dev/sites   2001:db8:3::/64  local  1024    lo      created  no        missing",
      "shop/prod/old    203.0.113.0/25   local  0       lo      created  no        present",
      "shop/prod/sites  2001:db8:1::/64  local  1024    lo      created  no        present",
      "shop/prod/sites  2001:db8:2::/64  local  1024    lo      created  no        altered: device eth0",
      "",
      "Records that cannot be read:",
      "  /run/pulumi-anyip/routes/2001:db8:bad::_64-table-255-metric-1024 is cut short, or was edited into something that is no record",
      "",
    ]);
    expect(await host.routes()).toBe(before);
  });

  it.each(full)("prints the same as JSON (%s)", async (name) => {
    const { code, stdout } = await run(...hostArguments(sandbox, sandbox.host(name)), "--json");
    const listed = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(listed.routes).toHaveLength(5);
    expect(listed.routes[4]).toEqual({
      family: "ipv6",
      prefix: "2001:db8:2::/64",
      table: 255,
      metric: 1024,
      device: "lo",
      protocol: 177,
      owner: "shop/prod/sites",
      origin: "created",
      persists: false,
      status: "altered",
      found: expect.objectContaining({ device: "eth0", ...(name === "busybox" ? {} : { protocol: 177 }) }),
      isOfOtherMachine: false,
    });
    expect(listed.unreadable).toEqual([
      {
        name: "2001:db8:bad::_64-table-255-metric-1024",
        path: "/run/pulumi-anyip/routes/2001:db8:bad::_64-table-255-metric-1024",
        problem: expect.stringMatching(/cut short/),
      },
    ]);
  });

  it("fails with the provider's message and code where it gets no rights or no answer", async () => {
    const host = sandbox.host("empty");
    expect(await run(...hostArguments(sandbox, host, "visitor"))).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(/^pulumi-anyip: visitor@.*the login is not root.*\(NO_PRIVILEGE\)\n$/),
    });
    const [name = "", , , ...others] = hostArguments(sandbox, host);
    expect(await run(name, "--port", "9", ...others)).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(/\(HOST_UNREACHABLE\)\n$/),
    });
  });

  it.each([
    [[], /a HOST is missing/],
    [["a", "b"], /"b" is one argument too many/],
    [["web 1"], /HOST must be a host name/],
    [["web1", "--port", "0"], /--port must be a whole number from 1 to 65535/],
    [["web1", "--password", "x"], /Unknown option '--password'/],
  ])("answers %j with exit code 2 and what would be right", async (args, message) => {
    expect(await run(...args)).toEqual({ code: 2, stdout: "", stderr: expect.stringMatching(message) });
  });
});
