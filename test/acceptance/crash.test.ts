// The provider process is killed at a random moment of an `up`, again and again. What a person does then is to run
// `pulumi up` again: that is all that is needed, and the state and the host must agree after it.
import { randomInt } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createSandbox, type Host, type Sandbox } from "../../sandbox";
import { measureProvider, upWhileProviderDies } from "../support/dying-provider";
import type { StateResource } from "../support/pulumi-project";
import { connectTo, type RouteArgs, RoutesProject } from "../support/pulumi-routes";
import { makeRandom } from "../support/random";

const rounds = 50;
const routesAtOnce = 12;
// To run a failure again: ANYIP_CRASH_SEED=… npx vitest run --project acceptance test/acceptance/crash.test.ts
const seed = Number(process.env.ANYIP_CRASH_SEED ?? randomInt(2 ** 31));

let sandbox: Sandbox;
let host: Host;
let project: RoutesProject;

beforeAll(async () => {
  sandbox = await createSandbox({ hosts: [{ name: "web1", flavour: "systemd" }] });
  host = sandbox.host("web1");
  project = await RoutesProject.create();
});
afterAll(async () => {
  project?.close();
  await sandbox?.close();
});

it(`survives the provider's death ${rounds} times (seed ${seed})`, { timeout: 600_000 }, async () => {
  const untouched = await host.routes();
  const random = makeRandom(seed);
  const connection = connectTo(sandbox, host);
  project.declare(connection, chooseRoutes(random));
  let life = await measureProvider(project.pulumi);
  let hits = 0;

  for (let round = 1; round <= rounds; round++) {
    project.declare(connection, chooseRoutes(random));
    const broken = await upWhileProviderDies(project.pulumi, random, life);
    life = broken.life;
    if (broken.isHit) hits++;
    const where = `seed ${seed}, round ${round}, ${broken.when}`;

    const repaired = await project.pulumi.up().catch((error: unknown) => {
      throw new Error(`${where}:\n${broken.output}\nand then:\n${String(error)}`);
    });
    const { deployment } = await project.pulumi.export();
    // The engine saw each call fail, so it forgets them: no `pulumi refresh --clear-pending-creates` is needed.
    expect(deployment.pending_operations ?? [], where).toEqual([]);
    const recorded = listRecorded(deployment.resources ?? []);
    expect(recorded, where).toHaveLength(routesAtOnce);
    expect(await listBound(), `${where}\n${broken.output}\nand then:\n${repaired.output}`).toEqual(recorded);
  }
  // Else the moments of death are drawn badly, and little was tried.
  expect(hits).toBeGreaterThan(rounds / 3);

  await project.pulumi.destroy();
  expect(await host.routes()).toBe(untouched);
});

const otherProtocol = { protocol: 178 };

/** Some of 24 routes; some with other attributes than the last time, so that there are updates and replacements. */
function chooseRoutes(random: () => number): Record<string, RouteArgs> {
  const all = Array.from({ length: 2 * routesAtOnce }, (_, number) => {
    const prefix = number % 4 === 0 ? `198.51.${number}.0/24` : `2001:db8:500:${number.toString(16)}::/64`;
    const metric = random() < 0.3 ? { metric: 50 } : {};
    const protocol = random() < 0.3 ? otherProtocol : {};
    const persist = random() < 0.5 ? "auto" : "none";
    return { order: random(), name: `route${number}`, args: { prefix, persist, ...metric, ...protocol } };
  });
  const chosen = all.sort((one, other) => one.order - other.order).slice(0, routesAtOnce);
  return Object.fromEntries(chosen.map(({ name, args }) => [name, args]));
}

/** What the state says that there is, as lines of prefix, metric and protocol. */
function listRecorded(resources: readonly StateResource[]): string[] {
  return resources
    .filter(({ type }) => type.endsWith(":AnyIPRoute"))
    .map(({ outputs = {} }) => {
      const prefix = String(outputs.prefix);
      expect(outputs, prefix).not.toHaveProperty("origin");
      return `${prefix} ${outputs.metric ?? (prefix.includes(":") ? 1024 : 0)} ${outputs.protocol ?? 177}`;
    })
    .sort();
}

/** What the host has of it: everything of the test's two protocols, in whatever table. */
async function listBound(): Promise<string[]> {
  const lines = (await host.routes()).split("\n").filter((line) => / proto 17[78] /.test(line));
  return lines
    .map((line) => {
      const metric = / metric (\d+)/.exec(line)?.[1] ?? "0";
      return `${line.split(" ")[1]} ${metric} ${/ proto (\d+)/.exec(line)?.[1]}`;
    })
    .sort();
}
