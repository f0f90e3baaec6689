#!/bin/sh
# Installs the agent on Raspberry Pi OS (bookworm, trixie; 64-bit, and 32-bit without checked hashes), or prepares a card
# to become the image of a fleet. Run it as root from a checkout of the repository; a second time updates:
#   sudo deploy/pi/install.sh
# --root DIR works on a card mounted there: files only, no user is made and nothing is started.
set -eu

root=
if [ "${1:-}" = --root ]; then
    root=$2
fi
source=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)

fail() {
    echo "install.sh: $1" >&2
    exit 1
}

put() {
    mkdir -p -- "$root$(dirname -- "$2")"
    install -m 0644 -- "$source/$1" "$root$2"
}

put_files() {
    put pi_reader/systemd/hydrofleet-pi.service /etc/systemd/system/hydrofleet-pi.service
    put deploy/pi/hydrofleet-pi-joined.path /etc/systemd/system/hydrofleet-pi-joined.path
    put deploy/pi/hydrofleet-pi-joined.service /etc/systemd/system/hydrofleet-pi-joined.service
    put deploy/pi/hydrofleet-usb@.service /etc/systemd/system/hydrofleet-usb@.service
    put deploy/pi/99-hydrofleet-usb.rules /etc/udev/rules.d/99-hydrofleet-usb.rules
    put deploy/pi/98-hydrofleet-led.rules /etc/udev/rules.d/98-hydrofleet-led.rules
    if [ ! -e "$root/etc/hydrofleet/pi.toml" ]; then
        put deploy/pi/pi.toml /etc/hydrofleet/pi.toml
    fi
}

check_python() {
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "Python 3.11 or newer is needed: use Raspberry Pi OS bookworm or trixie"
    python3 -c 'import ensurepip' 2>/dev/null || fail "python3-venv is missing: sudo apt install python3-venv"
}

# The libraries are checked against the hashes in requirements-pi.txt. 32-bit systems take some from piwheels.org, which
# builds them itself, so that their hashes are others: there the versions are pinned and nothing more.
install_libraries() {
    if [ "$(getconf LONG_BIT)" = 64 ]; then
        /opt/hydrofleet/bin/pip install --quiet --require-hashes -r "$source/requirements-pi.txt"
    else
        echo "32-bit system: versions are pinned, hashes are not checked"
        pins=$(mktemp)
        grep -o '^[a-z0-9][^ ]*==[^ ]*' "$source/requirements-pi.txt" >"$pins"
        /opt/hydrofleet/bin/pip install --quiet -r "$pins" ||
            fail "a library has to be compiled: sudo apt install gcc python3-dev, then run this again"
        rm -- "$pins"
    fi
}

install_agent() {
    wheels=$(mktemp -d)
    sh "$source/deploy/pi/build-wheel.sh" "$wheels" /opt/hydrofleet/bin/python
    /opt/hydrofleet/bin/pip install --quiet --no-deps --force-reinstall "$wheels"/hydrofleet_pi-*.whl
    rm -r -- "$wheels"
    ln -sf /opt/hydrofleet/bin/hydrofleet-pi /usr/local/bin/hydrofleet-pi
}

switch_on_buses() {
    if command -v raspi-config >/dev/null; then
        raspi-config nonint do_i2c 0
        raspi-config nonint do_onewire 0
    else
        echo "no raspi-config here: switch on I2C (dtparam=i2c_arm=on) and 1-Wire (dtoverlay=w1-gpio) yourself"
    fi
}

put_files
if [ -n "$root" ]; then
    exit 0
fi
[ "$(id -u)" = 0 ] || fail "run me as root: sudo $0"
check_python
for group in i2c gpio; do
    getent group "$group" >/dev/null || groupadd --system "$group"
done
getent passwd hydrofleet >/dev/null || useradd --system --no-create-home --groups i2c,gpio hydrofleet
python3 -m venv /opt/hydrofleet
install_libraries
install_agent
switch_on_buses
udevadm control --reload
udevadm trigger --subsystem-match=leds --action=change
systemctl daemon-reload
systemctl enable hydrofleet-pi.service hydrofleet-pi-joined.path hydrofleet-pi-joined.service
cat <<'END'
Installed. One Pi: put hydrofleet.toml on the boot partition and restart; sudo hydrofleet-pi selftest checks it.
An image for many: put hydrofleet.toml on the boot partition, then sudo hydrofleet-pi prepare-image.
END
