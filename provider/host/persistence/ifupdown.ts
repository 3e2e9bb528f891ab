// Persistence on a host without systemd and OpenRC whose network ifupdown brings up (interfaces(5)): one script that ifup
// runs. Where sysvinit boots, that is in runlevel S, before services. Pure.
import { defineBackend, isWatching } from "./backend";
import { restorePath, storeDirectory, versionLine, watcherPidFile } from "./paths";

const hookPath = "/etc/network/if-up.d/pulumi-anyip";
const watcher = `--quiet --pidfile ${watcherPidFile} --exec /bin/sh`;

// Nobody else would start the watcher, or end it before the host goes down. It can be ended once its file is there.
const startWatcher = [
  `start-stop-daemon --start ${watcher} --oknodo --background -- ${restorePath} watch ${watcherPidFile}`,
  `tries=50; until [ -s ${watcherPidFile} ] || [ ! -e ${restorePath} ] || [ $((tries -= 1)) -lt 0 ]; do sleep 0.1; done`,
];
// One that was killed has left its file.
const stopWatcher = [`start-stop-daemon --stop ${watcher} --oknodo --retry 5`, `rm -f ${watcherPidFile}`];

const hookText = `#!/bin/sh
${versionLine}
# Puts recorded routes back when an interface that has some is up, and the first time anyhow; then has links watched.
if grep -qrsF " dev \${IFACE%%:*} " ${storeDirectory}/routes || ! start-stop-daemon --status ${watcher}; then
  /bin/sh ${restorePath} once
fi
${startWatcher.join("\n")}
# A failure here would be one of the interface.
exit 0
`;

export const ifupdownBackend = defineBackend({
  name: "ifupdown",
  detect:
    "[ -d /etc/network/if-up.d ] && [ -f /run/network/ifstate ] && command -v start-stop-daemon >/dev/null",
  file: { path: hookPath, mode: "755", text: hookText },
  isRunning: isWatching,
  start: [...stopWatcher, ...startWatcher, `[ -s ${watcherPidFile} ]`],
  stop: stopWatcher,
});
