"""Pictures of simulated EMG: truth boxes lie on the waves, looks vary and are kept apart, files are whole."""

import csv
import warnings
from dataclasses import replace

import numpy as np
import pytest

from training.emg.pictures import HEIGHT, STRIDE, UNKNOWN, WIDTH, cells_of, shard, target_of
from training.emg.train import Ahead
from training.simulate.emg import Amplifier, Draw, Recording, TrueEvent, simulate
from training.simulate.emg.files import WAV_FULL_SCALE_UV, write_recording
from training.simulate.emg_looks import Look, random_look
from training.simulate.emg_screen import (
    NEED_SEVERAL,
    ScreenTruth,
    TrueBox,
    View,
    needed_in_view,
    render_screen,
    show_recording,
)
from viewer.models.preprocessing.base import Extent

PLAIN = Look(
    ground=(0, 0, 0),
    trace=(255, 255, 255),
    grid_colour=(0, 0, 0),
    words=(0, 0, 0),
    grid="none",
    divisions=(10, 8),
    layout="bare",
    font="plain",
    width=800,
    height=400,
    pen=1,
    smooth=False,
    many_colours=False,
    panel=(0, 0, 0),
)


class Undisturbed(Draw):
    """Draws in which no chance event happens."""

    def chance(self, probability: float) -> bool:
        return False


def one_wave(sign: float) -> Recording:
    """A half-sine of 4 ms at 50 ms in 100 ms of silence."""
    samples = np.zeros(1000, np.float32)
    samples[500:540] = sign * 100 * np.sin(np.linspace(0, np.pi, 40))
    event = TrueEvent("Fibs", "fibrillation", 1, 0.052, 0.05, 0.054, 100.0)
    return Recording(samples, 10000.0, (event,), Amplifier())


def shown(sign: float, inverted: bool = False) -> tuple[np.ndarray, ScreenTruth]:
    draw = Undisturbed(np.random.default_rng(1))
    view = View((0.0,), 0.1, 10.0)
    return show_recording(draw, one_wave(sign), view, PLAIN, "Fibs", "fibrillation", inverted, False)


class TestGeometry:
    def test_negative_is_drawn_upward(self):
        for sign, inverted, upward in ((-1, False, True), (1, False, False), (-1, True, False), (1, True, True)):
            picture, truth = shown(sign, inverted)
            lit = np.argwhere(picture[..., 0] > 0)
            base = np.median(lit[:, 0])
            box = truth.boxes[0]
            assert bool(box.y + box.h / 2 < base) is upward

    def test_the_box_is_round_the_wave(self):
        picture, truth = shown(-1)
        (box,) = truth.boxes
        rows, columns = np.nonzero(picture[..., 0] > 0)
        off = np.abs(rows - np.median(rows)) > 3
        assert columns[off].min() == pytest.approx(box.x, abs=4)
        assert columns[off].max() == pytest.approx(box.x + box.w, abs=4)
        assert rows.min() == pytest.approx(box.y, abs=2)
        assert box.x / 800 == pytest.approx(0.5, abs=0.01)

    def test_a_millisecond_s_length_is_known(self):
        _, truth = shown(-1)
        assert truth.px_per_ms == pytest.approx(8, rel=0.01)  # 100 ms on 800 pixels
        (box,) = truth.boxes
        assert box.w == pytest.approx(4 * truth.px_per_ms, rel=0.05)

    def test_boxes_follow_the_camera(self):
        for seed in range(20):
            picture, truth = render_screen(np.random.default_rng(seed), "Fibs", cut_out=False)
            h, w = picture.shape[:2]
            for box in truth.boxes:
                assert box.x >= 0
                assert box.y >= 0
                assert box.x + box.w <= w + 1e-6
                assert box.y + box.h <= h + 1e-6


class TestPictures:
    @pytest.mark.parametrize("label", ["PSW", "Fibs"])
    def test_a_picture_of_a_class_shows_a_wave_of_it(self, label):
        for seed in range(12):
            picture, truth = render_screen(np.random.default_rng([seed, 7]), label)
            assert picture.dtype == np.uint8
            assert picture.ndim == 3
            assert truth.label == label
            assert any(b.label == label for b in truth.boxes)

    def test_others_hold_no_fibrillation_and_no_sharp_wave(self):
        for seed in range(20):
            _, truth = render_screen(np.random.default_rng([seed, 8]), "Others")
            assert not any(b.label in ("PSW", "Fibs") for b in truth.boxes)

    def test_what_one_wave_cannot_tell_is_shown_several_times(self):
        for generator, needed in NEED_SEVERAL.items():
            for seed in range(3):
                rng = np.random.default_rng([seed, 9])
                _, truth = render_screen(rng, "Others", generator=generator, inverted=False)
                assert sum(b.generator == generator for b in truth.boxes) >= min(needed, 3)

    def test_a_motor_unit_as_short_as_a_fibrillation_is_never_alone(self):
        short, long = (TrueEvent("Others", "myopathic MUAP", 1, 0.1, 0.1, 0.1 + d, 90.0) for d in (0.004, 0.008))
        assert needed_in_view("myopathic MUAP", [long]) == 1
        assert needed_in_view("myopathic MUAP", [short]) == 2
        assert needed_in_view("fibrillation", [short]) == 1
        assert needed_in_view("quiet", []) == 0

    def test_the_same_seed_gives_the_same_picture(self):
        one, other = (render_screen(np.random.default_rng(5))[0] for _ in range(2))
        assert np.array_equal(one, other)

    def test_looks_vary(self):
        truths = [render_screen(np.random.default_rng([s, 10])) for s in range(40)]
        assert len({t.layout for _, t in truths}) >= 7
        assert len({t.grid for _, t in truths}) >= 6
        assert {t.cut_out for _, t in truths} == {True, False}
        grounds = [float(np.median(p)) for p, _ in truths]
        assert min(grounds) < 40
        assert max(grounds) > 215

    def test_training_and_test_share_no_layout_grid_or_palette(self):
        looks = {p: [random_look(Draw(np.random.default_rng(s), p)) for s in range(150)] for p in ("train", "test")}
        for fact in ("layout", "grid", "font", "divisions"):
            seen = {p: {getattr(look, fact) for look in own} for p, own in looks.items()}
            assert not seen["train"] & seen["test"], fact


class TestTargets:
    def truth(self, **facts) -> ScreenTruth:
        box = TrueBox("PSW", "positive sharp wave", 100.0, 50.0, 80.0, 40.0, 100.0)
        plain = ScreenTruth("PSW", "positive sharp wave", (box,), 10, 100, 1, False, False, "bare", "none")
        return replace(plain, **facts)

    def test_an_upside_down_sharp_wave_is_no_confident_class(self):
        assert target_of(self.truth()).tolist() == [1, 0, 0]
        assert target_of(self.truth(inverted=True)).max() <= 0.5

    def test_cells_under_a_box_hold_its_class(self):
        cells = cells_of(self.truth(), Extent(0, 0, WIDTH, HEIGHT))
        rows, columns = np.nonzero(cells)
        assert set(cells[rows, columns]) == {1}
        assert columns.min() * STRIDE <= 108 <= (columns.min() + 1) * STRIDE
        assert columns.max() * STRIDE <= 172 <= (columns.max() + 1) * STRIDE
        assert rows.min() == 54 // STRIDE

    def test_a_shard_is_read_back_as_it_was_made(self, tmp_path):
        made = shard(tmp_path, 0, 12, "test", None, (), 1)
        again = shard(tmp_path, 0, 12, "test", None, (), 1)
        assert made.pictures.shape == (12, HEIGHT, WIDTH)
        assert np.allclose(made.targets.sum(1), 1)
        assert np.array_equal(made.cells, again.cells)
        for fact, cells in zip(made.facts, made.cells, strict=True):
            assert (cells == UNKNOWN).all() == fact["inverted"]


class TestFiles:
    def test_simulate_writes_pictures_recordings_and_truth(self, tmp_path):
        counts = simulate(tmp_path, 9, seed=3)
        assert counts == {"PSW": 3, "Fibs": 3, "Others": 3}
        assert {p.name for p in tmp_path.iterdir() if p.is_dir()} == {"001.PSW", "002.Fibs", "003.Others", "recordings"}
        rows = table(tmp_path / "pictures.csv")
        assert len(rows) == 9
        assert all((tmp_path / r["file"]).stat().st_size > 0 for r in rows)
        boxed = {r["file"] for r in table(tmp_path / "boxes.csv")}
        assert {r["file"] for r in rows if r["label"] != "Others"} <= boxed
        assert (tmp_path / "contact-sheet.png").exists()
        assert (tmp_path / "recordings" / "emg0000.hea").exists()

    def test_the_same_seed_gives_the_same_files(self, tmp_path):
        for name in ("one", "two"):
            simulate(tmp_path / name, 3, seed=4)
        for path in (tmp_path / "one").rglob("*.*"):
            if path.suffix in (".png", ".csv", ".wav", ".dat"):
                assert path.read_bytes() == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes()

    @pytest.mark.parametrize("form", ["edf", "wfdb", "wav"])
    def test_a_recording_comes_back_in_uv(self, tmp_path, form):
        recording = one_wave(-1)
        recording = replace(recording, samples_uv=np.tile(recording.samples_uv, 10))
        path = write_recording(recording, tmp_path / "emg", form)
        samples, rate = _read(path)
        assert rate == 10000
        assert samples[: len(recording.samples_uv)] == pytest.approx(recording.samples_uv, abs=0.2)
        (event,) = table(tmp_path / "emg.csv")
        assert float(event["time_s"]) == pytest.approx(0.052)


def table(path) -> list[dict]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def _read(path) -> tuple[np.ndarray, float]:
    if path.suffix == ".edf":
        import edfio

        signal = edfio.read_edf(path).signals[0]
        assert signal.physical_dimension == "uV"
        return signal.data, signal.sampling_frequency
    if path.suffix == ".hea":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # wfdb's import warns of pandas
            import wfdb

        record = wfdb.rdrecord(str(path.with_suffix("")))
        assert record.units == ["uV"]
        return record.p_signal[:, 0], record.fs
    import soundfile

    samples, rate = soundfile.read(path)
    return samples * WAV_FULL_SCALE_UV, rate


def test_shards_are_drawn_ahead_and_removed_behind_even_where_the_ranges_change(tmp_path):
    asked = []

    class Done:
        def result(self):
            return None

    own = Ahead(tmp_path, 10, tmp_path, 1)
    own._pool.submit = lambda work, folder, index, count, part, *more: asked.append((index, part)) or Done()
    made = [(0, "train", True), (0, "train", True), (1, "train", False), (2, "ends", True), (3, "ends", False)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("training.emg.train.shard", lambda *given: None)
        for index, part, more in made:
            (tmp_path / f"{part}-{index:03d}-10.json").touch()
            own(index, part, more)
    own.close()
    assert asked == [(0, "train"), (1, "train"), (2, "ends"), (3, "ends")]
    assert [p.name for p in tmp_path.iterdir()] == ["ends-003-10.json"]
