"""``leadlight simulate emg`` asked for particular things: generators, lengths, needles, months, parts."""

import csv

import numpy as np
import pytest

from training.simulate.emg import Draw, Examination, make, simulate_mixture
from training.simulate.emg.fibre import count_phases
from training.simulate.emg.parameters import amplitude_after
from viewer.cli import main
from viewer.formats import open_study


def rows(path):
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_what_is_named_fires_and_opens_as_written(tmp_path):
    asked = ["--generator", "fibrillation turning into positive sharp wave", "--generator", "normal MUAP"]
    how = ["--recordings", "1", "--seconds", "7.3", "--rate", "12000", "--format", "edf", "--part", "test"]
    assert main(["simulate", "emg", "--out", str(tmp_path), "--count", "1", "--seed", "3", *asked, *how]) == 0
    study = open_study(tmp_path / "recordings" / "emg0000.edf")
    wave = study.content
    assert wave.rate_hz == pytest.approx(12000)
    assert wave.samples.shape[1] == 87600
    events = rows(tmp_path / "recordings" / "emg0000.csv")
    assert {e["generator"] for e in events} == {"fibrillation", "positive sharp wave", "normal MUAP"}
    turning = [e for e in events if e["train"] == "1"]
    classes = [e["label"] for e in sorted(turning, key=lambda e: float(e["start_s"]))]
    assert classes == sorted(classes)  # Fibs, and from some moment PSW: one train that turns
    assert set(classes) == {"Fibs", "PSW"}


def test_a_quiet_recording_has_no_event(tmp_path):
    asked = ["--generator", "quiet", "--recordings", "1", "--seconds", "2", "--format", "wfdb"]
    assert main(["simulate", "emg", "--out", str(tmp_path), "--count", "1", *asked]) == 0
    assert rows(tmp_path / "recordings" / "emg0000.csv") == []
    assert [r["label"] for r in rows(tmp_path / "pictures.csv")] == ["Others"]


def test_an_unknown_generator_is_told(tmp_path, capsys):
    assert main(["simulate", "emg", "--out", str(tmp_path), "--count", "1", "--generator", "fibs"]) == 2
    assert "There is no generator 'fibs'" in capsys.readouterr().err


@pytest.mark.parametrize(("months", "mean_uv"), [(1, 612), (3.5, 512), (5.5, 320), (24, 100)])
def test_fibrillations_shrink_with_the_months_as_kraft_measured(months, mean_uv):
    draw = Draw(np.random.default_rng(5))
    drawn = [draw.of(amplitude_after(months)) for _ in range(2000)]
    assert np.mean(drawn) == pytest.approx(mean_uv, rel=0.1)
    assert max(drawn) <= 1000


def test_a_fibrillation_is_negative_first_only_at_its_origin():
    def first_is_negative(name, seed):
        shape = make(name, Draw(np.random.default_rng([6, seed])), 20000, 2.0).shapes[0]
        return shape[np.flatnonzero(np.abs(shape) > 0.1 * np.abs(shape).max())[0]] < 0

    assert np.mean([first_is_negative("fibrillation at its origin", s) for s in range(40)]) > 0.9
    assert np.mean([first_is_negative("fibrillation", s) for s in range(40)]) < 0.1


def test_a_monopolar_needle_sees_larger_and_more_polyphasic_units():
    def units(needle):
        found = []
        for seed in range(60):
            draw = Draw(np.random.default_rng([7, seed]))
            recording = simulate_mixture(draw, ["neurogenic MUAP"], 20000, 0.5, Examination(needle))
            found.append(np.mean([e.amplitude_uv for e in recording.events]) if recording.events else np.nan)
        return np.nanmedian(found)

    assert 1.1 < units("monopolar") / units("concentric") < 2.0

    def phases(spread):
        shapes = [
            make("neurogenic MUAP", Draw(np.random.default_rng([8, s])), 20000, 1.0, spread=spread).shapes[0]
            for s in range(80)
        ]
        return np.mean([count_phases(s, 25 / np.abs(s).max()) for s in shapes])

    assert phases(1.6) > phases(1.0)
