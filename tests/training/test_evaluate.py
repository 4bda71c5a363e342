"""``leadlight evaluate``: figures that scikit-learn gives too, intervals by recording, events within 5 ms, the page."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pypdfium2
import pytest
from sklearn import metrics as sk

from tests.reading.small import TinyPicture, card, make_bundle, models, reading_of  # noqa: F401
from training.emg.matching import Counts
from training.evaluation.data import Example, TrueEvent, find_examples
from training.evaluation.events import Tally, event_figures, tally
from training.evaluation.figures import Classified, class_figures, confusion
from training.evaluation.page import write_page
from training.evaluation.result import SCHEMA_FILE, to_json
from training.evaluation.run import Done, evaluate
from training.metrics import interval, reliability, resamples, roc
from training.simulate.emg import simulate
from viewer.cli import main
from viewer.errors import LeadlightError
from viewer.models.card import read_card
from viewer.reading.values import Event, Finding
from viewer.study import Kind, Region

CLASSES = ("PSW", "Fibs", "Others")
SCHEMA = json.loads(SCHEMA_FILE.read_text("utf-8"))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Six simulated screens in class folders."""
    folder = tmp_path_factory.mktemp("screens")
    simulate(folder, 6, seed=5)
    for path in folder.glob("*.csv"):
        path.unlink()
    return folder


@pytest.fixture
def bundle(make_bundle):  # noqa: F811
    content = card("tiny", Kind.EMG_IMAGE, list(CLASSES), exclusive=True, uncertain_below=0.3)
    return make_bundle(content, TinyPicture(3), (1, 64, 64))


@pytest.fixture
def tiny(bundle):
    return read_card(bundle)


def done(probability, truth, group="", predicted=None, aside=False):
    labels = frozenset((truth,) if isinstance(truth, str) else truth)
    own = None if probability is None else np.asarray(probability, float)
    if own is not None and predicted is None:
        predicted = CLASSES[int(own.argmax())]
    return Done(Example(Path("x.png"), labels, group, aside), "0" * 64, own, predicted, ())


def some(count=300, seed=1):
    """Random probabilities that are right more often than not, in recordings of three."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(count):
        true = int(rng.integers(3))
        z = rng.normal(0, 1, 3)
        z[true] += 1.2
        share = np.exp(z) / np.exp(z).sum()
        rows.append(done(share, CLASSES[true], str(i // 3), None if share.max() > 0.45 else "uncertain"))
    return rows


def named(figures, name, label=""):
    return next(f for f in figures if f["name"] == name and f["label"] == label)


class TestFigures:
    def test_as_scikit_learn_gives_them(self, tiny):
        own = Classified(tiny, some())
        figures = class_figures(own, "made up")
        assert named(figures, "accuracy")["value"] == pytest.approx(sk.accuracy_score(own.true, own.best))
        assert named(figures, "macro F1")["value"] == pytest.approx(sk.f1_score(own.true, own.best, average="macro"))
        area = sk.roc_auc_score(own.true, own.probability / own.probability.sum(1, keepdims=True), multi_class="ovr")
        assert named(figures, "macro AUC")["value"] == pytest.approx(area)
        precision = sk.precision_score(own.true, own.best, average=None)
        recall = sk.recall_score(own.true, own.best, average=None)
        for c, label in enumerate(CLASSES):
            assert named(figures, "precision, most probable", label)["value"] == pytest.approx(precision[c])
            assert named(figures, "recall, most probable", label)["value"] == pytest.approx(recall[c])
            said = own.probability[:, c] >= 0.4
            at_point = named(figures, "recall, at 0.4", label)
            assert at_point["value"] == pytest.approx(sk.recall_score(own.true == c, said))
            assert at_point["count"] == (own.true == c).sum()
            specificity = named(figures, "specificity, at operating point", label)["value"]
            assert specificity == pytest.approx(sk.recall_score(own.true != c, ~said))
        for f in figures:
            assert f["low"] <= f["value"] <= f["high"]

    def test_calibration_of_a_model_that_is_too_sure(self, tiny):
        rows = [done([0.9, 0.05, 0.05], "PSW" if i % 2 else "Fibs", str(i)) for i in range(100)]
        own = Classified(tiny, rows)
        assert named(class_figures(own, ""), "expected calibration error")["value"] == pytest.approx(0.4)
        (bin_,) = reliability(own.confidence, (own.best == own.true).astype(float))
        assert (bin_["confidence"], bin_["correct"], bin_["count"]) == pytest.approx((0.9, 0.5, 100))

    def test_the_curve_is_scikit_learn_s(self, tiny):
        own = Classified(tiny, some())
        alarms, hits = roc(own.true == 0, own.probability[:, 0])
        theirs = sk.roc_curve(own.true == 0, own.probability[:, 0], drop_intermediate=False)
        assert alarms == pytest.approx(theirs[0])
        assert hits == pytest.approx(theirs[1])

    def test_confusion_counts_uncertain_and_unread(self, tiny):
        rows = [*some(), done(None, "Fibs"), done(None, "Fibs")]
        columns, counts = confusion(Classified(tiny, rows), rows)
        assert columns == [*CLASSES, "uncertain", "not read"]
        assert np.sum(counts) == 302
        assert [row[4] for row in counts] == [0, 2, 0]
        assert sum(row[3] for row in counts) == sum(d.predicted == "uncertain" for d in rows)

    def test_what_is_set_aside_is_in_no_figure(self, tiny):
        rows = [done([1, 0, 0], "PSW"), done([0, 1, 0], "PSW", aside=True)]
        assert named(class_figures(Classified(tiny, rows), ""), "accuracy")["value"] == 1

    def test_called_wrong_is_what_the_reading_says_and_not_what_it_leaves_open(self, tiny):
        rows = [done([0.9, 0.1, 0], "Others")] + [done([0.4, 0.3, 0.3], "Others", predicted="uncertain")] * 3
        rows[0] = replace(rows[0], example=replace(rows[0].example, generator="end-plate spike"))
        figures = class_figures(Classified(tiny, rows), "")
        assert named(figures, "called a wrong class")["value"] == 0.25
        assert named(figures, "called a wrong class", "true Others")["value"] == 0.25
        assert named(figures, "called a wrong class", "end-plate spike")["value"] == 1

    def test_classes_that_do_not_exclude_each_other(self, tiny):
        several = replace(tiny, exclusive=False)
        rng = np.random.default_rng(2)
        rows = [
            done(rng.random(3), [c for c in CLASSES if rng.random() < 0.5], str(i), predicted="") for i in range(200)
        ]
        own = Classified(several, rows)
        figures = class_figures(own, "")
        area = sk.roc_auc_score(own.truth, own.probability, average="macro")
        assert named(figures, "macro AUC")["value"] == pytest.approx(area)
        assert own.wrong.mean() == pytest.approx(1 - sk.accuracy_score(own.truth, own.probability >= 0.4))


class TestIntervals:
    def test_copies_of_one_recording_do_not_narrow_them(self):
        rng = np.random.default_rng(0)
        right = (rng.random(30) < 0.7).astype(float)
        alone = interval(lambda i: float(right[i].mean()), 30, resamples(range(30)))
        copied, groups = np.repeat(right, 40), np.repeat(np.arange(30), 40)
        grouped = interval(lambda i: float(copied[i].mean()), 1200, resamples(groups))
        naive = interval(lambda i: float(copied[i].mean()), 1200, resamples(range(1200)))
        assert grouped == pytest.approx(alone, abs=0.02)
        assert naive[2] - naive[1] < 0.3 * (grouped[2] - grouped[1])

    def test_they_hold_the_truth_95_times_of_100(self):
        held = 0
        for seed in range(100):
            hits = (np.random.default_rng(seed).random(80) < 0.6).astype(float)
            _, low, high = interval(lambda i, hits=hits: float(hits[i].mean()), 80, resamples(range(80), 200, seed))
            held += low <= 0.6 <= high
        assert 88 <= held <= 100


def event(label, time_s):
    return Event(label, time_s, time_s - 0.001, time_s + 0.001, "EMG", 0.9)


class TestEvents:
    def test_classes_misses_and_false_events(self):
        found = [event("Fibs", 0.1049), event("Fibs", 0.2), event("PSW", 0.5051)]
        true = [TrueEvent("Fibs", 0.1, 200), TrueEvent("PSW", 0.2, 200), TrueEvent("Others", 0.5, 200)]
        own = tally(found, true, CLASSES, 1.0, 3.0)
        assert own.found == own.whole == own.visible == Counts(2, 1, 1)  # within 5 ms, and 0.1 ms too far
        assert own.classes == (Counts(0, 1, 1), Counts(1, 1, 0), Counts(0, 0, 1))

    def test_one_event_is_found_once(self):
        own = tally([event("Fibs", 0.099), event("Fibs", 0.102)], [TrueEvent("Fibs", 0.1, 99)], CLASSES, 1.0, None)
        assert own.found == Counts(1, 1, 0)
        assert own.visible is None

    def test_end_plate_noise_and_what_the_noise_hides(self):
        true = [
            TrueEvent("Fibs", 0.1, 10),
            TrueEvent("Fibs", 0.2, 100),
            TrueEvent("Others", 0.3, 30, "end-plate noise"),
            TrueEvent("Others", 0.31, 30, "end-plate noise"),
        ]
        own = tally([event("Fibs", 0.2), event("Others", 0.3)], true, CLASSES, 1.0, 3.0)
        assert own.found == Counts(1, 0, 1)
        assert own.whole == Counts(2, 0, 2)
        assert own.visible == Counts(1, 0, 0)
        assert own.classes[2] == Counts()

    def test_each_generator_s_events(self):
        true = [TrueEvent("Others", t, 99, "end-plate spike") for t in (0.1, 0.2, 0.3, 0.4)]
        own = tally([event("Fibs", 0.1), event("Others", 0.2), event("Others", 0.3)], true, CLASSES, 1.0, None)
        assert own.generators == {"end-plate spike": (4, 1, 1)}
        figures = event_figures([own], ["a"], CLASSES, "")
        assert named(figures, "events missed", "end-plate spike")["value"] == pytest.approx(0.25)
        assert named(figures, "events called a wrong class", "end-plate spike")["value"] == pytest.approx(0.25)

    def test_figures(self):
        classes = (Counts(8, 0, 2), Counts(), Counts(0, 1, 0))
        one = Tally(Counts(8, 1, 2), Counts(8, 1, 2), None, classes, 0.5, False)
        nothing = (Counts(), Counts(0, 3, 0), Counts())
        quiet = Tally(Counts(0, 3, 0), Counts(0, 3, 0), None, nothing, 2.0, True)
        figures = event_figures([one, quiet], ["a", "b"], CLASSES, "")
        assert named(figures, "events found within 5 ms, F1")["value"] == pytest.approx(16 / (16 + 4 + 2))
        assert named(figures, "events found and named, recall", "PSW")["value"] == pytest.approx(0.8)
        assert named(figures, "events found and named, precision", "PSW")["value"] == 1
        assert named(figures, "false events a minute")["value"] == pytest.approx(4 / 2.5)
        assert named(figures, "false events a minute where there is none")["value"] == pytest.approx(1.5)


def write(path, rows):
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows(rows)


class TestData:
    def test_class_folders(self, tiny, tmp_path):
        for name in ("001.PSW/p1_a.png", "001.PSW/p1_b.png", "others/p2-1.jpg", "Fibs/x/7.png", "notes/n.png"):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(b"")
        found = find_examples(tmp_path, tiny)
        assert [(e.path.name, *e.labels) for e in found] == [
            ("p1_a.png", "PSW"),
            ("p1_b.png", "PSW"),
            ("7.png", "Fibs"),
            ("p2-1.jpg", "Others"),
        ]
        other = replace(tiny, classes=("Fibs", "PSW"))  # a model of other classes: groups by name
        assert [(e.path.name, e.group) for e in find_examples(tmp_path, other)] == [
            ("p1_a.png", "p1"),
            ("p1_b.png", "p1"),
            ("7.png", "7"),
        ]

    def test_parts_of_files_as_a_data_set_marks_them(self, tiny, tmp_path):
        (tmp_path / "a.png").write_bytes(b"")
        rows = [["file", "label", "patient", "x", "y", "w", "h"], ["a.png", "fibrillation", "7", 4, 5, 60, 40]]
        write(tmp_path / "dataset.csv", rows)
        (own,) = find_examples(tmp_path, tiny)
        assert (own.labels, own.region) == ({"Fibs"}, Region(4, 5, 60, 40))

    def test_one_part_of_a_split(self, tiny, tmp_path):
        for name in ("PSW/a.png", "PSW/b.png"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes(b"")
        write(tmp_path / "split.csv", [["file", "part"], ["PSW/a.png", "train"], ["PSW/b.png", "test"]])
        assert [e.path.name for e in find_examples(tmp_path, tiny, tmp_path / "split.csv")] == ["b.png"]
        assert [e.path.name for e in find_examples(tmp_path, tiny, tmp_path / "split.csv", "train")] == ["a.png"]

    def test_a_table_by_patient(self, tiny, tmp_path):
        rows = [
            ["file", "label", "patient", "split"],
            ["a.png", "PSW", "7", "train"],
            ["b.png", "002.Fibs", "7", "test"],
            ["c.png", "others", "8", "test"],
        ]
        write(tmp_path / "labels.csv", rows)
        found = find_examples(tmp_path, tiny)
        assert [(e.path.name, set(e.labels), e.group) for e in found] == [
            ("b.png", {"Fibs"}, "patient:7"),
            ("c.png", {"Others"}, "patient:8"),
        ]
        assert find_examples(tmp_path / "labels.csv", tiny) == found

    def test_several_classes_a_file(self, tiny, tmp_path):
        several = replace(tiny, exclusive=False)
        write(tmp_path / "labels.csv", [["file", "PSW", "Fibs", "Others"], ["a.png", 1, 1, 0], ["b.png", 0, 0, 0]])
        assert [set(e.labels) for e in find_examples(tmp_path, several)] == [{"PSW", "Fibs"}, set()]

    def test_names_without_ending_or_folder(self, tiny, tmp_path):
        several = replace(tiny, exclusive=False, classes=("PSW", "No Finding"))
        (tmp_path / "films").mkdir()
        for name in ("r1.hea", "films/b.png"):
            (tmp_path / name).write_bytes(b"")
        rows = [["id", "Patient ID", "labels", "PSW", "No_Finding"], ["r1", "7", "x", 0, 1], ["b.png", "", "x", 1, 0]]
        write(tmp_path / "labels.csv", rows)
        found = find_examples(tmp_path, several)
        assert [e.path for e in found] == [tmp_path / "r1.hea", tmp_path / "films" / "b.png"]
        assert [e.labels for e in found] == [{"No Finding"}, {"PSW"}]
        assert [e.group for e in found] == ["Patient ID:7", "b"]

    def test_what_cannot_be_used_is_said(self, tiny, tmp_path):
        with pytest.raises(LeadlightError, match="put the files in a folder a class"):
            find_examples(tmp_path, tiny)
        write(tmp_path / "labels.csv", [["file", "label"], ["a.png", "PSW"], ["b.png", "CRD"]])
        with pytest.raises(LeadlightError, match=r"Line 3 of labels\.csv names no class of tiny"):
            find_examples(tmp_path, tiny)
        write(tmp_path / "labels.csv", [["picture", "label"], ["a.png", "PSW"]])
        with pytest.raises(LeadlightError, match="no column 'file'"):
            find_examples(tmp_path, tiny)
        with pytest.raises(LeadlightError, match="There is no"):
            find_examples(tmp_path / "nowhere", tiny)

    def test_pictures_of_one_patient_are_one_group(self, tiny, pictures, tmp_path):
        rows = [["file", "label", "patient"]]
        for number, path in enumerate(sorted(pictures.glob("0*/*.png"))[:6]):
            (tmp_path / path.name).write_bytes(path.read_bytes())
            rows.append([path.name, path.parent.name, number // 3])
        write(tmp_path / "dataset.csv", rows)
        own = evaluate(tiny, tmp_path, "cpu", lambda *_: None)
        assert [d.example.group for d in own.done] == ["0", "0", "0", "1", "1", "1"]

    def test_recordings_with_their_events(self, tiny, pictures):
        traces = replace(tiny, reads=(Kind.EMG_TRACE,))
        (own,) = find_examples(pictures, traces)
        assert own.path.suffix == ".hea"
        assert own.events is not None
        assert all(0 <= e.time_s <= 10 and e.amplitude_uv > 0 for e in own.events)


class TestCommand:
    def test_as_read_says(self, bundle, models, pictures, capsys, monkeypatch):  # noqa: F811
        assert main(["evaluate", str(bundle), "--data", str(pictures), "--json", "--device", "cpu"]) == 0
        value = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
        jsonschema.validate(value, SCHEMA)
        monkeypatch.setattr("viewer.models.catalogue.model_folders", lambda: (models,))
        paths = sorted(str(p) for p in pictures.glob("0*/*.png"))
        main(["read", *paths, "--kind", "emg-image", "--json", "--device", "cpu"])
        readings = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        read = {r["file"]: r for r in readings if not r["abstained"]}
        assert value["data"]["read"] == len(read) >= 3
        truth = {p: Path(p).parent.name[4:] for p in paths}
        best = {p: max(r["findings"], key=lambda f: f["probability"])["label"] for p, r in read.items()}
        accuracy = np.mean([best[p] == truth[p] for p in read])
        assert named(value["figures"], "accuracy")["value"] == pytest.approx(accuracy, abs=1e-6)
        assert {m["file"] for m in value["misread"]} == {p for p in read if best[p] != truth[p]}
        for m in value["misread"]:
            told = {f["label"]: f["probability"] for f in read[m["file"]]["findings"]}
            assert m["probabilities"] == pytest.approx(told, abs=1e-4)

    def test_the_page(self, bundle, pictures, capsys, tmp_path):
        html, pdf = tmp_path / "page.html", tmp_path / "page.pdf"
        assert main(["evaluate", str(bundle), "--data", str(pictures), "--page", str(html)]) == 0
        out = capsys.readouterr().out
        assert "accuracy" in out
        assert "Research use, not a medical device" in out
        own = evaluate(read_card(bundle), pictures, "cpu", lambda *_: None)
        write_page(own, to_json(own), pdf, True, lambda *_: None)
        text = html.read_text("utf-8")
        assert "http://" not in text.replace("http://www.w3.org/", "")
        assert "https://" not in text
        assert text.count("data:image/jpeg;base64,") >= 4
        assert text.count("<svg") == 3  # confusion, reliability, ROC
        assert 'id="' not in text  # names of one drawing would be taken for another's
        assert ".png" not in text  # files' names only where asked for
        assert pictures.name not in text
        with pypdfium2.PdfDocument(pdf) as document:
            printed = "\n".join(p.get_textpage().get_text_range() for p in document)
        assert ".png" in printed
        for words in ("accuracy", "macro AUC", "Misread", "All figures", "Research use, not a medical device"):
            assert words in text
            assert words in printed
        assert text.index("Misread") < text.index("All figures")

    def test_stopped_by_hand_leaves_what_was_done(self, bundle, pictures, capsys, monkeypatch):
        from training.evaluation.run import Reader

        plain, seen = Reader.open, []

        def opened(self, example):
            seen.append(example)
            if len(seen) == 3:
                raise KeyboardInterrupt
            return plain(self, example)

        monkeypatch.setattr(Reader, "open", opened)
        assert main(["evaluate", str(bundle), "--data", str(pictures), "--json"]) == 130
        value = json.loads(capsys.readouterr().out)
        jsonschema.validate(value, SCHEMA)
        assert value["interrupted"]
        assert value["data"]["read"] + value["data"]["abstained"] == 2
        assert value["data"]["found"] == 6

    def test_a_file_that_fails_is_named_and_the_others_go_on(self, bundle, pictures, capsys, tmp_path):
        (tmp_path / "PSW").mkdir()
        (tmp_path / "PSW" / "broken.png").write_bytes(b"no picture")
        good = next((pictures / "001.PSW").glob("*.png"))
        (tmp_path / "PSW" / "good.png").write_bytes(good.read_bytes())
        assert main(["evaluate", str(bundle), "--data", str(tmp_path), "--json"]) == 1
        value = json.loads(capsys.readouterr().out)
        jsonschema.validate(value, SCHEMA)
        assert [Path(f["file"]).name for f in value["data"]["failed"]] == ["broken.png"]
        assert value["data"]["read"] + value["data"]["abstained"] == 1

    def test_wrong_words(self, bundle, capsys, tmp_path):
        assert main(["evaluate", str(bundle)]) == 2
        assert main(["evaluate", str(bundle), "--data", str(tmp_path), "--page", "page.docx"]) == 2
        assert main(["evaluate", "nothing", "--data", str(tmp_path)]) == 1
        assert "There is no model 'nothing'" in capsys.readouterr().err
        assert main(["evaluate", str(bundle), "--data", str(tmp_path)]) == 1
        assert "put the files in a folder a class" in capsys.readouterr().err


def test_recordings_of_one_class_are_read_in_windows(bundle, pictures, tmp_path, monkeypatch):
    from training.evaluation import run

    monkeypatch.setattr(
        run.Engine, "read", lambda self, study, **words: reading_of(study, tuple(found), predicted="Others")
    )
    found = [Finding(label, p, 0.4) for label, p in zip(CLASSES, (0.1, 0.2, 0.7), strict=True)]
    (source,) = (pictures / "recordings").glob("*.hea")
    for suffix in (".hea", ".dat"):
        (tmp_path / "003.Others").mkdir(exist_ok=True)
        (tmp_path / "003.Others" / source.with_suffix(suffix).name).write_bytes(source.with_suffix(suffix).read_bytes())
    traces = replace(read_card(bundle), reads=(Kind.EMG_TRACE,))
    own = evaluate(traces, tmp_path, "cpu", lambda *_: None, window_s=2.0)
    assert [d.example.span_s for d in own.done] == [(0, 2), (2, 4), (4, 6), (6, 8), (8, 10)]
    assert len({d.example.group for d in own.done}) == 1
    value = to_json(own)
    assert value["data"]["read"] == 5
    assert named(value["figures"], "called a wrong class", "true Others")["value"] == 0


def test_recordings_are_scored_by_their_events(bundle, pictures, capsys, tmp_path, monkeypatch):
    """An engine that finds every true event 2 ms late, and one more, has the figures that follow."""
    from training.evaluation import run

    traces = replace(read_card(bundle), reads=(Kind.EMG_TRACE,))
    (example,) = find_examples(pictures, traces)
    plain = run.Engine.read

    def read(self, study, **words):
        reading = plain(self, study, **words)
        found = [event(e.label, e.time_s + 0.002) for e in example.events] + [event("PSW", 9.9999)]
        return replace(reading, abstained=False, events=tuple(found))

    monkeypatch.setattr(run.Engine, "read", read)
    own = run.evaluate(traces, pictures, "cpu", lambda *_: None)
    (only,) = own.done
    assert only.tally.whole.missed == 0
    assert only.tally.whole.false <= 1
    assert only.tally.whole.hits == len(example.events)
    for ending in ("html", "pdf"):
        write_page(own, to_json(own), tmp_path / f"page.{ending}", False, lambda *_: None)
    assert "lowest F1 first" in (tmp_path / "page.html").read_text("utf-8")
