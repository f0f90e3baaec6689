"""What one look at the probes gives."""

import math
from dataclasses import dataclass, field, replace
from enum import StrEnum, unique


@unique
class Channel(StrEnum):
    """The three measured quantities, by the names the server knows."""

    PH_MV = "ph_mv"
    EC_MV = "ec_mv"
    WATER_C = "water_c"


#: A spread above this means the probe, its cable or its ground is disturbed, whatever the median says.
NOISY_MV = 5.0
#: What the server is told of a value from such samples; it doubts it.
SCATTERED = "scattered"


@unique
class Reason(StrEnum):
    """Why a channel has no value."""

    ADC_ABSENT = "adc-absent"  # nothing answers at the converter's address
    ADC_IO = "adc-io"  # the bus reported an error in the middle of a read
    ADC_TIMEOUT = "adc-timeout"  # a conversion never finished
    RAIL = "rail"  # the input lies at the end of its range: plug loose or wire broken
    BOARD_RANGE = "board-range"  # more than the board can put out: its supply, its ground or the wiring is at fault
    NEGATIVE = "negative"  # below ground: floating input or ground fault
    SENSOR_ABSENT = "sensor-absent"  # the thermometer is not on its bus
    SENSOR_CRC = "sensor-crc"  # the thermometer's answer is damaged
    SENSOR_TIMEOUT = "sensor-timeout"  # the thermometer's bus did not answer in time
    TDS_POWER = "tds-power"  # the TDS board's power could not be switched on
    SENSOR_RESET = "sensor-reset"  # 85.0 °C, the power-on value: no conversion ran
    READER_ERROR = "reader-error"  # a fault of this program; the log has the traceback


@dataclass(frozen=True, slots=True)
class ChannelRead:
    """One channel: a value (mV or °C) or the reason for its absence, and the spread (MAD) of the raw values."""

    value: float | None
    reason: Reason | None = None
    noise: float | None = None
    used: int = 0


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at all probes; ``None`` is a failed read and ``reasons`` then says why."""

    ph_mv: float | None
    ec_mv: float | None
    water_c: float | None
    reasons: dict[Channel, Reason] = field(default_factory=dict)
    noise_mv: dict[Channel, float] = field(default_factory=dict)

    def told(self) -> dict[str, str]:
        """Return what the server is told of channels: why one has no value, or what speaks against the one it has."""
        doubts = {
            channel.value: SCATTERED
            for channel, noise in self.noise_mv.items()
            if noise > NOISY_MV and getattr(self, channel.value) is not None
        }
        return {**doubts, **{channel.value: reason.value for channel, reason in self.reasons.items()}}


def sample_of(ph: ChannelRead, ec: ChannelRead, water: ChannelRead) -> Sample:
    """Join three channel reads into one sample."""
    reads = {Channel.PH_MV: ph, Channel.EC_MV: ec, Channel.WATER_C: water}
    return Sample(
        ph_mv=ph.value,
        ec_mv=ec.value,
        water_c=water.value,
        reasons={channel: read.reason for channel, read in reads.items() if read.reason is not None},
        noise_mv={channel: read.noise for channel, read in reads.items() if read.noise is not None},
    )


def failed_sample(reason: Reason) -> Sample:
    """Return a sample in which every channel failed for the same reason."""
    return Sample(None, None, None, reasons=dict.fromkeys(Channel, reason))


def finite(sample: Sample) -> Sample:
    """Return a sample in which what is not a number has no value: neither the outbox nor the server could hold it."""
    values = [getattr(sample, channel.value) for channel in Channel]
    wrong = [channel for channel, value in zip(Channel, values, strict=True) if value and not math.isfinite(value)]
    if not wrong:
        return sample
    ph_mv, ec_mv, water_c = (
        None if channel in wrong else value for channel, value in zip(Channel, values, strict=True)
    )
    reasons = {**dict.fromkeys(wrong, Reason.READER_ERROR), **sample.reasons}
    return replace(sample, ph_mv=ph_mv, ec_mv=ec_mv, water_c=water_c, reasons=reasons)
