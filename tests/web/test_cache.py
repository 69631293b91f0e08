"""Answers given before: two levels, bounds, files that are not what was written."""

import asyncio
import multiprocessing
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from kg.web.cache import MIB, Cache, Disk, Flights, Kept, Memory
from kg.web.encoding import decoded, encoded

HEADERS = [("Content-Type", "text/turtle"), ("Link", "<a>"), ("Link", "<b>")]
KEYS = [f"{n:064x}" for n in range(0, 1 << 60, (1 << 60) // 64)]


def kept(body=b"x" * 2000, coding="zstd"):
    return Kept(HEADERS, b"".join(encoded([body], coding)) if coding else body, coding, len(body))


def noise(size):
    return Kept(HEADERS, os.urandom(size), "", size)


@pytest.mark.parametrize("levels", [(1, 0), (0, 1), (1, 1)])
def test_what_was_put_comes_back_from_either_level(tmp_path, levels):
    cache = Cache(tmp_path, *levels)
    cache.put(KEYS[0], kept())
    assert cache.get(KEYS[0], "zstd") == kept()
    assert cache.get(KEYS[1], "zstd") is None


def test_without_room_nothing_is_kept(tmp_path):
    cache = Cache(tmp_path, 0, 0)
    cache.put(KEYS[0], kept())
    assert cache.get(KEYS[0], "zstd") is None
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_an_answer_comes_in_the_coding_that_is_asked_for(tmp_path):
    cache = Cache(tmp_path, 1, 1)
    cache.put(KEYS[0], kept())
    assert cache.get(KEYS[0], "").body == b"x" * 2000
    gzip = cache.get(KEYS[0], "gzip")
    assert gzip.body[:2] == b"\x1f\x8b" and gzip.coding == "gzip"
    assert cache.get(KEYS[0], "gzip") is gzip, "the second time nothing is compressed"
    plain = kept(b"short", "")
    cache.put(KEYS[1], plain)
    assert cache.get(KEYS[1], "gzip") == plain


def test_memory_forgets_what_was_not_used_for_longest():
    memory = Memory(64_000)
    for key in KEYS[:10]:
        memory.put(key, noise(4000))
    assert memory.get(KEYS[0])
    memory.put(KEYS[10], noise(4000))
    assert memory.get(KEYS[0]) and not memory.get(KEYS[1]) and memory.get(KEYS[2])


def test_memory_never_holds_more_than_its_limit():
    memory = Memory(64_000)
    for n in range(200):
        memory.put(KEYS[n % 7], noise(100 * n % 7000))
        assert memory._size <= 64_000
        assert memory._size == sum(len(each.body) + 2000 for each in memory._kept.values())


def test_what_is_too_large_for_a_level_does_not_empty_it(tmp_path):
    memory, disk = Memory(80_000), Disk(tmp_path, 80_000)
    for level in (memory, disk):
        level.put(KEYS[0], noise(1000))
        level.put(KEYS[1], noise(20_000))
        assert level.get(KEYS[0]) and not level.get(KEYS[1])


def test_the_disk_deletes_what_was_not_used_for_longest(tmp_path):
    disk = Disk(tmp_path, 160_000)
    for n, key in enumerate(KEYS[:9]):
        disk.put(key, noise(16_000))
        os.utime(tmp_path / key[:2] / key, (n, n))
    assert disk.get(KEYS[0]), "which makes it the last one used"
    disk.put(KEYS[9], noise(16_000))
    disk.trim()
    assert disk.get(KEYS[0]) and disk.get(KEYS[9]) and not disk.get(KEYS[1])


def test_the_disk_keeps_to_its_limit_without_being_told(tmp_path):
    for _ in range(3):
        disk = Disk(tmp_path, MIB)
        for key in KEYS:
            disk.put(key, noise(60_000))
        sizes = [path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()]
        assert MIB // 2 < sum(sizes) <= MIB + MIB // 16


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:10],
        lambda data: data[:-1],
        lambda data: data + b"x",
        lambda data: data[:100] + bytes([data[100] ^ 1]) + data[101:],
        lambda data: bytes(len(data)),
    ],
)
def test_a_file_that_is_not_what_was_written_is_never_given(tmp_path, damage):
    disk = Disk(tmp_path, MIB)
    disk.put(KEYS[0], kept())
    path = tmp_path / KEYS[0][:2] / KEYS[0]
    path.write_bytes(damage(path.read_bytes()))
    assert disk.get(KEYS[0]) is None
    assert not path.exists()
    disk.put(KEYS[0], kept())
    assert disk.get(KEYS[0]) == kept()


def test_a_disk_that_cannot_be_written_costs_nothing_but_speed(tmp_path):
    (tmp_path / "answers").write_text("a file where the folder should be")
    cache = Cache(tmp_path, 1, 1)
    cache.put(KEYS[0], kept())
    assert cache.get(KEYS[0], "zstd") == kept()


def _work(folder, number):
    cache = Cache(folder, 0, 1)
    for n in range(200):
        key = KEYS[n % 16]
        found = cache.get(key, "zstd")
        assert found is None or b"".join(decoded(found.body)) == key.encode() * 100
        cache.put(key, kept(key.encode() * 100))


def test_processes_share_the_disk(tmp_path):
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_work, args=(tmp_path, n)) for n in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert Cache(tmp_path, 0, 1).get(KEYS[0], "") == kept(KEYS[0].encode() * 100, "")
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 16


def once(flights, key, work):
    """In an event loop of this thread alone."""

    async def working():
        return work()

    return asyncio.run(flights.once(key, working))


def test_what_several_ask_for_at_once_is_done_once():
    flights, started, finish = Flights(), threading.Event(), threading.Event()
    calls = []

    def work():
        calls.append(1)
        started.set()
        finish.wait(60)
        return "answer"

    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(once, flights, "key", work)
        started.wait(60)
        others = [pool.submit(once, flights, "key", work) for _ in range(3)]
        assert once(flights, "another", lambda: 1) == (1, True)
        finish.set()
        assert first.result() == ("answer", True)
        assert {each.result() for each in others} <= {("answer", False), ("answer", True)}
    assert 1 <= len(calls) <= 4
    assert once(flights, "key", lambda: "again") == ("again", True)


def test_an_error_reaches_all_who_wait_and_is_not_kept():
    flights, started, finish = Flights(), threading.Event(), threading.Event()

    def work():
        started.set()
        finish.wait(60)
        raise ValueError("once")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(once, flights, "key", work)
        started.wait(60)
        second = pool.submit(once, flights, "key", work)
        finish.set()
        for each in (first, second):
            with pytest.raises(ValueError, match="once"):
                each.result()
    assert once(flights, "key", lambda: 1) == (1, True)


def test_who_does_not_wait_any_longer_hurts_neither_the_work_nor_the_others():
    async def run():
        flights, finish = Flights(), asyncio.Event()

        async def work():
            await finish.wait()
            return "answer"

        first, gone, patient = (asyncio.create_task(flights.once("key", work)) for _ in range(3))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.sleep(0)
        finish.set()
        assert await first == ("answer", True)
        assert await patient == ("answer", False)
        assert gone.cancelled()

    asyncio.run(run())
