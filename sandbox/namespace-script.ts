// The shell text that makes the inside of a test host's, peer's or switch's namespaces. Runs as process 1.

/** Last line that a set-up prints. */
export const READY = "ready";

/**
 * Becomes process 1 and stays until standard input (the pipe from the sandbox's owner) ends or says "keep",
 * which leaves the machine without an owner. When process 1 ends the kernel ends everything in the process
 * namespace, and with it the other namespaces: that is how nothing outlives an owner, even one that is
 * killed. The waiting shell also reaps what is orphaned inside.
 */
export const BECOME_INIT = `
cd /
exec 3<&0 </dev/null
echo ${READY}
exec sh -c 'exec >/dev/null 2>&1
(read -r word <&3 && [ "$word" = keep ] && exec sleep infinity) & wait $!' "anyip-$name"
`;

/**
 * Sets what a network namespace may have taken over from the machine (forwarding from Docker, IPv6 turned
 * off) and lets addresses be usable at once, without duplicate address detection.
 */
export const PREPARE_NETWORK = `
cd /proc/sys/net
echo 0 > ipv4/ip_forward
echo 0 > ipv4/conf/all/rp_filter
echo 0 > ipv4/conf/default/rp_filter
echo 0 > ipv6/conf/all/forwarding
for scope in all default; do echo 0 > ipv6/conf/$scope/disable_ipv6; done
echo 0 > ipv6/conf/default/accept_dad
ip link set lo up
`;

/**
 * $1 is the name, $2 a directory of the machine's to mount on. Then: /etc and /var are the machine's own
 * with private changes; /run, /tmp, /root and /home start empty; /proc and /sys are those of the
 * namespaces; all else can be read only. The changes live in a tmpfs, because an overlay's upper layer
 * can't lie on another overlay, which is what / is in a container. `-n` keeps mount(8) from making
 * /run/mount, which at first would be the machine's own.
 */
export const HOST_SCRIPT = `
set -eu
name=$1 layers=$2
mount -n -t proc proc /proc
mount -n -t sysfs -o ro sysfs /sys
mount -n -t tmpfs -o mode=755 anyip "$layers"
for directory in etc var; do
  mkdir -p "$layers/$directory/upper" "$layers/$directory/work"
  mount -n -t overlay -o "lowerdir=/$directory,upperdir=$layers/$directory/upper,workdir=$layers/$directory/work" \\
    overlay "/$directory"
done
mount -n -t tmpfs -o mode=700 anyip /root
mount -n -t tmpfs -o mode=755 anyip /home
mount -n -t tmpfs -o mode=1777 anyip /tmp
mount -n -t tmpfs -o mode=755 anyip /run
# In a chroot to a plain directory / is no mount of its own, and this one safeguard can't be had.
mount -n -o remount,bind,ro / 2>/dev/null || :
hostname "$name"
${PREPARE_NETWORK}
${BECOME_INIT}
`;

/** $1 is the name. A switch: a bridge that floods what it doesn't know, and no address or IPv6 of its own. */
export const SWITCH_SCRIPT = `
set -eu
name=$1
mount -n -t proc proc /proc
for scope in all default; do echo 1 > /proc/sys/net/ipv6/conf/$scope/disable_ipv6; done
ip link set lo up
ip link add br0 up type bridge stp_state 0 forward_delay 0 mcast_snooping 0
${BECOME_INIT}
`;
