// The shell text that makes a test host's inside out of busybox and dropbear: a root of its own, of a few files.

import { BECOME_INIT, PREPARE_NETWORK } from "../namespace-script";

/**
 * For a busybox that is built without flock, as Debian's is: util-linux's, behind a script that takes what busybox's takes
 * and refuses all else in its words (1.35).
 */
const FLOCK = `#!/bin/sh
case $1 in -[!sxun]*)
  echo "flock: invalid option -- '\${1#-}'
BusyBox v1.35.0 multi-call binary.

Usage: flock [-sxun] FD | { FILE [-c] PROG ARGS }" >&2
  exit 1
esac
exec /libexec/flock "$@"
`;

/** What becomes process 1, inside; $1 is the name. */
export const BUSYBOX_INIT = `name=$1\n${BECOME_INIT}`;

/**
 * $1 is the name, $2 a directory of the machine's to mount on, $3 BUSYBOX_INIT. The root is a tmpfs with every applet
 * where busybox wants it, dropbear, perhaps flock, and the libraries of these; /proc, /sys and /dev are as HOST_SCRIPT
 * in namespace-script.ts has them.
 */
export const BUSYBOX_SCRIPT = `
set -eu
name=$1
mount -n -t proc proc /proc
hostname "$name"
(${PREPARE_NETWORK})
mount -n -t tmpfs -o mode=755 anyip "$2"
# In a chroot to a plain directory / is no mount of its own, and this safeguard can't be had.
mount -n -o remount,bind,ro / 2>/dev/null || :
cd "$2"
mkdir -p bin dev etc/dropbear home libexec proc root run sbin sys tmp usr/bin usr/sbin var/log
chmod 1777 tmp
chmod 700 root
: >etc/passwd >etc/group >etc/shadow
chmod 600 etc/shadow
put() {
  program=$(command -v "$1") || { echo "there is no $1: packages busybox and dropbear-bin have them" >&2; exit 1; }
  cp "$program" "$2"
  # Of a program without libraries it says that there are none.
  for library in $(ldd "$2" 2>/dev/null | grep -o '/[^ ]*'); do
    mkdir -p ".\${library%/*}"
    [ -e ".$library" ] || cp "$library" ".$library"
  done
}
put busybox bin/busybox
put dropbear usr/sbin/dropbear
chroot . /bin/busybox --install -s
# A link there is to /bin/busybox, which from here is the machine's.
if ! [ -L usr/bin/flock ]; then
  put flock libexec/flock
  cat >usr/bin/flock <<'FLOCK'
${FLOCK}FLOCK
  chmod 755 usr/bin/flock
fi
mount -n -t proc proc proc
mount -n -t sysfs -o ro sysfs sys
mount -n --rbind /dev dev
# Of a chroot to a plain directory nothing can be pivoted away: there, what is outside only can't be seen.
if pivot_root . tmp 2>/dev/null; then umount -n -l tmp; fi
exec chroot . sh -c "$3" sh "$name"
`;
