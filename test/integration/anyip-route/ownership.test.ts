// Ownership records on a real host: whose a route is, between stacks, runs and states that know nothing of each other.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { expectNothingLeft } from "../../support/host-processes";
import { EngineRun } from "../../support/route-provider";
import { SandboxHost } from "../../support/sandbox-host";

const prefix = "2001:db8:7::/64";
const directory = "/run/pulumi-anyip";
const recordPath = `${directory}/routes/2001:db8:7::_64-table-255-metric-1024`;

const host = new SandboxHost({ prefix });
let before: string;
beforeEach(async () => {
  before = await host.machine.routes();
});
afterEach(async () => {
  expect(await host.machine.routes()).toBe(before);
  await expectNothingLeft(host.machine, "success");
  expect(existsSync(host.machine.path(directory))).toBe(false);
});

const argsFor = (more = {}) => host.argsFor(more);
const onHost = (script: string) => host.machine.execOrThrow(["sh", "-c", script]);
const readRecord = () => readFileSync(host.machine.path(recordPath), "utf8");
const isPresent = async () => (await host.machine.routes()).includes(`2 ${prefix} dev lo `);

describe("a record", () => {
  it("can be read by a person, names the machine, and goes with the route", async () => {
    const created = await new EngineRun().create(argsFor({ owner: "shop/dev/it's $(reboot)" }));
    const machineId = readFileSync(host.machine.path("/etc/machine-id"), "utf8").trim();
    expect(readRecord()).toBe(
      `pulumi-anyip 1\nroute local ${prefix} dev lo table 255 proto 177 metric 1024\n` +
        `owner shop/dev/it's $(reboot)\norigin created\ntoken ${created.id}\nmachine ${machineId}\nend\n`,
    );
    expect(created.outputs).toMatchObject({ machineId });
    expect(await onHost(`stat -c '%U %a' ${recordPath} ${directory}`)).toBe("root 600\nroot 700\n");
    await new EngineRun().delete(created);
  });

  it("lets a run complete what one made that died before its state was saved, by any protocol", async () => {
    const args = argsFor({ protocol: 99, onExisting: "fail" });
    await new EngineRun().create(args);
    const again = await new EngineRun().create(args);
    expect(again.outputs).not.toHaveProperty("origin");
    await new EngineRun().delete(again);
  });

  it("keeps a stack from another's route, by create, update and delete", async () => {
    const ours = await new EngineRun().create(argsFor({ owner: "shop/dev/web" }));
    const record = readRecord();
    for (const onExisting of ["adopt", "takeOver", "fail"]) {
      const created = new EngineRun().create(argsFor({ owner: "blog/dev/web", onExisting }));
      await expect(created).rejects.toMatchObject({
        code: "ROUTE_CONFLICT",
        message: expect.stringContaining("belongs to shop/dev/web"),
      });
    }
    const theirs = { ...ours, id: "anyip-theirs", outputs: { ...ours.outputs, owner: "blog/dev/web" } };
    const updated = new EngineRun().update(theirs, argsFor({ owner: "blog/dev/web", protocol: 99 }));
    await expect(updated).rejects.toMatchObject({ code: "ROUTE_CONFLICT" });
    await new EngineRun().delete(theirs);
    expect(readRecord()).toBe(record);
    expect(await isPresent()).toBe(true);
    expect(await new EngineRun().read(theirs)).toBeUndefined();
    await new EngineRun().delete(ours);
  });

  it("passes to the new name of a resource that was renamed without an alias, in either run", async () => {
    const old = await new EngineRun().create(argsFor({ owner: "shop/dev/old" }));
    const renamed = await new EngineRun().create(argsFor({ owner: "shop/dev/new" }));
    await new EngineRun().delete(old);
    expect(await isPresent()).toBe(true);
    expect(readRecord()).toContain("owner shop/dev/new\n");
    await new EngineRun().delete(renamed);
  });

  it("keeps a host that was renamed in the program from losing its route, runs apart", async () => {
    const old = await new EngineRun().create(argsFor());
    const moved = await new EngineRun().create(
      argsFor({ connection: host.connect({ host: host.machine.address6 }) }),
    );
    await new EngineRun().delete(old);
    expect(await isPresent()).toBe(true);
    await new EngineRun().delete(moved);
  });

  it("follows a state that was restored from an old backup", async () => {
    const old = await new EngineRun().create(argsFor());
    const newer = await new EngineRun().create(argsFor());
    const restored = await new EngineRun().read(old);
    expect(restored).toEqual(old);
    const updated = await new EngineRun().update(old, argsFor({ protocol: 99 }));
    expect(readRecord()).toContain(`token ${old.id}\n`);
    await new EngineRun().delete(newer);
    expect(await isPresent()).toBe(true);
    await new EngineRun().delete(updated);
  });

  it("is drift where it is missing, and written again", async () => {
    const created = await new EngineRun().create(argsFor());
    const record = readRecord();
    await onHost(`rm ${recordPath}`);
    const seen = await new EngineRun().read(created);
    expect(seen?.outputs).toMatchObject({ found: { record: "missing" } });
    if (!seen) throw new Error("it is gone");
    expect(await new EngineRun().preview(seen, argsFor())).toBe("update");
    expect(await new EngineRun().update(seen, argsFor())).toEqual(created);
    expect(readRecord()).toBe(record);
    await new EngineRun().delete(created);
  });

  it("tells an adopted route, which stays as found", async () => {
    await onHost(`ip route add local ${prefix} dev lo proto static`);
    const found = await host.machine.routes();
    const adopted = await new EngineRun().create(argsFor());
    expect(readRecord()).toContain("origin adopted\n");
    await new EngineRun().delete(adopted);
    expect(await host.machine.routes()).toBe(found);
    await onHost(`ip route del local ${prefix} dev lo table local`);
  });

  it("lets nobody believe a record of another machine's disk", async () => {
    await new EngineRun().create(argsFor({ owner: "blog/dev/web" }));
    await onHost(`ip route del local ${prefix} dev lo table local`);
    await onHost(`sed -i 's/^machine .*/machine ${"f".repeat(32)}/' ${recordPath}`);
    const ours = await new EngineRun().create(argsFor({ owner: "shop/dev/web" }));
    expect(readRecord()).toContain("owner shop/dev/web\n");
    await new EngineRun().delete(ours);
  });
});

describe("in the place of a record", () => {
  it.each([
    ["a newer version", `sed -i 's/anyip 1$/anyip 2/' ${recordPath}`, /is of version 2/],
    ["half a record", `truncate -s 40 ${recordPath}`, /cut short/],
    ["100 MB", `head -c 100000000 /dev/zero >${recordPath}`, /is larger than/],
    ["a link", `mv ${recordPath} /run/elsewhere; ln -s /run/elsewhere ${recordPath}`, /no plain file/],
    ["a dangling link", `rm ${recordPath}; ln -s /run/nowhere ${recordPath}`, /no plain file/],
    ["a folder", `rm ${recordPath}; mkdir ${recordPath}`, /no plain file/],
    ["a pipe", `rm ${recordPath}; mkfifo ${recordPath}`, /no plain file/],
    [
      "commands",
      `printf 'pulumi-anyip 1\\nroute local $(touch /run/run) ; touch /run/run\\nend\\n' >${recordPath}`,
      /no record/,
    ],
  ])("%s is refused by a word, and nothing is done", async (_what, prepare, problem) => {
    const created = await new EngineRun().create(argsFor());
    await onHost(prepare);
    const list = () => onHost(`stat -c '%n %F %s %y' ${recordPath} /run/elsewhere 2>/dev/null || true`);
    const [routes, listed] = [await host.machine.routes(), await list()];
    const refused = { code: "RECORD_UNREADABLE", message: expect.stringMatching(problem) };
    await expect(new EngineRun().create(argsFor())).rejects.toMatchObject(refused);
    await expect(new EngineRun().read(created)).rejects.toMatchObject(refused);
    await expect(new EngineRun().update(created, argsFor({ protocol: 9 }))).rejects.toMatchObject(refused);
    await expect(new EngineRun().delete(created)).rejects.toMatchObject(refused);
    const others = await new EngineRun().create(argsFor({ prefix: "198.51.100.0/24" }));
    await new EngineRun().delete(others);
    expect([await host.machine.routes(), await list()]).toEqual([routes, listed]);
    expect(existsSync(host.machine.path("/run/run"))).toBe(false);
    await onHost(`rm -rf ${recordPath} /run/elsewhere`);
    await new EngineRun().delete(created);
  });
});

describe("what a run leaves that was killed with its watchdog", () => {
  it("is taken back by the next run, if it was not confirmed", async () => {
    await onHost(`mkdir -p ${directory}/new; echo nonsense >${directory}/new/some-name`);
    await onHost(
      `echo '1 route del local ${prefix} dev lo table 255 proto 177 metric 1024' >${directory}/undo`,
    );
    await onHost(`ip route add local ${prefix} dev lo proto 177`);
    const other = await new EngineRun().create(argsFor({ prefix: "198.51.100.0/24" }));
    expect(await isPresent()).toBe(false);
    expect(readdirSync(host.machine.path(`${directory}/routes`))).toEqual([
      "198.51.100.0_24-table-255-metric-0",
    ]);
    await new EngineRun().delete(other);
  });

  it("is finished by the next run, if it was", async () => {
    const [first, second] = [
      await new EngineRun().create(argsFor()),
      await new EngineRun().create(argsFor({ prefix: "198.51.100.0/24", owner: "project/stack/second" })),
    ];
    await onHost(
      `cd ${directory}; mkdir -p new; mv routes/2001* new/; printf 'routes/198.51.100.0_24-table-255-metric-0\\n.\\n' >kept; : >undo`,
    );
    const third = await new EngineRun().create(
      argsFor({ prefix: "203.0.113.0/24", owner: "project/stack/third" }),
    );
    expect(readdirSync(host.machine.path(`${directory}/routes`)).sort()).toEqual([
      "2001:db8:7::_64-table-255-metric-1024",
      "203.0.113.0_24-table-255-metric-0",
    ]);
    for (const resource of [first, second, third]) await new EngineRun().delete(resource);
  });
});

it("a full /run is refused before anything has changed", async () => {
  await onHost("mount -o remount,size=64k /run && { cat /dev/zero >/run/filler 2>/dev/null || true; }");
  await expect(new EngineRun().create(argsFor())).rejects.toMatchObject({
    code: "HOST_UNSUPPORTED",
    message: expect.stringContaining("/run"),
  });
  expect(await isPresent()).toBe(false);
  await onHost("rm -f /run/filler; mount -o remount,size=64m /run");
  const created = await new EngineRun().create(argsFor());
  await new EngineRun().delete(created);
});

it("two stacks at once share a host, and each has only its own", async () => {
  const run = async (stack: string) => {
    const engine = new EngineRun();
    const made = await Promise.allSettled(
      Array.from({ length: 30 }, (_, index) =>
        engine.create(argsFor({ prefix: `198.51.100.${index}/32`, owner: `${stack}/dev/site-${index}` })),
      ),
    );
    return made.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  };
  const [shop, blog] = await Promise.all([run("shop"), run("blog")]);
  expect(shop.length + blog.length).toBe(30);
  expect((await host.machine.routes()).match(/ 198\.51\.100\.\d+ /g)).toHaveLength(30);
  const [one, other] = [new EngineRun(), new EngineRun()];
  await Promise.all([...shop.map((each) => one.delete(each)), ...blog.map((each) => other.delete(each))]);
});
