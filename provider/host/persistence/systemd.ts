// Persistence on a host that systemd has booted, whatever configures its network: one unit (systemd.service(5)). Pure.
import { defineBackend } from "./backend";
import { restorePath, versionLine } from "./paths";

const unit = "pulumi-anyip.service";
const unitPath = `/etc/systemd/system/${unit}`;
const wantsDirectory = "/etc/systemd/system/sysinit.target.wants";
const unitsDirectory = "/run/systemd/units";
const link = `${wantsDirectory}/${unit}`;

/**
 * At boot the routes are there before sysinit.target, so before every service with the default dependencies, and before
 * network managers. lo is up by then: systemd itself has seen to it. `boot` does not wait for the lock, so the unit
 * can be started by the run that has it. sh is named because SELinux or noexec may forbid to execute what is in /etc.
 */
const unitText = `[Unit]
${versionLine}
Description=Local routes of pulumi-anyip
DefaultDependencies=no
Wants=network-pre.target
After=local-fs.target systemd-sysctl.service
Before=network-pre.target sysinit.target shutdown.target
Conflicts=shutdown.target
StartLimitIntervalSec=0

[Service]
ExecStartPre=-/bin/sh ${restorePath} boot
ExecStart=/bin/sh ${restorePath} watch
Restart=on-failure
RestartSec=5
KillMode=mixed
CapabilityBoundingSet=CAP_NET_ADMIN
NoNewPrivileges=yes

[Install]
WantedBy=sysinit.target
`;

export const systemdBackend = defineBackend({
  name: "systemd",
  detect: "[ -d /run/systemd/system ]",
  file: { path: unitPath, mode: "644", text: unitText },
  links: [link],
  linkDirectory: wantsDirectory,
  // systemd has such a link while the unit is active; before version 236 there are none, and this is not looked at.
  isRunning: `{ [ -L ${unitsDirectory}/invocation:${unit} ] || [ ! -d ${unitsDirectory} ]; }`,
  start: [
    // As `systemctl enable` does, which would have the manager read all units once more.
    `{ [ -d ${wantsDirectory} ] || { mkdir ${wantsDirectory} && chmod 755 ${wantsDirectory}; }; }`,
    `ln -sf ${unitPath} ${link}`,
    "systemctl daemon-reload",
    `systemctl restart ${unit}`,
  ],
  stop: [`systemctl stop ${unit} 2>/dev/null`],
  forget: [
    `rmdir ${wantsDirectory} 2>/dev/null`,
    "systemctl daemon-reload",
    `systemctl reset-failed ${unit} 2>/dev/null`,
  ],
});
