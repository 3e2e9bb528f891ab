// Routes that the program's options keep from being deleted, by the real CLI.
import { afterAll, beforeAll, expect, it } from "vitest";
import { createSandbox, type Host, type Sandbox } from "../../sandbox";
import { fingerprintHost } from "../support/fingerprint-host";
import { expectNothingLeft } from "../support/host-processes";
import { connectTo, type RouteArgs, RoutesProject } from "../support/pulumi-routes";

let sandbox: Sandbox;
let host: Host;
let shop: RoutesProject;
let blog: RoutesProject;
let untouched: string;

beforeAll(async () => {
  sandbox = await createSandbox();
  host = sandbox.host("web1");
  shop = await RoutesProject.create("shop");
  blog = await RoutesProject.create("blog");
  untouched = await fingerprintHost(host);
});
afterAll(async () => {
  shop?.close();
  blog?.close();
  await sandbox?.close();
});

const prefix = "2001:db8:100::/64";
const declare = (project: RoutesProject, options: RouteArgs) =>
  project.declare(connectTo(sandbox, host), { sites: { prefix, $options: options } });

/** The host with what is managed on it, once no run of ours is at work any more. */
async function fingerprintManaged(): Promise<string> {
  await expectNothingLeft(host, "success");
  return fingerprintHost(host);
}

it("retainOnDelete leaves the route with its record, for the same resource and for no other stack", async () => {
  declare(shop, { retainOnDelete: true });
  await shop.pulumi.up();
  const bound = await fingerprintManaged();
  expect(bound).not.toBe(untouched);

  await shop.pulumi.destroy();
  expect(await shop.pulumi.routes()).toEqual({});
  expect(await fingerprintManaged()).toBe(bound);

  declare(blog, {});
  expect(await blog.pulumi.failToUp()).toMatch(/belongs to shop\/test\/sites .*\(ROUTE_CONFLICT\)/s);
  expect(await fingerprintManaged()).toBe(bound);

  declare(shop, {});
  await shop.pulumi.up();
  expect((await shop.pulumi.routes()).sites?.outputs).not.toHaveProperty("origin");
  await shop.pulumi.previewNoChanges();
  await shop.pulumi.destroy();
  expect(await fingerprintManaged()).toBe(untouched);
});

it("protect keeps the route until it is lifted", async () => {
  declare(shop, { protect: true });
  await shop.pulumi.up();
  const bound = await fingerprintManaged();

  expect(await shop.pulumi.failToDestroy()).toMatch(/sites.* cannot be deleted.* protected/s);
  expect(Object.keys(await shop.pulumi.routes())).toEqual(["sites"]);
  expect(await fingerprintManaged()).toBe(bound);

  declare(shop, { protect: false });
  await shop.pulumi.up();
  await shop.pulumi.destroy();
  expect(await fingerprintManaged()).toBe(untouched);
});
