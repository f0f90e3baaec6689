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
#: One bench or gutter row grows one crop; all of them live well at EC 1.2 to 2.0 mS/cm and pH 5.5 to 6.5.
_CROPS = ("lettuce", "pak-choi", "basil", "lettuce", "kale", "spinach", "lettuce", "celery", "mint", "kangkung")
_VOLUMES_L = (120.0, 200.0, 500.0, 1000.0)


@dataclass(frozen=True, slots=True)
class DemoDevice:
    """One simulated Pi: what the grower knows about it. ``seed`` decides its water and its probes."""

    name: str
    seed: int
    site: str
    zone: str
    crop: str
    tank_volume_l: float
    #: Days between transplanting and the demo's first start.
    age_days: int


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
        crop=_CROPS[number // 5 % len(_CROPS)],
        tank_volume_l=_VOLUMES_L[number % len(_VOLUMES_L)],
        age_days=18 + number * 7 % 20,
    )


def _site_of(per_mille: int) -> tuple[str, tuple[str, ...]]:
    first = 0
    for site, (share, zones) in SITES.items():
        if first <= per_mille < first + share:
            return site, zones
        first += share
    raise ValueError(f"the shares of the sites do not cover {per_mille} per mille")
