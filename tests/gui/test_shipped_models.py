"""The bundled samples, read by the shipped networks in the real window."""

from collections.abc import Callable, Iterator

import pytest

from viewer.resources import resources_dir, sample_files
from viewer.ui.entry import State

SHIPPED = {folder.name for folder in (resources_dir() / "models").iterdir()}
SAMPLES = {
    "chest_film": "chest-films",
    "ecg_record": "ecg-records",
    "ecg_sheet": "ecg-sheets",
    "emg_screen": "emg-screens",
}


@pytest.mark.parametrize(("sample", "model"), SAMPLES.items())
def test_a_sample_is_read_by_its_network(drive: Callable, sample: str, model: str) -> None:
    if model not in SHIPPED:
        pytest.skip(f"the bundle {model} is not in resources/models")
    (path,) = (p for p in sample_files() if p.stem == sample)

    def script(gui) -> Iterator[Callable]:
        yield gui.finished
        reading = gui.current.reading
        assert gui.current.state is State.READ, reading.warnings
        assert reading.model.id == model
        rows = gui.window.panel.rows
        assert [row.finding for row in rows] == list(reading.findings)
        best = max(range(len(rows)), key=lambda i: rows[i].finding.probability)
        if gui.view.label != rows[best].finding.label:
            gui.key(str(best + 1))
        assert gui.view.label == rows[best].finding.label
        if reading.maps:
            assert gui.view.heat_map is not None
        gui.screenshot(f"shipped-{sample}")

    assert drive([path], script) == 0
