"""The findings panel: bars to scale, operating points where they are, verdicts in words."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QLabel

from tests.ui.conftest import make_reading, make_study
from viewer.reading.values import Finding, ModelIdentity
from viewer.study import Note, Region
from viewer.ui.app import dispose
from viewer.ui.entry import Entry
from viewer.ui.finding_row import FindingRow
from viewer.ui.findings import FindingsPanel
from viewer.ui.theme import apply_theme, theme


@pytest.fixture
def panel(qapp: QApplication) -> Iterator[FindingsPanel]:
    apply_theme(qapp, dark=False)
    panel = FindingsPanel()
    panel.resize(300, 700)
    yield panel
    dispose(panel)


def _entry(reading: object, **changes: object) -> Entry:
    entry = Entry(None, 1, reading=reading)  # type: ignore[arg-type]
    entry.take(make_study())
    for name, value in changes.items():
        setattr(entry, name, value)
    return entry


def _words(panel: FindingsPanel) -> str:
    return "\n".join(label.text() for label in panel.findChildren(QLabel) if not label.isHidden())


def test_every_network_that_was_heard_is_named(panel: FindingsPanel) -> None:
    other = ModelIdentity("screen-signals", "2.0", "1" * 64, False)
    reading = make_reading(0.2, model=ModelIdentity("emg-screens", "2.4", "0" * 64, False, (other,)))
    panel.show_entry(_entry(reading), [])
    assert "screen-signals 2.0" in _words(panel)
    panel.show_entry(_entry(make_reading(0.2)), [])
    assert "screen-signals" not in _words(panel)


@pytest.mark.parametrize("probability", [0.0, 0.25, 0.6, 1.0])
def test_the_bar_is_drawn_to_scale(qapp: QApplication, probability: float) -> None:
    apply_theme(qapp, dark=False)
    row = FindingRow(Finding("Mass", probability, 0.5), 1, False, False, False)
    row.resize(424, row.sizeHint().height())
    picture = row.grab().toImage()
    y = 6 + row.fontMetrics().height() + 8 + 4  # in the bar, below the operating point's notch
    colour = QColor(theme().positive if probability >= 0.5 else theme().quiet)
    inked = sum(picture.pixelColor(QPoint(x, y)) == colour for x in range(12, 412))
    mark = 2 if probability >= 0.5 else 0  # the operating point is drawn over the bar
    assert inked == pytest.approx(400 * probability - mark, abs=2.5)
    dispose(row)


def test_the_operating_point_is_marked_on_the_bar(qapp: QApplication) -> None:
    apply_theme(qapp, dark=False)
    row = FindingRow(Finding("Mass", 0.1, 0.75), 1, False, False, False)
    row.resize(424, row.sizeHint().height())
    picture = row.grab().toImage()
    y = 6 + row.fontMetrics().height() + 8 + 4
    dark = [x for x in range(12, 412) if picture.pixelColor(QPoint(x, y)).lightness() < 80]
    assert dark
    assert sum(dark) / len(dark) == pytest.approx(12 + 400 * 0.75, abs=1.5)
    dispose(row)


def test_rows_say_in_words_what_they_draw(panel: FindingsPanel) -> None:
    panel.show_entry(_entry(make_reading(0.8, 0.2, 0.7)), [])
    names = [row.accessibleName() for row in panel.rows]
    assert names[0] == "Effusion: probability 0.80, operating point 0.50, positive"
    assert names[1] == "Mass: probability 0.20, operating point 0.50, negative"
    assert [row.conflict for row in panel.rows] == [True, False, True]
    assert [row.key for row in panel.rows] == [1, 2, 3]
    assert "not risks" in _words(panel)
    assert "An AP film" in _words(panel)
    assert "Not validated clinically" in _words(panel)


def test_abstaining_is_said_plainly(panel: FindingsPanel) -> None:
    notes = (Note("kind-unknown", "This looks like a hand"),)
    panel.show_entry(_entry(make_reading(abstained=True, findings=(), warnings=notes)), [])
    assert "No reading" in _words(panel)
    assert "This looks like a hand" in _words(panel)
    assert panel.rows == []


def test_exclusive_classes_say_what_is_predicted(panel: FindingsPanel) -> None:
    panel.show_entry(_entry(make_reading(0.8, 0.15, 0.05, exclusive=True, predicted="Effusion")), [])
    assert "Effusion" in _words(panel)
    panel.show_entry(_entry(make_reading(0.4, 0.35, 0.25, exclusive=True, predicted="uncertain")), [])
    assert "Uncertain" in _words(panel)


def test_a_region_s_reading_is_called_so(panel: FindingsPanel) -> None:
    region = Region(x=1, y=1, w=10, h=10)
    panel.show_entry(_entry(make_reading(0.1), region=region, regional=make_reading(0.9, 0.1, 0.1)), [])
    assert "The marked part, read by itself" in _words(panel)
    assert panel.rows[0].finding.probability == 0.9


def test_a_failure_is_said_with_its_sentence(panel: FindingsPanel) -> None:
    entry = Entry(None, 1, error="a.dcm is cut short; copy it again.")
    panel.show_entry(entry, [])
    assert "Not opened" in _words(panel)
    assert "a.dcm is cut short; copy it again." in _words(panel)
