"""Pictures and trains by other hands: repeatable, as long as the literature says, boxes on the picture."""

from types import SimpleNamespace

import numpy as np
import pytest

from training.emg import measure, stranger_traces
from training.emg.figures import STRANGER as STRANGERS
from training.emg.figures import UNSEEN
from training.emg.matching import Counts
from training.emg.pictures import HEIGHT, STRIDE, WIDTH, stranger_shard
from training.emg.stranger_traces import alone_figures, stranger_alone, stranger_mixtures
from training.kind.pictures import DRAWN
from training.simulate.emg.parameters import GENERATORS, LABELS
from training.simulate.emg.recording import Amplifier, record
from training.simulate.emg_hands import LEARNED, STRANGER, Hand, draw_learned, trains
from training.simulate.emg_hands.trains import NAMES, firings
from training.simulate.emg_screen import ScreenTruth, TrueBox
from viewer.resources import resources_dir

HANDS = {**LEARNED, "stranger": STRANGER}
TRAINS = {**trains.LEARNED, "stranger": trains.STRANGER}


def drawn(hand: Hand, label: str, count: int) -> list[tuple[np.ndarray, ScreenTruth]]:
    return [hand(np.random.default_rng([7, LABELS.index(label), n]), label) for n in range(count)]


def durations_ms(made: list[tuple[np.ndarray, ScreenTruth]], label: str) -> np.ndarray:
    """Of those boxes that the picture's edge does not cut."""

    def whole(box: TrueBox, picture: np.ndarray) -> bool:
        return box.label == label and box.x > 1 and box.x + box.w < picture.shape[1] - 1

    return np.array([b.w / t.px_per_ms for p, t in made if t.px_per_ms for b in t.boxes if whole(b, p)])


@pytest.mark.parametrize("name", HANDS)
@pytest.mark.parametrize("label", LABELS)
def test_a_hand_draws_the_class_it_is_asked_for(name: str, label: str) -> None:
    for picture, truth in drawn(HANDS[name], label, 6):
        assert picture.dtype == np.uint8
        assert picture.shape[2:] == (3,)
        height, width = picture.shape[:2]
        assert 60 <= width <= 1900
        assert height >= 40
        assert truth.label == label
        assert truth.generator in (*GENERATORS, "quiet", "artefact")
        if truth.generator in GENERATORS:
            assert GENERATORS[truth.generator].label == label
            assert truth.generator == "end-plate noise" or any(b.label == label for b in truth.boxes)
        for box in truth.boxes:
            assert -1 <= box.x <= box.x + box.w <= width + 1
            assert -1 <= box.y <= box.y + box.h <= height + 1
        assert np.ptp(picture) > 40  # something can be seen


@pytest.mark.parametrize("name", HANDS)
def test_the_same_numbers_draw_the_same_picture(name: str) -> None:
    first, again = (HANDS[name](np.random.default_rng(3), "PSW") for _ in range(2))
    np.testing.assert_array_equal(first[0], again[0])
    assert first[1] == again[1]


@pytest.mark.parametrize("name", HANDS)
def test_fibrillations_are_short_and_sharp_waves_long(name: str) -> None:
    """Fibrillations last 1 to 5 ms, positive sharp waves 10 to 30 and up to 100 (EMG texts)."""
    spikes = durations_ms(drawn(HANDS[name], "Fibs", 12), "Fibs")
    waves = durations_ms(drawn(HANDS[name], "PSW", 12), "PSW")
    assert 1.0 <= np.median(spikes) <= 5.5
    assert np.quantile(spikes, 0.9) <= 8
    assert 8 <= np.median(waves) <= 60
    assert np.quantile(waves, 0.9) <= 110


@pytest.mark.parametrize("name", TRAINS)
def test_trains_of_a_hand_last_as_long_as_the_literature_says(name: str) -> None:
    """Fibrillations 1 to 5 ms, positive sharp waves 10 to 100; both begin positive; 0.5 to 15 a second."""
    for generator, least, usual, most in (("fibrillation", 1, 5, 8), ("positive sharp wave", 8, 60, 110)):
        lengths, rates, first = [], [], []
        for seed in range(12):
            for own in firings(TRAINS[name], np.random.default_rng([8, seed]), generator, 20000.0, 10.0):
                assert own.label == GENERATORS[generator].label
                assert own.times_s.max() < 10.0
                recording = record([own], np.zeros(200000), 20000.0, Amplifier(2.0, 10000.0))
                lengths += [1000 * (e.end_s - e.start_s) for e in recording.events[:1]]
                rates.append(len(own.times_s) / 10)
                shape = own.shapes[0]
                first.append(shape[np.flatnonzero(np.abs(shape) > 0.05 * np.abs(shape).max())[0]])
        assert least <= np.median(lengths) <= usual
        assert max(lengths) <= most
        assert 0.1 <= np.median(rates) <= 15
        assert np.mean(np.array(first) > 0) >= 0.75  # the others have a small notch before


@pytest.mark.parametrize("name", TRAINS)
@pytest.mark.parametrize("generator", sorted({*GENERATORS}))
def test_a_hand_makes_trains_of_every_generator_or_none(name: str, generator: str) -> None:
    made = firings(TRAINS[name], np.random.default_rng(4), generator, 16000.0, 10.0)
    cannot = name == "figures" and generator == "insertional activity"
    assert bool(made) == (generator in NAMES and not cannot)
    for own in made:
        assert len(own.times_s) == len(own.gains) == len(own.which)
        assert max(own.which) < len(own.shapes)
        assert all(np.isfinite(s).all() and 5 < np.ptp(s) < 20000 for s in own.shapes)


def test_a_shape_at_another_rate_is_as_long_and_as_high() -> None:
    """A stranger's waves are made at 16 kHz."""
    slow, fast = (
        firings(TRAINS["stranger"], np.random.default_rng(4), "fibrillation", r, 5.0)[0] for r in (16e3, 48e3)
    )
    assert len(fast.shapes[0]) == pytest.approx(3 * len(slow.shapes[0]), abs=4)
    assert np.ptp(fast.shapes[0]) == pytest.approx(np.ptp(slow.shapes[0]), rel=0.05)


def test_the_strangers_recordings_say_what_is_in_them() -> None:
    for label, recording in stranger_alone(6):
        assert recording.duration_s == pytest.approx(10.0)
        assert {e.label for e in recording.events} <= {LABELS[label]}
        assert np.isfinite(recording.samples_uv).all()
    assert [len(r.events) for r in stranger_mixtures(3)] == [len(r.events) for r in stranger_mixtures(3)]


def test_the_command_tells_what_a_detector_makes_of_the_strangers_recordings(capsys: pytest.CaptureFixture) -> None:
    stranger_traces.main([str(resources_dir() / "models" / "emg-traces"), "--mixed", "2", "--alone", "4"])
    told = capsys.readouterr().out
    assert "events found within 5 ms, F1" in told
    assert "recordings whose most probable class is right" in told
    with pytest.raises(SystemExit):
        stranger_traces.main([str(resources_dir() / "models" / "emg-screens")])


def test_recordings_of_one_generator_are_counted_by_their_strongest_class() -> None:
    def told(*windows: tuple[float, float, float]) -> SimpleNamespace:
        rows = np.array(windows).reshape(-1, 3)
        strengths = np.append(rows[:, :2].max(0), rows[:, 2].min()) if len(rows) else None
        return SimpleNamespace(windows=rows, strengths=strengths, classes=[Counts(1, 0, 0)] * 3)

    made = [
        (0, told((0.9, 0.1, 0.1), (0.1, 0.1, 0.9))),  # one window is enough for PSW
        (1, told((0.1, 0.45, 0.55))),  # wrong, and not sure
        (2, told((0.1, 0.1, 0.8))),
        (2, told()),  # nothing was found
    ]
    figures = {(f["name"], f["label"]): f["value"] for f in alone_figures(made, 0.6)}  # type: ignore[arg-type]
    assert figures["recordings whose most probable class is right", ""] == 0.5
    assert figures["recordings called, not uncertain", ""] == 0.5
    assert figures["recordings called that are called right", ""] == 1.0
    assert (figures["recordings, recall", "PSW"], figures["recordings, recall", "Fibs"]) == (1.0, 0.0)


def test_the_kind_network_learns_from_three_hands_and_is_tested_on_the_stranger() -> None:
    load = DRAWN["emg_hands"][3]
    learned = load(np.random.default_rng(5), "train")
    rng = np.random.default_rng(5)
    label = LABELS[rng.choice(3, p=(0.2, 0.2, 0.6))]
    state = rng.bit_generator.state
    np.testing.assert_array_equal(learned, draw_learned(rng, label)[0])
    rng.bit_generator.state = state
    np.testing.assert_array_equal(load(np.random.default_rng(5), "test"), STRANGER(rng, label)[0])


def test_the_strangers_pictures_are_kept_as_a_shard(tmp_path) -> None:  # type: ignore[no-untyped-def]
    own = stranger_shard(tmp_path, 6)
    assert own.cells.shape == (6, HEIGHT // STRIDE, WIDTH // STRIDE)
    for facts, cells in zip(own.facts, own.cells, strict=True):
        if facts["boxes"]:
            assert cells.any()
    np.testing.assert_array_equal(own.pictures, stranger_shard(tmp_path, 6).pictures)


def test_the_command_tells_what_a_bundle_reaches_on_the_strangers_pictures(
    tmp_path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:  # type: ignore[no-untyped-def]
    bundle = str(resources_dir() / "models" / "emg-screens")
    monkeypatch.setattr("sys.argv", ["measure", bundle, "--out", str(tmp_path), "--test", "60", "--stranger", "12"])
    measure.main()
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("accuracy :")]
    value = float(next(line for line in lines if STRANGERS in line).split()[2])
    assert value == pytest.approx(round(12 * value) / 12, abs=1e-4)
    assert value >= 7 / 12  # three classes: by chance it would be a third
    assert any(line.endswith(f"({UNSEEN})") for line in lines)
