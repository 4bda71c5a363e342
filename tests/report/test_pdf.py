"""The report is read back: its words by pdfium, its paper by ruler."""

from dataclasses import replace
from datetime import date, datetime

import numpy as np
import pypdfium2
import pytest

from tests.reading.small import film, reading_of, study_of
from viewer.reading.engine import Engine
from viewer.reading.values import Box, Finding, HeatMap, Span
from viewer.report.pdf import write_pdf
from viewer.study import TWELVE_LEADS, Kind, Note, Patient, Waveform

PX_MM = 10


def pages(path):
    """Each page's text and its pixels at 10 a millimetre."""
    document = pypdfium2.PdfDocument(path)
    read = []
    for page in document:
        words = page.get_textpage()
        bitmap = page.render(scale=PX_MM * 25.4 / 72)
        read.append((words.get_text_range(), bitmap.to_numpy()[..., 2::-1].copy()))
        for part in (bitmap, words, page):
            part.close()
    document.close()
    return read


@pytest.fixture
def film_study():
    patient = Patient("DOE^JANE", "4711", date(1950, 2, 1), "F", 71.4)
    return study_of(film(), Kind.CHEST_XRAY, patient=patient, taken=datetime(2021, 7, 1, 9, 30), view="PA")


@pytest.fixture
def film_reading(film_study):
    heat = HeatMap("Effusion", np.eye(8, dtype=np.float32), 0, 0, 200, 240)
    found = (
        Finding("Effusion", 0.613, 0.25, boxes=(Box(20, 30, 60, 50, 0.8),)),
        Finding("Mass", 0.125, 0.333),
    )
    warning = Note("model-unvalidated", "It has not been validated clinically.")
    return reading_of(film_study, found, warnings=(warning,), maps=(heat,))


def test_what_a_reader_must_see_is_there(film_study, film_reading, tmp_path):
    write_pdf(film_study, film_reading, tmp_path / "r.pdf")
    text = "\n".join(words for words, _ in pages(tmp_path / "r.pdf"))
    for words in ("Research use, not a medical device", "has not been validated clinically", "chest-films", "PA"):
        assert words in text
    assert "Effusion" in text
    assert "0.613" in text
    assert "0.250" in text
    assert text.count("positive") == 1
    assert text.count("negative") == 1


def test_who_it_is_stands_there_only_when_asked_for(film_study, film_reading, tmp_path):
    write_pdf(film_study, film_reading, tmp_path / "plain.pdf")
    write_pdf(film_study, film_reading, tmp_path / "named.pdf", identified=True)
    private = ("DOE", "4711", "1950", "2021-07-01", "study.png", "secret")
    plain = "\n".join(words for words, _ in pages(tmp_path / "plain.pdf"))
    assert not [word for word in private if word in plain]
    stored = (tmp_path / "plain.pdf").read_bytes()
    assert not [word for word in ("JANE", "secret", "study.png") if word.encode() in stored]
    named = "\n".join(words for words, _ in pages(tmp_path / "named.pdf"))
    assert not [word for word in private[:5] if word not in named]


def test_abstained_says_why(film_study, film_reading, tmp_path):
    reason = Note("view-unsuitable", "The view is lateral; the networks were trained on frontal films.")
    abstained = replace(film_reading, abstained=True, findings=(), maps=(), warnings=(reason,))
    write_pdf(film_study, abstained, tmp_path / "r.pdf")
    ((text, _), *_) = pages(tmp_path / "r.pdf")
    assert "Not read" in text
    assert "trained on frontal films" in text


def test_ecg_paper_is_true_in_millimetres(tmp_path):
    rate = 500.0
    samples = np.zeros((12, 5000), np.float32)
    samples[:, ::500] = 1.0  # a spike of 1 mV each second
    study = study_of(Waveform(samples, rate, TWELVE_LEADS, ("mV",) * 12), Kind.ECG_TRACE)
    reading = reading_of(study, (Finding("AF", 0.9, 0.5, spans=(Span(None, 1.0, 2.0, 1.0),)),))
    write_pdf(study, reading, tmp_path / "r.pdf")
    (_, (text, page)) = pages(tmp_path / "r.pdf")
    assert page.shape[1] / PX_MM == pytest.approx(297, abs=0.5)
    assert "25 mm/s" in text
    assert "10 mm/mV" in text
    ink = page.max(2) < 90
    left, top = 14, 16  # of the sheet on the page, in mm
    rhythm = ink[round((top + 8 + 3.1 * 30) * PX_MM) : round((top + 8 + 3.95 * 30) * PX_MM)]
    pulse = rhythm[:, (left + 1) * PX_MM : round((left + 11.5) * PX_MM)]
    rows, columns = np.flatnonzero(pulse.any(1)), np.flatnonzero(pulse[:60].any(0))
    assert np.ptp(rows) / PX_MM == pytest.approx(10, abs=0.4)  # 1 mV
    assert np.ptp(columns) / PX_MM == pytest.approx(5, abs=0.4)  # 0.2 s
    above = rhythm[rows.min() + 20 : rows.min() + 60, (left + 13) * PX_MM :]
    spikes = np.flatnonzero(above.all(0))
    assert len(spikes)
    beats = spikes[np.concatenate([[True], np.diff(spikes) > 5])]
    assert np.diff(beats) / PX_MM == pytest.approx(np.full(len(beats) - 1, 25), abs=0.3)  # one second


def test_names_in_other_scripts_do_not_break_the_report(film_study, film_reading, tmp_path):
    named = replace(film_study, patient=Patient("Ångström Ольга 田中 <b>&"))
    write_pdf(named, film_reading, tmp_path / "r.pdf", identified=True)
    ((text, _), *_) = pages(tmp_path / "r.pdf")
    assert "Ångström Ольга" in text
    assert "<b>&" in text


def test_the_models_card_is_in_it(chest_bundle, models, film_study, tmp_path, monkeypatch):
    monkeypatch.setattr("viewer.models.catalogue.model_folders", lambda: (models,))
    reading = Engine("cpu").read(film_study)
    write_pdf(film_study, reading, tmp_path / "r.pdf")
    text = "\n".join(words for words, _ in pages(tmp_path / "r.pdf"))
    assert "Test network for chest-xray" in text
    assert reading.model.sha256 in text.replace("\r\n", "")
