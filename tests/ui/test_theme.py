"""Both themes can be read: WCAG 2.1 contrast, 4.5:1 for text and 3:1 for marks."""

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from viewer.resources import resources_dir
from viewer.ui import actions, theme
from viewer.ui.theme import DARK, LIGHT, Theme


def _luminance(colour: str) -> float:
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in QColor(colour).getRgbF()[:3]]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_measure_itself() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("t", [LIGHT, DARK], ids=["light", "dark"])
def test_text_can_be_read_on_every_ground_it_is_written_on(t: Theme) -> None:
    grounds = (t.window, t.panel, t.raised, t.selection)
    for ink in (t.text, t.muted, t.accent, t.positive, t.failed):
        for ground in grounds:
            assert contrast(ink, ground) >= 4.5, (ink, ground)
    assert contrast(t.on_notice, t.notice) >= 4.5
    assert contrast(t.on_accent, t.accent) >= 4.5


@pytest.mark.parametrize("t", [LIGHT, DARK], ids=["light", "dark"])
def test_bars_can_be_told_from_their_track(t: Theme) -> None:
    assert contrast(t.positive, t.track) >= 3
    assert contrast(t.quiet, t.track) >= 2.3
    assert contrast(t.text, t.track) >= 4.5


def test_every_action_has_its_icon(qapp: QApplication) -> None:
    for spec in actions.table():
        if spec.icon:
            assert (resources_dir() / "icons" / f"{spec.icon}.svg").is_file(), spec.icon
            assert not theme.icon(spec.icon).isNull()


def test_icons_are_drawn_in_the_themes_ink(qapp: QApplication) -> None:
    picture = theme.icon_pixmap("close", "#ff0000", 32, 1.0).toImage()
    inked = [c for x in range(32) for y in range(32) if (c := picture.pixelColor(x, y)).alpha() > 200]
    assert inked
    assert all(c.red() > 240 and c.green() < 15 for c in inked)
