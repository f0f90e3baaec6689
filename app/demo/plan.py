"""Who the demo's Pis are: two greenhouses and an outdoor site of a grower in Central Java."""

from dataclasses import dataclass

#: Site name -> (share of the fleet, zones). Shares are per mille and add up to 1000.
SITES = {
    "Greenhouse 1": (400, ("Zone A", "Zone B", "Zone C", "Zone D")),
    "Greenhouse 2": (400, ("Zone A", "Zone B", "Zone C", "Zone D")),
    "Seedling house": (200, ("Bench 1", "Bench 2")),
}
TIME_ZONE = "Asia/Jakarta"
PPM_SCALE = 500
_VOLUMES_L = (120.0, 200.0, 500.0, 1000.0)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What the demo's grower keeps a group of crops at: EC at 25 °C in µS/cm, pH and °C in both groups alike."""

    crops: tuple[str, ...]
    ec_us_cm: tuple[float, float]
    ph: tuple[float, float] = (5.5, 6.5)
    water_c: tuple[float, float] = (18.0, 26.0)


LEAN = Recipe(("lettuce", "basil", "kangkung", "lettuce"), (1050.0, 1750.0))
RICH = Recipe(("pak-choi", "kale", "spinach", "celery"), (1350.0, 2150.0))
#: A tank that is dosed towards more than this grows what likes it rich.
_RICH_FROM_US_CM = 1550.0
RECIPE_SOURCE = "the demo grower's own recipe"


def recipe_for(ec_target_us_cm: float) -> Recipe:
    """Give the group of crops that a tank dosed towards this EC is for."""
    return RICH if ec_target_us_cm >= _RICH_FROM_US_CM else LEAN


def crop_for(seed: int, ec_target_us_cm: float) -> str:
    """Give the crop of one tank."""
    crops = recipe_for(ec_target_us_cm).crops
    return crops[seed // 3 % len(crops)]


@dataclass(frozen=True, slots=True)
class DemoDevice:
    """One simulated Pi: where it stands. ``seed`` decides its water and its probes."""

    name: str
    seed: int
    site: str
    zone: str
    tank_volume_l: float


def demo_devices(count: int) -> list[DemoDevice]:
    """Give ``pi-1`` to ``pi-<count>``, the same at every call."""
    return [_demo_device(number, count) for number in range(1, count + 1)]


def _demo_device(number: int, count: int) -> DemoDevice:
    site, zones = _site_of((number - 1) * 1000 // count)
    return DemoDevice(
        name=f"pi-{number}",
        seed=number,
        site=site,
        zone=zones[number // 5 % len(zones)],
        tank_volume_l=_VOLUMES_L[number % len(_VOLUMES_L)],
    )


def _site_of(per_mille: int) -> tuple[str, tuple[str, ...]]:
    first = 0
    for site, (share, zones) in SITES.items():
        if first <= per_mille < first + share:
            return site, zones
        first += share
    raise ValueError(f"the shares of the sites do not cover {per_mille} per mille")
