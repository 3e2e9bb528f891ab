// All of a host that a route's life could leave a trace in. Equal texts mean that nothing is left.
import type { Host } from "../../sandbox";

/** What changes by itself, without any of us. All else in /etc and /run counts. */
const notOurs = [
  // Who is logged in, which init and sshd note there.
  "/run/utmp",
  // A stream for each service that runs, and the log itself.
  "/run/systemd/journal",
  "/run/log/journal",
  // Which service has been started last under which id: timers do that, too.
  "/run/systemd/units",
  // What networkd knows of each link, written anew whenever it looks.
  "/run/systemd/netif",
  // OpenRC's list of services, made anew by whatever asks it next after one has come or gone.
  "/run/openrc/deptree",
];

/** How many connections the kernel tracks at the moment. */
const volatileSwitch = "/nf_conntrack_count:";

// Without times: reading and starting things sets them. One line a file, link or directory, one more for a file's content.
const listFiles = `
skip() { find /etc /run \\( ${notOurs.map((path) => `-path ${path}`).join(" -o ")} \\) -prune -o "$@"; }
skip -printf '%p %M %U:%G %l\\n' | sort
skip -type f -exec sha256sum {} + | sort -k 2`;

// Some can be written only.
const listSwitches = `grep -rs '' /proc/sys/net | grep -v '${volatileSwitch}' | sort`;

/**
 * Route tables of both families, the network's sysctls, and /etc and /run with modes, owners, links and checksums.
 * A host that has just booted is still busy with it: the text is one that two looks agree on.
 */
export async function fingerprintHost(host: Host): Promise<string> {
  let before = await look(host);
  for (;;) {
    const now = await look(host);
    if (now === before) return now;
    before = now;
  }
}

async function look(host: Host): Promise<string> {
  const listings = ["set -e; export LC_ALL=C", listSwitches, listFiles].join("\n");
  return (await host.routes()) + (await host.execOrThrow(["sh", "-c", listings]));
}
