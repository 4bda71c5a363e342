"""The desk: what is looked at goes first, a newer wish replaces an older, and one failure stops nothing else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from viewer.formats import Item
from viewer.study import Kind, KindFrom, Region
from viewer.ui import desk as desk_module
from viewer.ui.entry import State


def _items(*names: str) -> list[Item]:
    return [Item(Path(name)) for name in names]


def test_every_study_is_opened_and_read_in_order(desk: Any, until: Callable) -> None:
    desk.add_items(_items("a.png", "b.png", "c.png"))
    until(lambda: all(e.state is State.READ for e in desk.entries))
    assert desk.opener.opened == ["a.png", "b.png", "c.png"]
    assert [asked["name"] for asked in desk.engine.asked] == ["a.png", "b.png", "c.png"]
    assert all(e.thumbnail is not None and not e.thumbnail.isNull() for e in desk.entries)


def test_the_same_file_is_not_listed_twice(desk: Any) -> None:
    first = desk.add_items(_items("a.png"))
    again = desk.add_items(_items("a.png", "b.png"))
    assert again[0] is first[0]
    assert len(desk.entries) == 2


def test_what_is_looked_at_goes_first_and_the_running_one_gives_way(desk: Any, until: Callable) -> None:
    slow, other = desk.add_items(_items("slow.png", "b.png"))
    until(lambda: desk.opener.opened == ["slow.png"])
    desk.select(other)
    until(lambda: other.state is State.READ)
    assert slow.state in (State.WAITING, State.READING), "it was put back, not stopped"
    desk.cancel_all()
    until(lambda: not desk.busy)


def test_a_failed_file_says_why_and_the_next_ones_are_read(desk: Any, until: Callable) -> None:
    failed, fine = desk.add_items(_items("fail.png", "b.png"))
    until(lambda: fine.state is State.READ and not desk.busy)
    assert failed.state is State.FAILED
    assert failed.error == "fail.png is cut short; copy it again."


def test_cancel_stops_the_running_study_until_it_is_asked_for_again(desk: Any, until: Callable) -> None:
    (slow,) = desk.add_items(_items("slow.png"))
    until(lambda: desk.opener.opened == ["slow.png"])
    desk.cancel()
    until(lambda: not desk.busy)
    assert slow.state is State.STOPPED
    desk.reread(slow)
    until(lambda: len(desk.opener.opened) == 2)
    desk.cancel()
    until(lambda: not desk.busy)


def test_an_overruled_kind_is_read_so_and_can_be_taken_back(desk: Any, until: Callable) -> None:
    (entry,) = desk.add_items(_items("a.png"))
    until(lambda: entry.state is State.READ)
    desk.overrule(entry, Kind.ECG_IMAGE)
    until(lambda: entry.state is State.READ)
    assert (entry.reading.kind, entry.reading.kind_from) == (Kind.ECG_IMAGE, KindFrom.PERSON)
    assert entry.study.kind is Kind.ECG_IMAGE
    desk.overrule(entry, None)
    until(lambda: entry.state is State.READ)
    assert (entry.reading.kind, entry.study.kind) == (Kind.CHEST_XRAY, Kind.CHEST_XRAY)
    assert [asked["kind"] for asked in desk.engine.asked] == [None, Kind.ECG_IMAGE, None]


def test_a_region_is_a_reading_of_its_own(desk: Any, until: Callable) -> None:
    (entry,) = desk.add_items(_items("a.png"))
    until(lambda: entry.state is State.READ)
    whole = entry.reading
    region = Region(x=2, y=3, w=20, h=20)
    desk.mark(entry, region)
    until(lambda: entry.regional is not None)
    assert entry.shown_reading is entry.regional
    assert entry.shown_reading.region == region
    desk.mark(entry, None)
    assert entry.shown_reading is whole


def test_a_frame_is_opened_and_read_by_itself(desk: Any, until: Callable) -> None:
    (entry,) = desk.add_items(_items("multi.png"))
    until(lambda: entry.state is State.READ)
    assert (entry.frames, entry.title) == (3, "multi.png (1/3)")
    desk.select(entry)
    desk.turn(entry, 2)
    until(lambda: entry.state is State.READ)
    assert entry.study.source.frame == 2
    assert entry.title == "multi.png (3/3)"
    desk.turn(entry, 3)
    assert entry.item.frame == 2, "there is no fourth frame"
    until(lambda: not desk.busy)


def test_memory_stays_bounded_and_a_dropped_study_comes_back(desk: Any, until: Callable, monkeypatch: Any) -> None:
    monkeypatch.setattr(desk_module, "STUDY_BUDGET_BYTES", 3 * 48 * 64)
    entries = desk.add_items(_items(*(f"{i}.png" for i in range(8))))
    desk.select(entries[0])
    until(lambda: all(e.state is State.READ for e in entries) and not desk.busy)
    held = [e for e in entries if e.study is not None]
    assert sum(e.bytes for e in held) <= 3 * 48 * 64
    assert entries[0] in held, "the one that is looked at stays"
    gone = next(e for e in entries if e.study is None)
    reading = gone.reading
    desk.select(gone)
    until(lambda: gone.study is not None)
    assert gone.reading is reading, "it is opened again, not read again"
    until(lambda: not desk.busy)


def test_a_pasted_picture_is_read_like_a_file(desk: Any, until: Callable) -> None:
    from tests.ui.conftest import make_study

    desk.add_made(lambda: make_study("Pasted picture"))
    until(lambda: desk.entries and desk.entries[0].state is State.READ)
    assert desk.entries[0].item is None


def test_removing_a_study_stops_its_work(desk: Any, until: Callable) -> None:
    slow, other = desk.add_items(_items("slow.png", "b.png"))
    until(lambda: desk.opener.opened == ["slow.png"])
    desk.remove([slow])
    until(lambda: other.state is State.READ)
    assert desk.entries == [other]


def test_a_desk_that_was_closed_does_not_start(qapp: Any) -> None:
    desk = desk_module.Desk()
    desk.close()
    desk.start()
    assert not desk.files.isRunning()
