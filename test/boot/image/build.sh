#!/bin/sh
# Builds the Debian that the boot test boots, from packages alone: FOLDER/rootfs for containers, and FOLDER/disk.ext4,
# FOLDER/vmlinuz and FOLDER/initrd for the emulator. Needs root, mmdebstrap, e2fsprogs and the machine's own apt sources.
#
#   build.sh FOLDER SUITE SOURCES-FILE…
#
# nginx is not installed: its packages lie inside as an apt source of files, so that userdata's `apt-get install nginx`
# runs for real where no network is.
set -eu
folder=$1
suite=$2
shift 2
rootfs=$folder/rootfs
rm -rf "$rootfs"

# An initial RAM disk with what the emulator's disk needs and nothing else: both making it and unpacking it take their time.
slim_initrd='set -eu
  mkdir -p "$1"/etc/initramfs-tools/conf.d "$1"/usr/share/initramfs-tools/modules.d
  echo MODULES=list >"$1"/etc/initramfs-tools/conf.d/boot-test.conf
  printf "virtio_pci\nvirtio_blk\next4\n" >"$1"/usr/share/initramfs-tools/modules.d/boot-test'

# systemd-resolved makes the image's resolv.conf a dangling link, so apt runs from outside in hooks.
fetch_nginx='set -eu
  offline=$1/opt/offline
  mkdir -p "$offline"
  APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get install --yes --no-install-recommends --download-only nginx
  mv "$1"/var/cache/apt/archives/*.deb "$offline"
  cd "$offline"
  for deb in *.deb; do
    dpkg-deb --field "$deb"
    printf "Filename: ./%s\nSize: %s\nSHA256: %s\n\n" \
      "$deb" "$(stat --format=%s "$deb")" "$(sha256sum "$deb" | cut -c 1-64)"
  done >Packages'

# No packages of the network any more; a network that cloud-init configures; and nothing that waits for a person.
settle='set -eu
  rm -rf "$1"/etc/apt/sources.list "$1"/etc/apt/sources.list.d "$1"/var/lib/apt/lists
  mkdir -p "$1"/etc/apt/sources.list.d "$1"/var/lib/apt/lists
  echo "deb [trusted=yes] file:/opt/offline ./" >"$1"/etc/apt/sources.list
  chroot "$1" systemctl enable systemd-networkd systemd-networkd-wait-online systemd-resolved
  chroot "$1" systemctl mask apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer
  # Each runs at boot and at every reload, of which userdata brings several, and looks for what is not there.
  mkdir -p "$1"/etc/systemd/system-generators
  for what in cryptsetup debug gpt-auto hibernate-resume integritysetup rc-local run system-update veritysetup; do
    ln -s /dev/null "$1"/etc/systemd/system-generators/systemd-$what-generator
  done
  mkdir -p "$1"/var/log/journal
  # The order in which services stopped is read from a journal that was kept.
  mkdir -p "$1"/etc/systemd/journald.conf.d
  printf "[Journal]\nStorage=persistent\nCompress=no\n" >"$1"/etc/systemd/journald.conf.d/boot-test.conf
  # cloud-init writes sources of its own otherwise, of a network that is not there; and there are no locales to choose from.
  printf "apt: {preserve_sources_list: true}\nlocale: false\n" \
    >"$1"/etc/cloud/cloud.cfg.d/90_boot-test.cfg
  : >"$1"/etc/machine-id
  rm -f "$1"/etc/hostname
  echo debian >"$1"/etc/hostname'

packages=systemd,systemd-sysv,systemd-resolved,dbus,udev,kmod,iproute2,procps,cloud-init,curl,ca-certificates
packages=$packages,linux-image-cloud-amd64,initramfs-tools

mmdebstrap --variant=minbase --include="$packages" \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  --essential-hook="$slim_initrd" --customize-hook="$fetch_nginx" --customize-hook="$settle" \
  "$suite" "$rootfs" "$@"

cp "$rootfs"/boot/vmlinuz-* "$folder/vmlinuz"
cp "$rootfs"/boot/initrd.img-* "$folder/initrd"
rm -f "$folder/disk.ext4"
mke2fs -q -t ext4 -d "$rootfs" "$folder/disk.ext4" 1536M
