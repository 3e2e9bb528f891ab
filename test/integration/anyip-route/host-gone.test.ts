// A host that no longer exists: its resources can be forgotten, where the program says so, and in no other case.
import { afterAll, beforeAll, expect, it } from "vitest";
import { createSandbox, type Host, type Sandbox } from "../../../sandbox";
import { EngineRun } from "../../support/route-provider";
import { connectionInputs } from "../../support/sandbox-connection";

let sandbox: Sandbox;
let machine: Host;
beforeAll(async () => {
  sandbox = await createSandbox();
  machine = sandbox.host("web1");
});
afterAll(() => sandbox?.close());

const argsFor = (more = {}) => ({
  connection: connectionInputs(sandbox, machine, { dialErrorLimit: 1, perDialTimeout: 3 }),
  prefix: "2001:db8:7::/64",
  ...more,
});
const forget = { onHostGone: "forget" };

it("is forgotten only by those who say so, who need not reach it to say it", async () => {
  const before = await machine.routes();
  const created = await new EngineRun().create(argsFor());
  const bound = await machine.routes();
  await machine.stopSshd();
  const unreachable = { code: "HOST_UNREACHABLE" };
  await expect(new EngineRun().delete(created)).rejects.toMatchObject(unreachable);
  await expect(new EngineRun().update(created, argsFor({ ...forget, protocol: 9 }))).rejects.toMatchObject(
    unreachable,
  );
  await expect(
    new EngineRun().create(argsFor({ ...forget, prefix: "2001:db8:8::/64" })),
  ).rejects.toMatchObject(unreachable);
  expect(await new EngineRun().preview(created, argsFor(forget))).toBe("update");
  const forgettable = await new EngineRun().update(created, argsFor(forget));
  expect(forgettable).toEqual({ ...created, outputs: { ...created.outputs, ...forget } });
  await expect(new EngineRun().read(forgettable)).rejects.toMatchObject(unreachable);
  await new EngineRun().delete(forgettable);
  expect(await machine.routes()).toBe(bound);
  await machine.startSshd();
  await new EngineRun().delete(forgettable);
  expect(await machine.routes()).toBe(before);
});

it("is not forgotten when it only refuses the login", async () => {
  const args = argsFor(forget);
  const created = await new EngineRun().create(args);
  const connection = { ...args.connection, user: "nobody" };
  const elsewhere = { ...created, outputs: { ...created.outputs, connection } };
  await expect(new EngineRun().delete(elsewhere)).rejects.toMatchObject({ code: "LOGIN_REFUSED" });
  await new EngineRun().delete(created);
});
