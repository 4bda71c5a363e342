"""The network that reads words, and the lines it learns from."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from training.job import Job
from training.simulate.emg.draws import Draw
from training.words import find
from training.words.drawing import in_turn
from training.words.lines import a_line, a_text, found_fonts
from training.words.scales import read_strangers, scale_figures, strangers_figures
from training.words.scenes import a_scene, scene_lines
from training.words.train import batches, ctc, run
from viewer.models.bundle import load_bundle, verify_bundle
from viewer.models.networks.line_finder import LineFinder
from viewer.models.networks.word_lines import WordLines
from viewer.reading import scale
from viewer.reading.lines import FoundLine, Line
from viewer.reading.writing import CHARACTERS, LINE_PX, LONGEST_PX, said, together

PART = {
    "name": "only",
    "stream": 0,
    "screens": 0.5,
    "epochs": 1,
    "steps": 3,
    "batch": 4,
    "rate": 1e-3,
    "weight_decay": 0.0,
    "average": 0.5,
}
RECIPE = {
    "id": "screen-words",
    "version": "0.1",
    "seed": 1,
    "validation": 4,
    "test": 6,
    "uncertain_below": 0.5,
    "widths": [8, 8, 12, 12, 16],
    "context": [1, 2],
    "before": [],
    "part": [PART],
}


@pytest.fixture
def fonts(tmp_path):
    import matplotlib

    folder = tmp_path / "fonts"
    folder.mkdir()
    source = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    for name in ("DejaVuSans.ttf", "DejaVuSansMono.ttf", "DejaVuSerif.ttf", "STIXSizOneSymReg.ttf"):
        shutil.copyfile(source / name, folder / name)
    return folder


def test_lines_are_ink_of_one_height_and_say_what_can_be_read(fonts):
    own = found_fonts(fonts)
    assert len(own) >= 3
    for n in range(40):
        seen, text = a_line(Draw(np.random.default_rng([3, n])), own)
        assert seen.shape[0] == LINE_PX
        assert LINE_PX // 2 <= seen.shape[1] <= LONGEST_PX
        assert seen.dtype == np.float32
        assert 0 <= seen.min() <= seen.max() <= 1
        assert set(text) <= set(CHARACTERS)
    again, told = (a_line(Draw(np.random.default_rng([3, 0])), own) for _ in range(2))
    assert np.array_equal(again[0], told[0])


def test_many_lines_are_settings_and_scales():
    texts = [a_text(Draw(np.random.default_rng([4, n]))) for n in range(300)]
    assert sum("ms" in t.lower() and any(c.isdigit() for c in t) for t in texts) > 75
    assert sum(t.lstrip("-").replace(".", "").replace(",", "").isdigit() for t in texts) > 20


def test_test_fonts_are_none_of_the_training_ones(fonts):
    own = tuple(f"{fonts}/font{i}.ttf" for i in range(30))
    chosen = {part: {Draw(np.random.default_rng(n), part).look(own) for n in range(300)} for part in ("train", "test")}
    assert not chosen["train"] & chosen["test"]


def test_no_fonts_are_told(tmp_path):
    with pytest.raises(FileNotFoundError):
        found_fonts(tmp_path)


def test_the_loss_falls_where_a_text_is_said():
    texts = torch.tensor([[11, 3, 0], [5, 0, 0]])
    wrong, right = torch.zeros(2, len(CHARACTERS) + 1, 12), torch.zeros(2, len(CHARACTERS) + 1, 12)
    right[0, 11, 2], right[0, 3, 6], right[1, 5, 4] = 20, 20, 20
    right[0, 0, [0, 1, 3, 4, 5, 7, 8, 9, 10, 11]], right[1, 0, [*range(4), *range(5, 12)]] = 20, 20
    assert float(ctc(right, texts)) < 0.01
    assert float(ctc(wrong, texts)) > 3
    assert [text for text, _ in said(right)] == [CHARACTERS[10] + CHARACTERS[2], CHARACTERS[4]]


def test_the_same_character_twice_needs_a_gap():
    logits = torch.full((1, len(CHARACTERS) + 1, 6), -20.0)
    for step, c in enumerate((2, 2, 0, 2, 3, 3)):
        logits[0, c, step] = 20
    assert said(logits)[0][0] == "112"
    assert said(logits)[0][1] == pytest.approx((1, 1, 1), abs=1e-6)


def test_lines_are_read_alike_alone_and_beside_longer_ones():
    torch.manual_seed(0)
    network = WordLines(len(CHARACTERS)).eval()
    short, long = (
        np.random.default_rng(1).random((LINE_PX, 60)).astype(np.float32),
        np.zeros((LINE_PX, 300), np.float32),
    )
    with torch.inference_mode():
        alone, beside = network(together([short])), network(together([short, long]))
    assert alone.shape == (1, len(CHARACTERS) + 1, 30)
    assert torch.allclose(alone[0, :, :20], beside[0, :, :20], atol=1e-4)


def test_batches_are_the_same_again_whoever_draws_and_as_many_as_asked(fonts):
    own = found_fonts(fonts)
    made = list(batches(PART, [1], own, 2))
    assert len(made) == 3
    for (x, t), (y, u) in zip(made, batches(PART, [1], own, 2, jobs=2), strict=True):
        assert torch.equal(x, y)
        assert torch.equal(t, u)
        assert (t <= len(CHARACTERS)).all()


def test_scales_are_right_within_a_quarter():
    told = {f["name"]: f["value"] for f in strangers_figures([0.0, 1.0, 1.2, 2.0])}
    assert told["time scale read"] == 0.75
    assert told["time scale right within a quarter, of those read"] == pytest.approx(2 / 3)
    own = {f["name"]: f["value"] for f in scale_figures([(True, 0.0), (True, 1.1), (False, 3.0)], "drawn")}
    assert own["time scale read where the screen says it"] == 0.5
    assert own["time scale right within a quarter, of those read"] == 0.5


def test_a_strangers_screen_is_read_as_the_viewer_does_it(monkeypatch):
    seen = []
    monkeypatch.setattr(scale, "scale_of", lambda shown: seen.append(shown) or scale.TimeScale(7.0, "bar", 10.0))
    first, again = read_strangers((1, 2)), read_strangers((1, 2))
    assert first == again > 0
    assert np.array_equal(*seen)


def test_the_trainer_writes_a_sound_bundle(fonts, tmp_path):
    torch.manual_seed(5)
    begun = WordLines(len(CHARACTERS), [6, 8, 8, 12, 12])  # a smaller one, that it goes on from
    save_file(begun.state_dict(), tmp_path / "begun.safetensors")
    bundle = run(Job(RECIPE, fonts, tmp_path / "out", "cpu", tmp_path / "begun.safetensors", 1))
    own = load_bundle(bundle)
    assert own.card.role == "words"
    assert own.card.classes == tuple(CHARACTERS)
    assert verify_bundle(bundle).passed
    assert {f.name for f in own.card.figures} >= {"lines without any mistake"}


def test_a_screens_lines_are_where_its_words_are(fonts):
    own, count, hit = found_fonts(fonts), 0, []
    for n in range(12):
        picture, lines = a_scene(Draw(np.random.default_rng([5, n]), "train"), own)
        assert picture.dtype == np.uint8
        for line in (line for line in lines if line.plain):
            count += 1
            (x0, y0), (x1, y1) = line.corners.min(0), line.corners.max(0)
            grey = picture[max(0, int(y0)) : int(y1) + 1, max(0, int(x0)) : int(x1) + 1].mean(2)
            beyond = np.abs(grey - np.median(grey)).max() > 12
            brighter = float(grey.mean() - np.median(grey)) > 0
            hit.append((beyond, brighter == line.bright))
            assert line.height >= 4.9
    assert count > 60
    assert np.mean([h[0] for h in hit]) > 0.98  # something is written there
    assert np.mean([h[1] for h in hit]) > 0.8  # coloured words may be as bright as their ground


def test_lines_from_screens_are_as_the_reader_sees_them_and_some_are_empty(fonts):
    own, lines = found_fonts(fonts), []
    for n in range(40):
        lines += scene_lines(Draw(np.random.default_rng([6, n])), own)
    assert all(seen.shape[0] == LINE_PX and 0 <= seen.min() <= seen.max() <= 1 for seen, _ in lines)
    assert {c for _, text in lines for c in text} <= set(CHARACTERS)
    assert 0.01 < np.mean([text == "" for _, text in lines]) < 0.2
    assert np.mean(["ms" in text for _, text in lines]) > 0.1


def test_what_is_drawn_ahead_comes_in_turn():
    seeds = [[n] for n in range(40)]
    assert list(in_turn(sum, seeds, 2)) == list(range(40)) == list(in_turn(sum, seeds, 1))


def test_found_lines_are_counted_once_and_unclear_ones_not_at_all():
    box = np.array([(10, 10), (110, 10), (110, 30), (10, 30)], float)
    plain = find.TrueLine(box, "10 ms", True, True)
    unclear = find.TrueLine(box + np.array((0, 100)), "??", True, False)
    right, shifted = FoundLine(Line(12, 10, 98, 20), True, 0.9), FoundLine(Line(60, 22, 98, 20), True, 0.9)
    over = FoundLine(Line(20, 112, 50, 15), True, 0.9)
    assert find.matched([right, right, over], [plain, unclear]) == (1, 1, 2, 1)
    assert find.matched([shifted], [plain, unclear]) == (1, 0, 1, 0)
    assert find.f1(np.array([(1, 1, 2, 1), (1, 0, 1, 0)])) == pytest.approx(2 * 1 / (2 + 3))


def test_the_finders_loss_falls_where_it_is_right():
    x = np.array([(40, 30), (160, 30), (160, 44), (40, 44)], float)
    wanted = torch.from_numpy(find.target([(x, True, True)], (60, 100)))[None]
    right = wanted.clone()
    right[:, :2] = 20 * right[:, :2] - 10
    assert float(find.loss(right, wanted)) < 0.05
    assert float(find.loss(-right, wanted)) > 5
    moved = right.clone()
    moved[:, 2] += 1.0
    assert float(find.loss(moved, wanted)) > float(find.loss(right, wanted)) + 0.2


def test_the_finders_trainer_writes_a_sound_bundle_and_goes_on_from_weights(fonts, tmp_path):
    recipe = RECIPE | {"id": "screen-lines", "widths": [4, 4, 6, 8], "validation": 2, "test": 3, "part": [PART]}
    torch.manual_seed(5)
    save_file(LineFinder(widths=recipe["widths"]).state_dict(), tmp_path / "begun.safetensors")
    bundle = find.run(Job(recipe, fonts, tmp_path / "out", "cpu", tmp_path / "begun.safetensors", 1))
    own = load_bundle(bundle)
    assert own.card.role == "lines"
    assert verify_bundle(bundle).passed
    assert {f.name for f in own.card.figures} == {"lines found, IoU 0.5", "boxes right, IoU 0.5"}
