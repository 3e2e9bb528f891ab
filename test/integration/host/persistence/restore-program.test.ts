// The restore program with a real kernel: what it refuses, or has already, is no reason to leave out the rest.
import { mkdirSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { restorePath, storeDirectory } from "../../../../provider/host/persistence/paths";
import { formatRestoreScript } from "../../../../provider/host/persistence/restore-script";
import { createSandbox, type Host, type Sandbox } from "../../../../sandbox";
import { localRoute } from "../../../support/route-operations";
import { listRoutes, putRecords, removeRecords, restore } from "./persistent-host";

let sandbox: Sandbox;
let host: Host;
let bare: string;
beforeAll(async () => {
  sandbox = await createSandbox({ hosts: [{ name: "restores" }] });
  host = sandbox.host("restores");
  mkdirSync(host.path(storeDirectory), { recursive: true, mode: 0o700 });
  writeFileSync(host.path(restorePath), formatRestoreScript([]), { mode: 0o700 });
  bare = await host.routes();
});
afterAll(() => sandbox?.close());
beforeEach(async () => {
  await removeRecords(host);
  await host.execOrThrow([
    "sh",
    "-c",
    "ip -4 route flush table local proto 177; ip -6 route flush table local proto 177",
  ]);
  expect(await host.routes()).toBe(bare);
});

const good = [localRoute("198.51.100.0/24"), localRoute("2001:db8:1::/64")];

it("restores the rest where the kernel refuses one", async () => {
  putRecords(host, [
    localRoute("203.0.113.1/25"),
    localRoute("2001:db8:2::/64", { device: "gone0" }),
    ...good,
  ]);
  const { code, stderr } = await restore(host);
  expect(code).toBe(0);
  expect(stderr.trimEnd().split("\n").sort()).toEqual([
    expect.stringMatching(
      /^pulumi-anyip: 2001:db8:2::\/64 dev gone0 .* is not restored: Cannot find device "gone0"$/,
    ),
    expect.stringMatching(/^pulumi-anyip: 203.0.113.1\/25 dev lo .* is not restored: .*Invalid prefix/),
    "pulumi-anyip: routes restored: 2",
  ]);
  expect((await listRoutes(host)).trimEnd().split("\n")).toHaveLength(2);
});

it("restores the rest where ip cannot read one", async () => {
  putRecords(host, [localRoute("2001:::/64"), localRoute("300.0.0.0/8"), ...good]);
  const { code, stderr } = await restore(host);
  expect(code).toBe(0);
  expect(stderr).toMatch(/2001:::\/64 .* is not restored/);
  expect(stderr).toMatch(/300\.0\.0\.0\/8 .* is not restored/);
  expect((await listRoutes(host)).trimEnd().split("\n")).toHaveLength(2);
});

it("restores IPv4 where IPv6 is disabled", async () => {
  const disable = (value: number) =>
    host.execOrThrow(["sh", "-c", `echo ${value} >/proc/sys/net/ipv6/conf/lo/disable_ipv6`]);
  await disable(1);
  putRecords(host, good);
  const { code, stderr } = await restore(host);
  await disable(0);
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/IPv6 is disabled/) });
  expect(await listRoutes(host)).toMatch(/^2 198\.51\.100\.0\/24 .*\n$/);
});

it("leaves what somebody has put in a route's place", async () => {
  await host.execOrThrow([
    "ip",
    "-6",
    "route",
    "add",
    "blackhole",
    "2001:db8:1::/64",
    "table",
    "local",
    "proto",
    "177",
  ]);
  putRecords(host, good);
  expect((await restore(host)).stderr).toBe("pulumi-anyip: routes restored: 1\n");
  expect(await host.routes()).toMatch(/^6 2001:db8:1::\/64 /m);
});

it("restores 10,000 routes, and then has nothing to say", async () => {
  putRecords(
    host,
    Array.from({ length: 10_000 }, (_, index) =>
      localRoute(`2001:db8:${(0x1000 + index).toString(16)}::/64`),
    ),
  );
  expect((await restore(host)).stderr).toBe("pulumi-anyip: routes restored: 10000\n");
  expect(await restore(host)).toEqual({ code: 0, stdout: "", stderr: "" });
});
