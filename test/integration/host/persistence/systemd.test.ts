// Persistence on a host that systemd has booted.
import { systemdBackend } from "../../../../provider/host/persistence/systemd";
import type { Host } from "../../../../sandbox";
import { describeBackend } from "./backend-conformance";

/** A service such as those that bind addresses are. */
async function runWithServices(host: Host, command: string): Promise<void> {
  const unit = `[Unit]
After=network.target
[Service]
Type=oneshot
ExecStart=/bin/sh /usr/local/bin/probe
[Install]
WantedBy=multi-user.target
`;
  await host.execOrThrow(["sh", "-c", "cat >/etc/systemd/system/probe.service"], { stdin: unit });
  await host.execOrThrow(["sh", "-c", "cat >/usr/local/bin/probe"], { stdin: `${command}\n` });
  await host.execOrThrow(["systemctl", "-q", "enable", "probe.service"]);
}

describeBackend({
  backend: systemdBackend,
  flavour: "systemd",
  runWithServices,
  stop: "systemctl stop pulumi-anyip",
  kill: "systemctl kill -s KILL --kill-who=main pulumi-anyip",
  disturbances: [
    "systemctl daemon-reexec",
    "systemctl restart systemd-networkd",
    "systemctl restart pulumi-anyip",
    "networkctl reload",
    "ip link set eth0 down; ip link set eth0 up",
  ],
  logCommand: ["journalctl", "-b", "-u", "pulumi-anyip"],
  foreignFolder: "/etc/systemd/system",
});
