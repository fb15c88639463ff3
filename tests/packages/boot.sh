#!/bin/sh
# Boots systemd as PID 1 on a root of its own, in namespaces of its own; machine.py calls it. Everything vanishes with it.
#     boot.sh LOWER WORK TARGET
# LOWER is the root's content, which stays as it is: what is written goes into memory. WORK is an empty folder.
set -eu
lower=$1 work=$2 target=$3
root=$work/root

mount --make-rprivate /
mount -t tmpfs -o mode=0755 tmpfs "$work"
mkdir "$work/upper" "$work/work" "$root"
mount -t overlay -o "lowerdir=$lower,upperdir=$work/upper,workdir=$work/work" overlay "$root"
for folder in proc sys dev run tmp; do mkdir -p "$root/$folder"; done
mount -t proc proc "$root/proc"
# Read-only, so that systemd starts no udev.
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup" || true
mount -t tmpfs -o mode=0755 tmpfs "$root/dev"
mount -t tmpfs -o mode=0755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
for node in null zero full random urandom tty; do
    touch "$root/dev/$node"
    mount --bind "/dev/$node" "$root/dev/$node"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
ln -s /proc/self/fd "$root/dev/fd"
ip link set lo up
hostname pncp-test
# The host's own PNCP, if it has one, is not what is tested; what the caller wants to see is.
if [ "$lower" = / ]; then rm -rf "$root/etc/pncp" "$root"/var/lib/pncp*; fi
if [ -d "$work.seed" ]; then tar -C "$work.seed" -c . | tar -C "$root" -x --keep-directory-symlink; fi

cd "$root"
mkdir -p old
pivot_root . old
umount -l old
rmdir old 2>/dev/null || true
# systemd hands credentials to services by mounts that have to show in its own namespace.
mount --make-rshared /
exec env -i container=pncp-test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --system --unit="$target" --log-target=console --log-level=notice --show-status=no
