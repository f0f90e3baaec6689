"""The commands of ``hydrofleet-pi`` around joining a fleet: enroll, joined, prepare-image."""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from pi_reader.roots import Roots

_CONFIG = "/etc/hydrofleet/pi.toml"


def add_places(command: argparse.ArgumentParser) -> None:
    """Add the options that say where things lie."""
    command.add_argument("--config", type=Path, default=None, metavar="FILE", help=f"default: {_CONFIG}")
    command.add_argument(
        "--root",
        type=lambda text: Roots(Path(text).absolute()),
        default=Roots(),
        metavar="DIR",
        help="work on the card mounted there",
    )


def config_file(arguments: argparse.Namespace) -> Path:
    """Give the configuration file that is meant."""
    given: Path | None = arguments.config
    roots: Roots = arguments.root
    return roots.at(_CONFIG) if given is None else given


def add_joining_commands(commands: Any) -> None:
    """Add the commands to the command line."""
    enroll = commands.add_parser("enroll", help="join the fleet now, and say how it went")
    add_places(enroll)
    enroll.add_argument("--wait", type=float, default=0.0, metavar="SECONDS", help="wait this long to be let in")
    enroll.set_defaults(command=_enroll)
    joined = commands.add_parser("joined", help="take the name this Pi was given, and the key off its card (as root)")
    add_places(joined)
    joined.set_defaults(command=_joined)
    image = commands.add_parser("prepare-image", help="delete what is this Pi's alone, before its card is copied")
    add_places(image)
    image.add_argument("--yes", action="store_true", help="also if this Pi has joined a fleet")
    image.set_defaults(command=_prepare_image)


def _enroll(arguments: argparse.Namespace) -> int:
    from pi_reader.clock import Clock
    from pi_reader.config import load_agent_config
    from pi_reader.station import build_membership
    from pi_reader.toml_table import ConfigError

    config = load_agent_config(config_file(arguments), roots=arguments.root)
    if config.server is None:
        raise ConfigError(f"nothing names a server: put {arguments.root.boot_file.name} on the boot partition")
    clock, tanks = Clock(trusted=config.delivery.trust_clock), config.each_tank(arguments.root)
    tokens = [tank.token_file for tank, _ in tanks]
    give_up_at = time.monotonic() + arguments.wait
    have_joined = True
    for tank, roots in tanks:
        membership, transport = build_membership(tank, config.server, roots, clock, tokens)
        have_joined &= _join(membership, f"tank {roots.tank} of this Pi" if roots.tank else "this Pi", give_up_at)
        transport.close()
    return 0 if have_joined else 1


def _join(membership: Any, who: str, give_up_at: float) -> bool:
    """Try to join until it is done, or until ``give_up_at`` (monotonic), and say how it went."""
    from pi_reader.transport import TransportError

    while True:
        try:
            wait_s = membership.attempt()
            trouble = membership.detail
        except TransportError as error:
            wait_s, trouble = 5.0, str(error)
        if wait_s is None:
            print(f"{who} is {membership.name or 'a member'}")
            return True
        if time.monotonic() + wait_s > give_up_at:
            print(trouble, file=sys.stderr)
            return False
        time.sleep(wait_s)


def _joined(arguments: argparse.Namespace) -> int:
    from pi_reader.config import load_agent_config
    from pi_reader.host_name import NoName, read_given_name, set_host_name
    from pi_reader.join_file import remove_key
    from pi_reader.keyring import has_to_join

    config, roots = load_agent_config(config_file(arguments), roots=arguments.root), arguments.root
    try:
        name = read_given_name(config.state_dir / "name")
    except NoName as error:
        print(f"hydrofleet-pi: {error}", file=sys.stderr)
        return 1
    if set_host_name(name, roots):
        print(f"this machine is called {name}")
    others_need_it = any(has_to_join(tank.token_file) for tank, _ in config.each_tank(roots)[1:])
    if not others_need_it and roots.boot_file.is_file() and remove_key(roots.boot_file):
        print(f"the enrollment key is taken out of {roots.boot_file}")
    return 0


def _prepare_image(arguments: argparse.Namespace) -> int:
    from pi_reader.config import load_agent_config
    from pi_reader.image import StillMember, prepare_image

    config = load_agent_config(config_file(arguments), roots=arguments.root)
    try:
        deleted = prepare_image(config, arguments.root, is_sure=arguments.yes)
    except StillMember as error:
        print(f"hydrofleet-pi: {error}", file=sys.stderr)
        return 1
    for path in deleted:
        print(f"deleted {path}")
    print("the card is ready to be copied" if deleted else "there was nothing of this Pi on the card")
    return 0
