// Hosts that cannot do what is asked: each says what is missing, and nothing is changed on it.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Hosts } from "../../../provider/hosts";
import { createSandbox, type Host, type Sandbox } from "../../../sandbox";
import { hidePrograms } from "../../support/hide-programs";
import { expectNothingLeft } from "../../support/host-processes";
import { ensurePresent, localRoute } from "../../support/route-operations";
import { connectionSpec } from "../../support/sandbox-connection";

const route = localRoute("2001:db8:7::/64");

/** Shell text that gives root a login shell that does `line` instead of what it is told. */
function replaceLoginShell(line: string): string {
  return `printf '%s\\n' '#!/bin/sh' '${line}' >/etc/odd-shell
chmod 755 /etc/odd-shell
sed -i 's|^\\(root:.*\\):[^:]*$|\\1:/etc/odd-shell|' /etc/passwd`;
}

interface BadHost {
  readonly name: string;
  readonly prepare: string;
  readonly sshdOptions?: readonly string[];
  readonly code: string;
  readonly message: RegExp;
}

const badHosts: readonly BadHost[] = [
  { name: "no-ip", prepare: hidePrograms("ip"), code: "HOST_UNSUPPORTED", message: /no `ip`.*iproute2/ },
  {
    name: "no-flock",
    prepare: hidePrograms("flock"),
    code: "HOST_UNSUPPORTED",
    message: /no `flock`.*util-linux/,
  },
  {
    name: "nologin",
    prepare: replaceLoginShell("echo This account is currently not available.; exit 1"),
    code: "UNEXPECTED_OUTPUT",
    message: /exit code 1 .*not available.*login shell/,
  },
  {
    name: "silent",
    prepare: replaceLoginShell("exit 0"),
    code: "UNEXPECTED_OUTPUT",
    message: /exit code 0 .*it said nothing/,
  },
  {
    name: "forced",
    prepare: "true",
    sshdOptions: ["ForceCommand echo only backups here"],
    code: "UNEXPECTED_OUTPUT",
    message: /only backups here.*ForceCommand/,
  },
  {
    name: "endless",
    prepare: replaceLoginShell("while :; do echo Welcome, welcome, welcome; done"),
    code: "UNEXPECTED_OUTPUT",
    message: /prints without end/,
  },
  {
    name: "no-ipv6",
    prepare: "echo 1 >/proc/sys/net/ipv6/conf/lo/disable_ipv6",
    code: "ROUTE_REJECTED",
    message: /IPv6 is disabled on lo.*net\.ipv6\.conf\.lo\.disable_ipv6=0/,
  },
];

describe.concurrent("a host that cannot do it", { timeout: 60_000 }, () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    const hosts = badHosts.map(({ name, sshdOptions = [] }) => ({ name, sshdOptions }));
    sandbox = await createSandbox({ hosts });
  });
  afterAll(() => sandbox?.close());

  /** Not by `ip`, which some of them lack. */
  const readRoutes = (machine: Host) =>
    machine.execOrThrow(["cat", "/proc/net/ipv6_route", "/proc/net/fib_trie"]).then(dropUseCounts);
  const dropUseCounts = (text: string) =>
    text.replace(/^([0-9a-f]{32} .. [0-9a-f]{32} .. [0-9a-f]{32} \S+) \S+ \S+/gm, "$1");

  it.each(badHosts)("$name: says $code", async ({ name, prepare, code, message }) => {
    const machine = sandbox.host(name);
    await machine.execOrThrow(["sh", "-c", prepare]);
    const before = await readRoutes(machine);
    const spec = connectionSpec(sandbox, machine, { commandTimeout: 20 });
    const { host } = new Hosts().find(spec, undefined);
    const error: unknown = await host.change(ensurePresent(route)).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code });
    expect(String(error)).toMatch(message);
    expect(await readRoutes(machine)).toBe(before);
    await expectNothingLeft(machine, "success");
  });

  it("does IPv4 on a host without IPv6, beside the IPv6 that it refuses", async () => {
    const machine = await sandbox.addHost({ name: "half" });
    await machine.execOrThrow(["sh", "-c", "echo 1 >/proc/sys/net/ipv6/conf/lo/disable_ipv6"]);
    const { host } = new Hosts().find(connectionSpec(sandbox, machine), undefined);
    const routes = [route, localRoute("198.51.100.0/24")];
    const outcomes = await Promise.allSettled(routes.map((each) => host.change(ensurePresent(each))));
    expect(outcomes).toMatchObject([
      { status: "rejected", reason: { code: "ROUTE_REJECTED" } },
      { status: "fulfilled", value: "added" },
    ]);
  });
});
