// Persistence on a host that sysvinit boots, with its network by ifupdown.
import { ifupdownBackend } from "../../../../provider/host/persistence/ifupdown";
import type { Host } from "../../../../sandbox";
import { describeBackend } from "./backend-conformance";

/** What a boot does next when lo is up: before anything that has an init script of runlevel 2, sshd for one. */
async function runWhenLoIsUp(host: Host, command: string): Promise<void> {
  const hook = "/etc/network/if-up.d/zz-probe";
  const text = `#!/bin/sh\n[ "$IFACE" = lo ] || exit 0\n${command}\n`;
  await host.execOrThrow(["sh", "-c", `cat >${hook} && chmod 755 ${hook}`], { stdin: text });
}

describeBackend({
  backend: ifupdownBackend,
  flavour: "ifupdown",
  runWithServices: runWhenLoIsUp,
  stop: 'kill "$(cat /run/pulumi-anyip.pid)"',
  kill: 'kill -9 "$(cat /run/pulumi-anyip.pid)"',
  disturbances: [
    "service networking restart",
    "ifdown --force lo; ifup lo",
    "ip link set eth0 down; ip link set eth0 up",
  ],
  foreignFolder: "/etc/network/if-up.d",
});
