// The life of examples/delegated-hosts by the real CLI: the /60 of an article over four hosts, 1,000 addresses that answer, and
// zone files that BIND reads.
import { afterAll, beforeAll, expect, it } from "vitest";
import { createSandbox, type Sandbox } from "../../sandbox";
import { reverseName } from "../../sdk";
import { fingerprintHost } from "../support/fingerprint-host";
import { expectNothingLeft } from "../support/host-processes";
import { readZoneByBind } from "../support/named-checkzone";
import { configureFor, openExample } from "../support/pulumi-examples";
import type { PulumiProject } from "../support/pulumi-project";

const hostNames = ["web1", "web2", "web3", "web4"];

let sandbox: Sandbox;
let project: PulumiProject;
let untouched: string[];

beforeAll(async () => {
  sandbox = await createSandbox({ hosts: hostNames.map((name) => ({ name, flavour: "systemd" })) });
  untouched = await fingerprintAll();
  const { privateKeyPath, knownHosts } = configureFor(sandbox, sandbox.host("web1"));
  const hosts = sandbox.hosts.map(({ name, address }) => ({ name, address }));
  const config = { privateKeyPath, knownHosts, hosts };
  // Else the engine writes the whole state twice for each of a thousand resources.
  project = await openExample("delegated-hosts", { config, env: { PULUMI_SKIP_CHECKPOINTS: "true" } });
});
afterAll(async () => {
  project?.close();
  await sandbox?.close();
});

const fingerprintAll = () => Promise.all(sandbox.hosts.map(fingerprintHost));

it("gives each of four hosts a /64 of the /60, and each of their 250 sites an address that answers", async () => {
  await project.up();
  const { prefixes } = (await project.outputs()) as { prefixes: Record<string, string> };
  expect(prefixes).toEqual({
    web1: "2001:db8:100::/64",
    web2: "2001:db8:100:8::/64",
    web3: "2001:db8:100:4::/64",
    web4: "2001:db8:100:c::/64",
  });
  for (const host of sandbox.hosts) {
    const prefix = prefixes[host.name] ?? "";
    expect((await host.routes()).match(/ proto 177 /g)).toHaveLength(1);
    await sandbox.peer.routeVia(prefix, host);
  }
  const addresses = Object.values(await readAddresses());
  expect(new Set(addresses).size).toBe(1000);
  expect((await pingAll(addresses)).sort()).toEqual([...addresses].sort());
});

it("writes a forward and a reverse zone that named-checkzone reads", async () => {
  const addresses = Object.entries(await readAddresses());
  const forward = await readZoneByBind("example.net", project.pathOf("zones/example.net"));
  expect(forward.sort()).toEqual(addresses.map(([name, address]) => `${name}. AAAA ${address}`).sort());
  const zone = "0.0.0.0.0.1.0.8.b.d.0.1.0.0.2.ip6.arpa";
  const reverse = await readZoneByBind(zone, project.pathOf(`zones/${zone}`));
  expect(reverse.sort()).toEqual(
    addresses.map(([name, address]) => `${reverseName(address)}. PTR ${name}.`).sort(),
  );
});

it("finds nothing to do the next time", async () => {
  await project.up("--expect-no-changes");
});

it("leaves the hosts as they were found, byte for byte", async () => {
  await project.destroy();
  for (const host of sandbox.hosts) await expectNothingLeft(host, "success");
  expect(await fingerprintAll()).toEqual(untouched);
});

/** What the state has, by the sites' names. */
async function readAddresses(): Promise<Record<string, string>> {
  const entries = Object.entries(await project.allocations());
  return Object.fromEntries(
    entries.map(([name, { outputs }]) => [name, String(outputs?.prefix).replace(/\/128$/, "")]),
  );
}

/** Those that answer the second machine, 50 asked at a time, each for at most ten seconds. */
async function pingAll(addresses: readonly string[]): Promise<string[]> {
  const ask = 'ping -n -q -c 1 -W 10 "$1" >/dev/null && echo "$1"';
  const script = `xargs -P 50 -n 1 sh -c '${ask}' sh`;
  const { stdout } = await sandbox.peer.exec(["sh", "-c", script], { stdin: addresses.join("\n") });
  return stdout.trim().split("\n");
}
