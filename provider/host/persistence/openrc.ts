// Persistence on a host that OpenRC has booted: one service (openrc-run(8)), the same for Alpine, Gentoo and Debian. Pure.
import { defineBackend, isWatching } from "./backend";
import { restorePath, versionLine, watcherPidFile } from "./paths";

const service = "pulumi-anyip";
const servicePath = `/etc/init.d/${service}`;

/**
 * What comes before the network must bring up lo itself. The second line of `after` is for Debian, whose names differ. There
 * is no comment for LSB, although Debian's insserv would like one: with it, Debian's OpenRC takes this for a script of
 * sysvinit. The watcher writes its file itself, when it can be ended: start-stop-daemon would write it too early.
 */
const serviceText = `#!/sbin/openrc-run
${versionLine}

description="Local routes of pulumi-anyip"
command=/bin/sh
command_args="${restorePath} watch ${watcherPidFile}"
start_stop_daemon_args=--background
pidfile=${watcherPidFile}
retry=TERM/5/KILL/5

depend() {
	after localmount bootmisc sysctl loopback
	after mountall.sh mountall-bootclean.sh procps
	before net
}

start_pre() {
	ip link set lo up
	/bin/sh ${restorePath} boot
	return 0
}

start_post() {
	tries=50
	until [ -s "$pidfile" ] || [ ! -e ${restorePath} ] || [ $((tries -= 1)) -lt 0 ]; do sleep 0.1; done
}

stop_post() {
	rm -f "$pidfile"
}
`;

const levels = ["boot", "sysinit"];

function linkIn(level: string): string {
  return `/etc/runlevels/${level}/${service}`;
}

// To stop what was killed is an error to OpenRC, which then takes it for started. It has left its file.
const stopService = `{ rc-service -q ${service} stop || rc-service -q ${service} zap; rm -f ${watcherPidFile}; }`;

export const openrcBackend = defineBackend({
  name: "openrc",
  detect: "[ -d /run/openrc ] && [ -x /sbin/openrc-run ]",
  file: { path: servicePath, mode: "755", text: serviceText },
  links: levels.map(linkIn),
  isRunning: isWatching,
  start: [
    // Debian never enters the runlevel boot, and has its network in sysinit, where others have no disk yet.
    "{ level=boot; [ ! -e /etc/runlevels/sysinit/networking ] || level=sysinit; }",
    `rc-update -q add ${service} $level`,
    stopService,
    `rc-service -q ${service} start`,
  ],
  stop: [stopService],
});
