// The host's key as the state remembers it: accepted once, and no other from then on.
import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createSandbox, type Host, type Sandbox } from "../../../sandbox";
import { EngineRun } from "../../support/route-provider";
import { connectionInputs } from "../../support/sandbox-connection";

const prefix = "2001:db8:7::/64";
let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await createSandbox({ hosts: [{ name: "accepted" }, { name: "strict" }] });
});
afterAll(() => sandbox?.close());

async function changeHostKey(machine: Host): Promise<void> {
  const path = "/etc/ssh/ssh_host_ed25519_key";
  await machine.stopSshd();
  await machine.killSshSessions();
  await machine.execOrThrow(["sh", "-c", `rm ${path}*; ssh-keygen -q -t ed25519 -N "" -f ${path}`]);
  await machine.startSshd();
}

/** No file knows any host's key. */
function forgetHosts(machine: Host, overrides = {}) {
  const knownHosts = `${sandbox.knownHostsPath}-empty`;
  writeFileSync(knownHosts, "");
  return { prefix, connection: connectionInputs(sandbox, machine, { knownHosts, ...overrides }) };
}

it("acceptNew records the key that it accepted, and refuses another one later", async () => {
  const machine = sandbox.host("accepted");
  const args = forgetHosts(machine, { hostKeyPolicy: "acceptNew" });
  const created = await new EngineRun().create(args);
  const publicKey = await machine.execOrThrow(["cat", "/etc/ssh/ssh_host_ed25519_key.pub"]);
  expect(created.outputs.acceptedHostKey).toBe(publicKey.split(" ").slice(0, 2).join(" "));
  expect(await new EngineRun().read(created)).toEqual(created);
  const before = await machine.routes();
  await changeHostKey(machine);
  const refused = { code: "HOST_KEY_MISMATCH" };
  const other = { ...args, protocol: 200 };
  await expect(new EngineRun().read(created)).rejects.toMatchObject(refused);
  await expect(new EngineRun().update(created, other)).rejects.toMatchObject(refused);
  await expect(new EngineRun().delete(created)).rejects.toMatchObject(refused);
  expect(await machine.routes()).toBe(before);
});

it("strict refuses a host whose key is not known, or is another", async () => {
  const machine = sandbox.host("strict");
  const before = await machine.routes();
  await expect(new EngineRun().create(forgetHosts(machine))).rejects.toMatchObject({
    code: "HOST_KEY_UNKNOWN",
  });
  const known = { prefix, connection: connectionInputs(sandbox, machine) };
  const created = await new EngineRun().create(known);
  expect(created.outputs).not.toHaveProperty("acceptedHostKey");
  await new EngineRun().delete(created);
  await changeHostKey(machine);
  await expect(new EngineRun().create(known)).rejects.toMatchObject({ code: "HOST_KEY_MISMATCH" });
  expect(await machine.routes()).toBe(before);
});
