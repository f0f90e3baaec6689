"""Where things lie on a Pi's card, below one root, so that everything can be tried on a folder."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

JOIN_FILE = "hydrofleet.toml"
STICK_FILE = "hydrofleet-enroll.toml"


@dataclass(frozen=True, slots=True)
class Roots:
    """The places that the agent and its helpers read and write; ``root`` is ``/`` on a real Pi.

    ``tank`` is empty for the Pi's own tank, else the letter of a further one.
    """

    root: Path = Path("/")
    tank: str = ""

    def at(self, path: str | Path) -> Path:
        """Give an absolute path below the root; one that lies there already is left as it is."""
        wanted = Path(path)
        if wanted.is_relative_to(self.root):
            return wanted
        return self.root / wanted.relative_to("/")

    @property
    def boot_file(self) -> Path:
        """The file on the boot partition that tells a new Pi where to go; every computer can write it."""
        new, old = (self.at(f"/{folder}/{JOIN_FILE}") for folder in ("boot/firmware", "boot"))
        return old if old.is_file() and not new.is_file() else new

    @property
    def device_tree_serial(self) -> Path:
        """The board's serial number, as its firmware tells it."""
        return self.at("/proc/device-tree/serial-number")

    @property
    def device_tree_model(self) -> Path:
        """What the board is called, as its firmware tells it."""
        return self.at("/proc/device-tree/model")

    @property
    def cpu_info(self) -> Path:
        """The board's serial number, where the firmware has no device tree."""
        return self.at("/proc/cpuinfo")

    @property
    def host_name(self) -> Path:
        """The name the machine takes when it starts."""
        return self.at("/etc/hostname")

    @property
    def hosts(self) -> Path:
        """The names the machine knows without asking."""
        return self.at("/etc/hosts")

    @property
    def machine_id(self) -> Path:
        """systemd's number of this installation."""
        return self.at("/etc/machine-id")

    @property
    def w1_devices(self) -> Path:
        """The thermometers, as the kernel shows them."""
        return self.at("/sys/bus/w1/devices")

    @property
    def leds(self) -> Path:
        """The lights of the board."""
        return self.at("/sys/class/leds")

    @property
    def run_dir(self) -> Path:
        """The folder in memory that systemd makes for the agent."""
        return self.at("/run/hydrofleet-pi")

    def network_addresses(self) -> Iterator[Path]:
        """Give the hardware addresses of the built-in network interfaces."""
        for name in ("eth0", "end0", "wlan0"):
            yield self.at(f"/sys/class/net/{name}/address")

    def host_keys(self) -> list[Path]:
        """List the keys with which this machine proves itself to people who log in."""
        return sorted(self.at("/etc/ssh").glob("ssh_host_*_key*"))

    def stick_files(self) -> list[Path]:
        """List the joining files on USB sticks; the system mounts sticks there, read-only."""
        return sorted(self.at("/run/hydrofleet/usb").glob(f"*/{STICK_FILE}"))
