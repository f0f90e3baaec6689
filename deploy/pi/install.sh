#!/bin/sh
# Prepares a card to become the image of a fleet. Run it as root on one Pi, from a checkout of the repository:
#   sudo deploy/pi/install.sh
# --root DIR works on a card mounted there: files only, no user is made and nothing is started.
set -eu

root=
if [ "${1:-}" = --root ]; then
    root=$2
fi
source=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)

put() {
    mkdir -p -- "$root$(dirname -- "$2")"
    install -m 0644 -- "$source/$1" "$root$2"
}

put pi_reader/systemd/hydrofleet-pi.service /etc/systemd/system/hydrofleet-pi.service
put deploy/pi/hydrofleet-pi-joined.path /etc/systemd/system/hydrofleet-pi-joined.path
put deploy/pi/hydrofleet-pi-joined.service /etc/systemd/system/hydrofleet-pi-joined.service
put deploy/pi/hydrofleet-usb@.service /etc/systemd/system/hydrofleet-usb@.service
put deploy/pi/99-hydrofleet-usb.rules /etc/udev/rules.d/99-hydrofleet-usb.rules
if [ ! -e "$root/etc/hydrofleet/pi.toml" ]; then
    put deploy/pi/pi.toml /etc/hydrofleet/pi.toml
fi
if [ -n "$root" ]; then
    exit 0
fi

getent passwd hydrofleet >/dev/null || useradd --system --no-create-home --groups i2c,gpio hydrofleet
python3 -m venv /opt/hydrofleet
/opt/hydrofleet/bin/pip install --quiet "$source[pi]"
udevadm control --reload
systemctl daemon-reload
systemctl enable hydrofleet-pi.service hydrofleet-pi-joined.path hydrofleet-pi-joined.service
echo "Installed. Put hydrofleet.toml on the boot partition, then: hydrofleet-pi prepare-image"
