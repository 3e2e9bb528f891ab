// A host with more ownership records than one command line has room for.
import { mkdirSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { isUnreadable, recordDirectory, recordPath } from "../../../provider/host/record";
import { formatRecord } from "../../../provider/host/record-text";
import { Hosts } from "../../../provider/hosts";
import { createSandbox, type Host, type Sandbox } from "../../../sandbox";
import { localRoute } from "../../support/route-operations";
import { connectionSpec } from "../../support/sandbox-connection";

const count = 6000;
const flavours = ["root", "busybox"] as const;

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await createSandbox({ hosts: flavours.map((flavour) => ({ name: flavour, flavour })) });
});
afterAll(() => sandbox?.close());

function writeRecords(machine: Host): void {
  mkdirSync(machine.path(recordDirectory(false)), { recursive: true, mode: 0o700 });
  for (let index = 1; index <= count; index++) {
    const record = {
      route: localRoute(`3fff:${index.toString(16)}::/64`),
      owner: `blog/prod/site-${index}`,
      origin: "created",
      token: `anyip-${index}`,
      machineId: "-",
      persists: false,
      hold: { kind: "route" },
    } as const;
    writeFileSync(machine.path(recordPath(record)), `${formatRecord(record)}\n`);
  }
}

it.each(flavours)("each of them can be read (%s)", async (flavour) => {
  const machine = sandbox.host(flavour);
  writeRecords(machine);
  const { host } = new Hosts().find(connectionSpec(sandbox, machine), undefined);
  const found = (await host.observe({ family: "ipv6", table: 255 })).listRecords();
  expect(found).toHaveLength(count);
  expect(found.filter(([, record]) => isUnreadable(record))).toEqual([]);
});
