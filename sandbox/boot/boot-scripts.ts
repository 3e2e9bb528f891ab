// The shell texts of a booted host: its keeper, which has its disk and its cable, and each boot inside of it.

import { PREPARE_NETWORK, READY } from "../namespace-script";

/**
 * $1 is the name, $2 a directory of the machine's to mount on, $3 the disk tree, $4 the host's cgroup. Process 1
 * of the keeper: it lives as BECOME_INIT in namespace-script.ts says, with the host's disk as its root, a tree
 * that is shared and a private layer above it which outlasts every boot. Cgroups are not in a namespace that
 * ends: so on SIGTERM, and when its owner ends, it first ends all else and removes the host's.
 */
export const KEEPER_SCRIPT = `
set -eu
name=$1 layers=$2 tree=$3 cgroup=/sys/fs/cgroup/$4
mount -n -t tmpfs -o mode=755 anyip "$layers"
cd "$layers"
mkdir upper work tree root
# An option of the overlay can't hold every character that a path can.
mount -n --bind "$tree" tree
mount -n -t overlay -o lowerdir=tree,upperdir=upper,workdir=work overlay root
cd root
mount -n -t proc proc proc
mount -n -t sysfs -o ro sysfs sys
mount -n -t cgroup2 cgroup2 sys/fs/cgroup
mount -n -t tmpfs -o mode=755 anyip run
mount -n --rbind /dev dev
for scope in all default; do echo 1 > /proc/sys/net/ipv6/conf/$scope/disable_ipv6; done
hostname "$name"
# Of a chroot to a plain directory nothing can be pivoted away: there, what is outside only can't be seen.
if pivot_root . mnt 2>/dev/null; then umount -n -l mnt; fi
exec 3<&0 </dev/null
exec chroot . sh -c '
end() {
  kill -s KILL -- -1
  until find $1 -depth -type d -exec rmdir {} + || ! [ -d $1 ]; do sleep 0.01; done
  exit
}
trap "end $1" TERM
echo ${READY}
exec >/dev/null 2>&1
(read -r word <&3 && [ "$word" = keep ] && exec sleep infinity) & wait $!
end $1' "anyip-$name" "$cgroup"
`;

/**
 * $1 is the host's cgroup, $2 the address of its network card, $3 ENTER_BOOT, $4 BOOT. Runs in the keeper, until
 * that ends: when a boot ends, by whatever, the next one begins, in new namespaces. An init that shut down in
 * order leaves the disk read only.
 */
export const BOOT_LOOP = `
cgroup=/sys/fs/cgroup/$1
exec 4</proc/self/ns/net
while :; do
  mount -n -o remount,rw /
  mkdir "$cgroup"
  unshare --net --mount --pid --uts --ipc --fork --kill-child -- sh -c "$3" sh "$cgroup" "$2" "$4"
  find "$cgroup" -depth -type d -exec rmdir {} +
  sleep 0.1
done
`;

/**
 * $1 is the host's cgroup, $2 the address of its network card, $3 BOOT. Goes into the cgroup before that becomes
 * the root of what a boot sees: two systemd in one cgroup would end each other's services.
 */
export const ENTER_BOOT = `
set -eu
echo 0 > "$1/cgroup.procs"
exec unshare --cgroup -- sh -c "$3" sh "$2"
`;

/**
 * $1 is the address of the network card. Process 1 of a boot: plugs the cable in, replaces the keeper's mounts,
 * and becomes the init. Of /proc/sys only the network's part, which is the namespace's own, can be written.
 */
export const BOOT = `
set -eu
cd /
umount -n -l /dev /run /sys /proc
mount -n -t proc proc /proc
mount -n -t sysfs -o ro sysfs /sys
mount -n -t cgroup2 cgroup2 /sys/fs/cgroup
mount -n -t tmpfs -o mode=755 tmpfs /run
mount -n -t tmpfs -o mode=755 tmpfs /dev
mknod -m 666 /dev/null c 1 3
mknod -m 666 /dev/zero c 1 5
mknod -m 666 /dev/full c 1 7
mknod -m 666 /dev/random c 1 8
mknod -m 666 /dev/urandom c 1 9
mknod -m 666 /dev/tty c 5 0
mkdir /dev/pts /dev/shm
mount -n -t devpts -o newinstance,ptmxmode=0666 devpts /dev/pts
ln -s pts/ptmx /dev/ptmx
ln -s /proc/self/fd /dev/fd
${PREPARE_NETWORK}
cd /
# The cable of the boot before may still be there: the kernel removes it some time after the namespace's end.
nsenter --net=/proc/self/fd/4 sh -c "ip link del host 2>/dev/null
exec ip link add host master br0 type veth peer name eth0 address $1 netns 1"
nsenter --net=/proc/self/fd/4 ip link set host up
exec 4<&-
for path in sys sys/net; do mount -n --bind /proc/$path /proc/$path; done
mount -n -o remount,bind,ro /proc/sys
# A kernel may have none.
if [ -e /proc/sysrq-trigger ]; then mount -n --bind /dev/null /proc/sysrq-trigger; fi
exec env -i container=lxc PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin /sbin/init >/dev/null 2>&1
`;
