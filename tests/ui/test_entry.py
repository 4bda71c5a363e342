"""What the worklist says of a reading."""

from datetime import date

import pytest

from tests.ui.conftest import make_reading
from viewer.study import Note, Patient
from viewer.ui.entry import abstained_because, conflicts, first_label, patient_key, suspicion, top_finding
from viewer.ui.text import probability


def test_the_top_finding_is_the_most_probable_positive_abnormal_one() -> None:
    assert top_finding(make_reading(0.6, 0.7, 0.9)).label == "Mass"
    assert top_finding(make_reading(0.1, 0.2, 0.9)).label == "No Finding"
    assert top_finding(make_reading(0.1, 0.4, 0.3)).label == "Mass"
    assert top_finding(make_reading()) is None
    assert top_finding(None) is None


def test_the_top_positive_abnormal_finding_is_explained_first() -> None:
    assert first_label(make_reading(0.6, 0.7, 0.9)) == "Mass"
    assert first_label(make_reading(0.1, 0.2, 0.9)) is None, "there is nothing to show of a normal film"
    assert first_label(make_reading(0.1, 0.4, 0.3)) is None


def test_sorting_looks_at_the_abnormal_classes_only() -> None:
    assert suspicion(make_reading(0.1, 0.4, 0.95)) == pytest.approx(0.4)
    assert suspicion(None) == -1


def test_no_finding_beside_a_positive_is_a_conflict() -> None:
    assert conflicts(make_reading(0.8, 0.1, 0.7)) == {"Effusion", "No Finding"}
    assert conflicts(make_reading(0.8, 0.7, 0.1)) == set()
    assert conflicts(make_reading(0.1, 0.1, 0.7)) == set()
    assert conflicts(make_reading(0.8, 0.1, 0.7, exclusive=True)) == set()


def test_patients_are_told_apart_by_identifier_then_by_name_and_birth_date() -> None:
    assert patient_key(Patient(name="Doe^J", identifier="7")) == patient_key(Patient(name="Doe^Jane", identifier="7 "))
    assert patient_key(Patient(name="Doe")) == patient_key(Patient(name="doe"))
    assert patient_key(Patient(name="Doe", birth_date=date(1950, 1, 1))) != patient_key(Patient(name="Doe"))
    assert patient_key(Patient(sex="F")) is None


def test_the_reason_for_abstaining_is_the_telling_one() -> None:
    notes = (Note("kind-unknown", "It looks like a hand"), Note("not-read", "It is not read"), Note("child", "A child"))
    assert abstained_because(make_reading(abstained=True, warnings=notes)) == "It looks like a hand"


UNVALIDATED = Note("model-unvalidated", "The model (EMG recordings) has not been validated clinically")


@pytest.mark.parametrize(
    "reason",
    [
        Note("no-event", "No potential stands out of the baseline: there is nothing to name"),
        Note("no-signal", "The recording is flat: it holds no signal"),
        Note("too-short", "There are 20 ms, too short to be read"),
        Note("rate-unsuitable", "500 Hz is too low a sampling rate for needle EMG"),
        Note("lead-missing", "There are fewer than two of the twelve leads"),
        Note("scale-unknown", "The recording does not say its voltage unit, and this network reads millivolts"),
        Note("not-read", "It is not read: no model reads something else; give its kind if it was not recognised"),
    ],
    ids=lambda note: note.code,
)
def test_of_what_was_not_read_the_reason_is_told_and_not_a_remark(reason: Note) -> None:
    remarks = (Note("rate-assumed", "The file gives no sampling rate"), Note("mains", "Mains hum was taken away"))
    told = make_reading(abstained=True, warnings=(remarks[0], reason, remarks[1], UNVALIDATED))
    assert abstained_because(told) == reason.message


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.0, "0.00"), (0.002, "<0.01"), (0.005, "0.01"), (0.994, "0.99"), (0.9951, ">0.99"), (1.0, "1.00")],
)
def test_probabilities_are_never_rounded_to_certainty(value: float, said: str) -> None:
    assert probability(value) == said
