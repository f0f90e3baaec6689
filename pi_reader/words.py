"""A look at the probes in words, for a person at the tank."""

from pi_reader.sample import NOISY_MV, Channel, Reason, Sample

_UNITS = {Channel.PH_MV: "mV", Channel.EC_MV: "mV", Channel.WATER_C: "°C"}

#: What to look at when a channel has no value.
ADVICE = {
    Reason.ADC_ABSENT: "nothing answers at the converter's address: check its four wires and ads1115_address",
    Reason.ADC_IO: "the I2C bus fails: check the wires and that I2C is switched on (hydrofleet-pi selftest)",
    Reason.ADC_TIMEOUT: "the converter does not finish: switch its power off and on, shorten the I2C wires",
    Reason.RAIL: "the input lies at its limit: the board has lost its plug, its ground or its probe",
    Reason.BOARD_RANGE: "more than this board can put out: check ph_board or ec_board, its supply and its ground",
    Reason.NEGATIVE: "below ground: the board's ground wire is off, or nothing is plugged in",
    Reason.SENSOR_ABSENT: "no thermometer: check its plug, the 4.7 kΩ resistor, and that 1-Wire is switched on",
    Reason.SENSOR_CRC: "the thermometer's answer is damaged: check its plug and the 4.7 kΩ resistor, shorten the cable",
    Reason.SENSOR_TIMEOUT: "the 1-Wire bus hangs: pull the thermometer's plug, look for a short circuit",
    Reason.TDS_POWER: "the pin that switches the TDS board does not: check tds_power_gpio",
    Reason.SENSOR_RESET: "85 °C, its value after power-on: the thermometer loses its supply, check the red wire",
    Reason.READER_ERROR: "a fault of this program; journalctl -u hydrofleet-pi has it",
}


def describe(sample: Sample) -> str:
    """Return a sample for a person at a terminal, one line per channel, and what to look at when one has no value."""
    lines = []
    for channel in Channel:
        value = getattr(sample, channel.value)
        reason = sample.reasons.get(channel)
        noise = sample.noise_mv.get(channel)
        if value is not None:
            text = f"{value:.3f} {_UNITS[channel]}"
        else:
            text = "no value" if reason is None else f"no value: {reason} ({ADVICE[reason]})"
        spread = "" if noise is None else f"   noise {noise:.3f} mV" + (" (disturbed)" if noise > NOISY_MV else "")
        lines.append(f"{channel.value:8} {text}{spread}")
    return "\n".join(lines)
