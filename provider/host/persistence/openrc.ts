// Persistence on a host that OpenRC has booted: one service (openrc-run(8)), the same for Alpine, Gentoo and Debian. Pure.
import { defineBackend } from "./backend";
import { restorePath, versionLine } from "./paths";

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
command_args="${restorePath} watch /run/${service}.pid"
start_stop_daemon_args=--background
pidfile=/run/${service}.pid
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
	# busybox's ip watches nothing.
	case $(ip -V 2>&1) in *iproute2*) ;; *) return 0 ;; esac
	tries=50
	until [ -s "$pidfile" ] || [ $((tries -= 1)) -lt 0 ]; do sleep 0.1; done
}

stop_post() {
	rm -f "$pidfile"
}
`;

const levels = ["boot", "sysinit"];

function linkIn(level: string): string {
  return `/etc/runlevels/${level}/${service}`;
}

export const openrcBackend = defineBackend({
  name: "openrc",
  detect: "[ -d /run/openrc ] && [ -x /sbin/openrc-run ]",
  file: { path: servicePath, mode: "755", text: serviceText },
  links: levels.map(linkIn),
  start: [
    // Debian never enters the runlevel boot, and has its network in sysinit, where others have no disk yet.
    "{ level=boot; [ ! -e /etc/runlevels/sysinit/networking ] || level=sysinit; }",
    `rc-update -q add ${service} $level`,
    `rc-service -q ${service} restart`,
  ],
  stop: [
    `rc-service -q ${service} stop`,
    ...levels.map((level) => `[ ! -L ${linkIn(level)} ] || rc-update -q del ${service} ${level}`),
  ],
});
