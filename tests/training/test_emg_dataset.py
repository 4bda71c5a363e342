"""A person's labelled data: what is taken in, that nothing leaks between the parts, counts and contact sheet."""

import csv
import hashlib
import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from training.dataset import LABELS, Entry, group_entries, is_dataset, label_of, read_entries
from training.emg.gather import describe, gather
from training.emg.spans import cut_span, draw_span
from training.parts import SHARES, divide
from training.simulate.emg import Amplifier, Recording, write_recording
from training.simulate.emg.recording import TrueEvent
from viewer.errors import LeadlightError
from viewer.formats import open_study

PARTS = ("train", "validation", "test")


def picture(path: Path, seed: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.random.default_rng(seed).integers(0, 255, (40, 60, 3), dtype=np.uint8))
    return path


def folders(tmp_path: Path, recordings: int = 6, each: int = 3, names=("001.PSW", "Fibs", "3 Others")) -> Path:
    for c, name in enumerate(names):
        for recording in range(recordings):
            for image in range(each):
                own = tmp_path / "data" / name / f"rec{c}{recording}_{image}.png"
                picture(own, c * 1000 + recording * 10 + image)
    return tmp_path / "data"


def table(folder: Path, rows: list[dict], name: str = "dataset.csv") -> Path:
    with (folder / name).open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return folder / name


class TestWhatIsTakenIn:
    def test_class_folders_with_numbers_or_without(self, tmp_path):
        data = folders(tmp_path)
        assert is_dataset(data)
        assert [sum(e.label == label for e in read_entries(data)) for label in LABELS] == [18, 18, 18]

    @pytest.mark.parametrize(
        ("word", "label"),
        [("001.PSW", "PSW"), ("2_fibs", "Fibs"), ("Fibrillations", "Fibs"), ("03 - Other", "Others"), ("rest", None)],
    )
    def test_words_for_classes(self, word, label):
        assert label_of(word) == label

    def test_a_folder_in_a_class_folder_is_a_patient(self, tmp_path):
        data = folders(tmp_path)
        picture(data / "Fibs" / "Smith" / "a.png", 5000)
        assert {e.patient for e in read_entries(data)} == {"", "Smith"}

    def test_other_folders_are_no_classes(self, tmp_path):
        picture(tmp_path / "emg" / "a.png", 0)
        assert not is_dataset(tmp_path)

    def test_a_missing_class_is_told(self, tmp_path):
        data = folders(tmp_path, names=("001.PSW", "Fibs"))
        with pytest.raises(LeadlightError, match=r"holds nothing labelled Others; sort pictures into the folders"):
            read_entries(data)

    @pytest.mark.parametrize("sign", [",", ";", "\t"])
    def test_tables_of_any_sign(self, tmp_path, sign):
        for label in LABELS:
            picture(tmp_path / f"{label}.png", 1)
        comma = "," if sign == ";" else "."
        lines = ["File,Label,Patient,X,Y,W,H".replace(",", sign)]
        lines += [sign.join((f"{label}.png", label, "p1", f"1{comma}5", "2", "20", "10")) for label in LABELS]
        (tmp_path / "dataset.csv").write_text("\n".join(lines), "utf-8-sig")
        entries = read_entries(tmp_path)
        assert entries[0] == Entry(tmp_path / "PSW.png", "PSW", "p1", "", None, (1.5, 2.0, 20.0, 10.0))

    def test_json_says_the_same(self, tmp_path):
        rows = [{"file": f"{label}.png", "label": label, "start_s": 0.5, "end_s": 1} for label in LABELS]
        for label in LABELS:
            picture(tmp_path / f"{label}.png", 1)
        (tmp_path / "own.json").write_text(json.dumps(rows))
        assert is_dataset(tmp_path / "own.json")
        assert [e.span_s for e in read_entries(tmp_path / "own.json")] == [(0.5, 1.0)] * 3

    @pytest.mark.parametrize(
        ("row", "told"),
        [
            ({"file": "a.png", "label": "MUAP"}, "row 1 is labelled 'MUAP', which is none of PSW, Fibs, Others"),
            ({"file": "b.png", "label": "PSW"}, "row 1 names 'b.png', which is not there"),
            ({"file": "a.png", "label": "PSW", "start_s": "2", "end_s": "1"}, "row 1 ends before it starts"),
            ({"file": "a.png", "label": "PSW", "x": "2", "y": "", "w": "", "h": ""}, "row 1 has not all of x, y, w, h"),
            ({"name": "a.png", "label": "PSW"}, "row 1 has no file"),
        ],
    )
    def test_a_wrong_row_is_told_by_its_number(self, tmp_path, row, told):
        picture(tmp_path / "a.png", 0)
        with pytest.raises(LeadlightError) as caught:
            read_entries(table(tmp_path, [row]))
        assert told in str(caught.value)
        assert "it needs the columns file and label" in str(caught.value)


def entry(name: str, label: str = "PSW", **more) -> Entry:
    return Entry(Path(name), label, **more)


class TestGroups:
    def groups(self, *entries: Entry, contents=None) -> list[int]:
        rest = [entry(f"x{i}-1", label) for i, label in enumerate(LABELS * 3)]  # enough groups of each class
        contents = contents or [str(i) for i in range(len(entries))]
        numbers, _ = group_entries([*entries, *rest], [*contents, *(f"r{i}" for i in range(len(rest)))])
        return numbers[: len(entries)]

    def test_one_patient_stays_together_whatever_the_recordings(self):
        a, b, c = self.groups(
            entry("a_1", patient="p", recording="1"), entry("b_1", patient="p", recording="2"), entry("c_1")
        )
        assert a == b != c

    def test_recordings_numbered_anew_for_each_patient_are_not_mixed(self):
        a, b = self.groups(entry("a", patient="p", recording="1"), entry("b", patient="q", recording="1"))
        assert a != b

    def test_a_recording_told_once_without_its_patient_stays_with_him(self):
        a, b = self.groups(entry("a", patient="p", recording="r"), entry("b", recording="r"))
        assert a == b

    def test_names_are_the_same_up_to_their_last_sign(self):
        a, b, c = self.groups(entry("rec1_01"), entry("sub/rec1-02", "Fibs"), entry("rec2_01"))
        assert a == b != c

    def test_equal_content_stays_together_under_two_names_and_patients(self):
        a, b = self.groups(entry("a", patient="p"), entry("b", patient="q"), contents=["same", "same"])
        assert a == b

    def test_names_by_a_camera_tell_nothing_and_it_is_said(self):
        entries = [entry(f"IMG_{i:04d}", LABELS[i % 3]) for i in range(12)]
        numbers, notes = group_entries(entries, [str(i) for i in range(12)])
        assert len(set(numbers)) == 12
        assert "each file counts as a recording of its own" in notes[0]


class TestParts:
    def test_no_group_is_parted_and_shares_are_near(self):
        rng = np.random.default_rng(0)
        for seed in range(20):
            groups = np.sort(rng.integers(0, 60, 900))
            groups = np.unique(groups, return_inverse=True)[1].tolist()
            labels = [LABELS[(g + rng.integers(0, 2)) % 3] for g in groups]
            parts = divide(labels, groups, seed)
            sides = {}
            for group, part in zip(groups, parts, strict=True):
                assert sides.setdefault(group, part) == part
            for label in LABELS:
                own = [p for p, found in zip(parts, labels, strict=True) if found == label]
                for name, share in SHARES.items():
                    assert abs(own.count(name) / len(own) - share) < 0.08

    def test_every_part_gets_every_class_even_of_three_groups(self):
        labels = ["PSW"] * 50 + ["Fibs"] * 3 + ["Others"] * 50
        groups = [*range(50), 50, 51, 52, *range(53, 103)]
        parts = divide(labels, groups, 1)
        assert {p for p, label in zip(parts, labels, strict=True) if label == "Fibs"} == set(PARTS)

    def test_too_few_recordings_are_refused_in_a_sentence(self):
        with pytest.raises(LeadlightError, match=r"Fibs comes from 2 recordings or patients, and 3 are needed"):
            divide(["PSW", "PSW", "PSW", "Fibs", "Fibs"], [0, 1, 2, 3, 4], 0)

    def test_the_same_seed_divides_in_the_same_way(self):
        labels, groups = list(LABELS) * 20, list(range(60))
        assert divide(labels, groups, 3) == divide(labels, groups, 3) != divide(labels, groups, 4)


class TestGather:
    def test_nothing_leaks_between_the_parts(self, tmp_path):
        """Recordings by name, a patient's folder, and the same picture under other names, saved anew."""
        data = folders(tmp_path)
        for c, name in enumerate(("001.PSW", "Fibs", "3 Others")):
            first = data / name / f"rec{c}0_0.png"
            shutil.copy(first, data / name / f"copy{c}a.png")
            cv2.imwrite(str(data / name / f"saved{c}b.bmp"), cv2.imread(str(first)))
            for image in range(2):
                picture(data / name / "Smith" / f"s{c}x{image}.png", 7000 + c * 10 + image)
        own = gather(data, tmp_path / "held", 0)
        assert sum("are copies of others" in note for note in own.notes) == 1
        assert len(own) == 3 * 18 + 6
        sides, shown = {}, {}
        for row in range(len(own)):
            name = "Smith" if "Smith" in own.files[row] else Path(own.files[row]).stem.split("_")[0]
            assert sides.setdefault(name, own.parts[row]) == own.parts[row]
            digest = hashlib.sha256(own[row].tobytes()).hexdigest()
            assert shown.setdefault(digest, own.parts[row]) == own.parts[row]
        assert len(shown) == len(own)
        assert {(int(label), part) for label, part in zip(own.labels, own.parts, strict=True)} == {
            (c, part) for c in range(3) for part in PARTS
        }

    def test_pictures_come_back_as_they_are_and_from_the_disk(self, tmp_path):
        data = folders(tmp_path)
        own = gather(data, tmp_path / "held", 0)
        for row in (0, 20, 53):
            assert np.array_equal(own[row], cv2.imread(str(data / own.files[row]))[..., ::-1])
        assert isinstance(own.pixels, np.memmap)
        again = gather(data, tmp_path / "held", 0)
        assert again.parts.tolist() == own.parts.tolist()

    def test_other_data_than_before_are_refused(self, tmp_path):
        data = folders(tmp_path)
        gather(data, tmp_path / "held", 0)
        picture(data / "Fibs" / "more_1.png", 9000)
        with pytest.raises(LeadlightError, match=r"The data are not those .* bring the earlier data back"):
            gather(data, tmp_path / "held", 0)

    def test_one_picture_with_two_labels_is_refused(self, tmp_path):
        data = folders(tmp_path)
        shutil.copy(data / "001.PSW" / "rec00_0.png", data / "Fibs" / "rec00x_0.png")
        with pytest.raises(
            LeadlightError, match=r"have the same content, and are labelled PSW and Fibs; keep the right"
        ):
            gather(data, tmp_path / "held", 0)

    def test_a_file_that_does_not_open_is_left_out_and_told(self, tmp_path):
        data = folders(tmp_path)
        (data / "Fibs" / "broken_1.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing more")
        own = gather(data, tmp_path / "held", 0)
        assert len(own) == 54
        assert "1 files could not be opened and were left out, the first: broken_1.png" in own.notes[0]

    def test_rectangles_are_cut_out(self, tmp_path):
        rows = []
        for i in range(12):
            path = picture(tmp_path / f"sheet{i}_1.png", i)
            rows.append({"file": path.name, "label": LABELS[i % 3], "x": 10, "y": 5, "w": 20, "h": 8})
        own = gather(table(tmp_path, rows), tmp_path / "held", 0)
        row = own.files.index("sheet4_1.png")
        assert np.array_equal(own[row], cv2.imread(str(tmp_path / "sheet4_1.png"))[5:13, 10:30, ::-1])

    def test_counts_and_a_contact_sheet(self, tmp_path):
        lines = describe(folders(tmp_path), tmp_path / "out", 0)
        assert lines[0] == "class,part,pictures,groups"
        assert sum(int(line.split(",")[2]) for line in lines[1:10]) == 54
        assert (tmp_path / "out" / "counts.csv").read_text().splitlines() == lines[:10]
        rows = list(csv.DictReader((tmp_path / "out" / "split.csv").read_text().splitlines()))
        assert len(rows) == 54
        sheet = cv2.imread(str(tmp_path / "out" / "contact-sheet.png"))
        assert sheet is not None
        busy = [
            (sheet[y + 30 : y + 100, 10:190].std(2) > 5).mean() for y in range(0, sheet.shape[0], sheet.shape[0] // 3)
        ]
        assert min(busy) > 0.5  # each class's band begins with a picture


class TestRecordings:
    def recording(self, folder: Path, name: str, form: str, seed: int) -> Path:
        rng = np.random.default_rng(seed)
        samples = rng.normal(0, 4, 20000)
        events = []
        for start in range(1000, 19000, 2000):  # a spike of 200 uV each 100 ms at 20 kHz
            samples[start : start + 40] += 200 * np.sin(np.linspace(0, 2 * np.pi, 40))
            t = start / 20000
            events.append(TrueEvent("Fibs", "fibrillation", 1, t, t, t + 0.002, 400.0))
        folder.mkdir(parents=True, exist_ok=True)
        made = Recording(samples.astype(np.float32), 20000.0, tuple(events), Amplifier(), ())
        return write_recording(made, folder / name, form)

    @pytest.mark.parametrize(("form", "known"), [("edf", True), ("wfdb", True), ("wav", False)])
    def test_spans_are_cut_in_microvolts(self, tmp_path, form, known):
        study = open_study(self.recording(tmp_path, "one", form, 0))
        samples, rate_hz, told = cut_span(study, (0.0495, 0.0525))
        assert (len(samples), rate_hz, told) == (60, 20000.0, known)
        scale = 1.0 if known else 3276.8 / 1000  # full scale of the file against the millivolt that stands for it
        assert np.ptp(samples) * scale == pytest.approx(400, rel=0.06)

    def test_a_span_behind_the_end_is_told(self, tmp_path):
        study = open_study(self.recording(tmp_path, "one", "edf", 0))
        with pytest.raises(LeadlightError, match=r"ends after 1\.00 s, before the span at 3 s"):
            cut_span(study, (3.0, 4.0))

    def test_drawn_spans_show_the_waveform(self, tmp_path):
        study = open_study(self.recording(tmp_path, "one", "edf", 0))
        with_spike = draw_span(study, (0.04, 0.08), "Fibs", (1, 0))[0]
        assert with_spike.dtype == np.uint8
        assert with_spike.ndim == 3
        assert np.array_equal(with_spike, draw_span(study, (0.04, 0.08), "Fibs", (1, 0))[0])
        other = draw_span(study, (0.04, 0.08), "Fibs", (1, 1))[0]
        assert with_spike.shape != other.shape or (with_spike != other).mean() > 0.2  # another look
        assert len(draw_span(study, None, "Fibs", (1, 0))) == 2  # a second in pieces of half a second

    def test_the_same_recording_under_two_names_stays_on_one_side(self, tmp_path):
        """Its header holds its name, so the bytes differ and the samples do not."""
        rows = []
        for i in range(12):
            path = self.recording(tmp_path, f"r{i}", "wfdb", i)
            rows.append({"file": path.name, "label": LABELS[i % 3], "start_s": 0.1, "end_s": 0.2, "patient": f"p{i}"})
        twin = self.recording(tmp_path, "twin", "wfdb", 4)
        rows += [{"file": twin.name, "label": LABELS[1], "start_s": 0.5, "end_s": 0.6, "patient": "unknown"}]
        own = gather(table(tmp_path, rows), tmp_path / "held", 0)
        at = {name: (own.groups[i], own.parts[i]) for i, name in enumerate(own.files)}
        assert at["r4.hea"] == at["twin.hea"]
        assert at["r4.hea"][0] != at["r7.hea"][0]
