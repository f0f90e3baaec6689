"""The quality tests in words for people: what is the matter with a value that did not pass."""

from collections.abc import Mapping

from analytics.flags import Test
from app.i18n import _


def tests_in_words() -> Mapping[Test, str]:
    """Give what each test found, in the reader's language."""
    return {
        Test.DRY_PROBE: _("the probe looks dry"),
        Test.IMPOSSIBLE: _("impossible value"),
        Test.RAIL: _("the signal is at its end stop"),
        Test.CEILING: _("above what the probe can measure"),
        Test.GROSS_RANGE: _("outside what a tank can hold"),
        Test.SPIKE: _("a spike"),
        Test.RATE_OF_CHANGE: _("changes faster than water does"),
        Test.FLAT_LINE: _("does not move at all"),
        Test.ATTENUATED: _("hardly moves"),
        Test.NOISY: _("scatters widely"),
        Test.SCATTERED: _("its samples lay far apart"),
        Test.STALE_TEMPERATURE: _("no water temperature to compensate with"),
        Test.SERVICE: _("the tank was being serviced"),
        Test.OVERRIDE: _("a person judged it so"),
    }
