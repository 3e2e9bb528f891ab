// A host that no longer exists: its resources can be forgotten, where the program says so, and in no other case.
import { expect, it } from "vitest";
import { EngineRun } from "../../support/route-provider";
import { SandboxHost } from "../../support/sandbox-host";

const host = new SandboxHost({ prefix: "2001:db8:7::/64" }, { dialErrorLimit: 1, perDialTimeout: 3 });
const argsFor = (more = {}) => host.argsFor(more);
const forget = { onHostGone: "forget" };

it("is forgotten only by those who say so, who need not reach it to say it", async () => {
  const before = await host.machine.routes();
  const created = await new EngineRun().create(argsFor());
  const bound = await host.machine.routes();
  await host.machine.stopSshd();
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
  expect(await host.machine.routes()).toBe(bound);
  await host.machine.startSshd();
  await new EngineRun().delete(forgettable);
  expect(await host.machine.routes()).toBe(before);
});

it("is not forgotten when it only refuses the login", async () => {
  const args = argsFor(forget);
  const created = await new EngineRun().create(args);
  const connection = host.connect({ user: "nobody" });
  const elsewhere = { ...created, outputs: { ...created.outputs, connection } };
  await expect(new EngineRun().delete(elsewhere)).rejects.toMatchObject({ code: "LOGIN_REFUSED" });
  await new EngineRun().delete(created);
});
