"""Zips from students: what is unpacked, and what is refused as a whole."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from autograder.submission import archive
from autograder.submission.archive import extract_zip, list_zip
from autograder.submission.document import Refusal

UTF8 = 0x800


def zip_of(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return path


def raw_zip(path: Path, *members: tuple[zipfile.ZipInfo, bytes]) -> Path:
    """Make a zip of members as they are, duplicates and all."""
    with zipfile.ZipFile(path, "w") as file:
        for info, data in members:
            file.filelist.append(info)
            info.header_offset = file.fp.tell()  # type: ignore[union-attr]
            info.file_size = info.compress_size = len(data)
            info.CRC = zipfile.crc32(data)
            file.fp.write(info.FileHeader() + data)  # type: ignore[union-attr]
        file.start_dir = file.fp.tell()  # type: ignore[union-attr]
        file._didModify = True  # type: ignore[attr-defined]
    return path


def named(name: str, *, mode: int = 0, flags: int = 0) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("x")
    info.filename = info.orig_filename = name
    info.external_attr = mode << 16
    info.create_system = 3
    info.flag_bits = flags
    return info


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def reason(path: Path) -> str:
    """Return why a zip is refused, and see that nothing of it is left, in the folder or around it."""
    room = path.parent / "room"
    room.mkdir(exist_ok=True)
    with pytest.raises(Refusal) as caught:
        extract_zip(path, room / "student")
    assert list(room.iterdir()) == []
    assert {child.name for child in path.parent.iterdir()} == {"room", path.name}
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_zip_is_unpacked(tmp_path: Path) -> None:
    path = zip_of(
        tmp_path / "a.zip", {"hw/hw.ipynb": b"{}", "hw/data/x.csv": b"1", "hw/größe.txt": b"2"}
    )
    assert extract_zip(path, tmp_path / "out") == ()
    assert files_in(tmp_path / "out") == {
        "hw/hw.ipynb": b"{}",
        "hw/data/x.csv": b"1",
        "hw/größe.txt": b"2",
    }
    assert list_zip(path) == ("hw/hw.ipynb", "hw/data/x.csv", "hw/größe.txt")


def test_what_was_unpacked_before_is_replaced(tmp_path: Path) -> None:
    extract_zip(zip_of(tmp_path / "a.zip", {"old.txt": b"1"}), tmp_path / "out")
    extract_zip(zip_of(tmp_path / "b.zip", {"new.txt": b"2"}), tmp_path / "out")
    assert files_in(tmp_path / "out") == {"new.txt": b"2"}


def test_what_systems_add_is_left_out(tmp_path: Path) -> None:
    junk = {
        "__MACOSX/._hw.ipynb": b"",
        ".DS_Store": b"",
        "a/.ipynb_checkpoints/hw.ipynb": b"",
        "venv/bin/x": b"",
        "expect.yaml": b"",
    }
    path = zip_of(tmp_path / "a.zip", {"hw.ipynb": b"{}"} | junk)
    extract_zip(path, tmp_path / "out")
    assert files_in(tmp_path / "out") == {"hw.ipynb": b"{}"}


def test_links_in_an_environment_that_is_left_out_do_no_harm(tmp_path: Path) -> None:
    link = named("venv/bin/python", mode=stat.S_IFLNK | 0o777)
    path = raw_zip(tmp_path / "a.zip", (named("hw.ipynb"), b"{}"), (link, b"/usr/bin/python3"))
    extract_zip(path, tmp_path / "out")
    assert files_in(tmp_path / "out") == {"hw.ipynb": b"{}"}


def test_backslashes_are_folders(tmp_path: Path) -> None:
    path = raw_zip(tmp_path / "a.zip", (named("data\\x.csv"), b"1"))
    extract_zip(path, tmp_path / "out")
    assert files_in(tmp_path / "out") == {"data/x.csv": b"1"}


def test_names_in_utf8_that_do_not_say_so_are_read(tmp_path: Path) -> None:
    data = zip_of(tmp_path / "a.zip", {"gr.txt": b"1"}).read_bytes()
    (tmp_path / "b.zip").write_bytes(data.replace(b"gr.txt", "ü.txt".encode()))
    assert list_zip(tmp_path / "b.zip") == ("ü.txt",)


@pytest.mark.parametrize("name", ["a\nb.txt", "a\u202egpj.txt", "a\x1b[31m.txt", "a\u200b.txt"])
def test_characters_that_mislead_are_replaced_and_said(tmp_path: Path, name: str) -> None:
    path = raw_zip(tmp_path / "a.zip", (named(name, flags=UTF8), b"1"))
    notes = extract_zip(path, tmp_path / "out")
    (found,) = files_in(tmp_path / "out")
    assert found.isprintable()
    assert "_" in found
    assert notes == (f"characters replaced in file names: {found}",)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../evil.txt", "a path that leads out of the zip: ../evil.txt"),
        ("a/../../evil.txt", "a path that leads out"),
        ("..\\evil.txt", "a path that leads out"),
        ("a/..", "a path that leads out"),
        ("../evil/", "a path that leads out"),
        ("__MACOSX/../../evil", "a path that leads out"),
        ("/etc/evil", "an absolute path: /etc/evil"),
        ("\\\\server\\share", "an absolute path"),
        ("C:\\evil.txt", "an absolute path"),
        ("c:evil.txt", "an absolute path"),
        ("a" * 300, "a name of more than 255 bytes"),
        ("ü" * 150, "a name of more than 255 bytes"),
        ("a/" * 50 + "b", "folders nested more than 40 deep"),
        ("a\0b.txt", "a name with a NUL character"),
    ],
)
def test_unsafe_names_are_refused(tmp_path: Path, name: str, words: str) -> None:
    path = raw_zip(
        tmp_path / "a.zip", (named("hw.ipynb"), b"{}"), (named(name, flags=UTF8), b"evil")
    )
    assert words in reason(path)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (stat.S_IFLNK, "a link: x"),
        (stat.S_IFIFO, "a special file"),
        (stat.S_IFCHR, "a special file"),
        (stat.S_IFSOCK, "a special file"),
    ],
)
def test_links_and_special_files_are_refused(tmp_path: Path, kind: int, words: str) -> None:
    assert words in reason(
        raw_zip(tmp_path / "a.zip", (named("x", mode=kind | 0o777), b"/etc/passwd"))
    )


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ("a.txt", "a.txt", "two files of one name: a.txt and a.txt"),
        ("a.txt", "A.TXT", "two files of one name"),
        ("a.txt", "./a.txt", "two files of one name"),
        ("é.txt", "e\u0301.txt", "two files of one name"),
        ("a", "a/b", "a file and a folder of one name: a"),
        ("a/b", "A", "a file and a folder of one name"),
        ("a\n", "a\r", "two files of one name"),
    ],
)
def test_colliding_names_are_refused(tmp_path: Path, first: str, second: str, words: str) -> None:
    path = raw_zip(
        tmp_path / "z.zip", (named(first, flags=UTF8), b"1"), (named(second, flags=UTF8), b"2")
    )
    assert words in reason(path)


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    assert "protected by a password: x" in reason(
        raw_zip(tmp_path / "a.zip", (named("x", flags=1), b".."))
    )


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_rare_methods_are_refused(tmp_path: Path, method: int) -> None:
    assert "rare compression method: x" in reason(
        zip_of(tmp_path / "a.zip", {"x": b"1" * 100}, method)
    )


def test_a_bomb_is_refused_by_the_bytes_that_come_out(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip", {"zeros": bytes(archive.FREE_BYTES + 1)})
    assert "unpacks to more than 200 times its size" in reason(path)


def test_a_bomb_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    size = archive.FREE_BYTES + 1
    data = zip_of(tmp_path / "a.zip", {"zeros": bytes(size)}).read_bytes()
    (tmp_path / "a.zip").write_bytes(data.replace(struct.pack("<L", size), struct.pack("<L", 5)))
    assert reason(tmp_path / "a.zip")


def test_a_file_of_zeros_is_no_bomb(tmp_path: Path) -> None:
    extract_zip(zip_of(tmp_path / "a.zip", {"zeros": bytes(5_000_000)}), tmp_path / "out")
    assert (tmp_path / "out" / "zeros").stat().st_size == 5_000_000


def test_a_zip_that_says_it_is_too_large_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    data = zip_of(tmp_path / "a.zip", {"x": b"12345"}, zipfile.ZIP_STORED).read_bytes()
    at = data.rindex(b"PK\x01\x02") + 24
    (tmp_path / "a.zip").write_bytes(data[:at] + struct.pack("<L", 600 * 1024**2) + data[at + 4 :])
    assert "unpacks to more than 512 MiB" in reason(tmp_path / "a.zip")


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_FILES", 20)
    assert "holds 21 files; the limit is 20" in reason(
        zip_of(tmp_path / "a.zip", {str(n): b"" for n in range(21)})
    )


def test_a_table_of_contents_that_would_fill_the_memory_is_not_read(tmp_path: Path) -> None:
    entry = b"PK\x01\x02" + bytes(42)
    count = archive.MAX_DIRECTORY_BYTES // len(entry) + 1
    size = count * len(entry)
    end = b"PK\x05\x06" + struct.pack("<HHHHLLH", 0, 0, count & 0xFFFF, count & 0xFFFF, size, 0, 0)
    (tmp_path / "a.zip").write_bytes(entry * count + end)
    assert "lists too many files" in reason(tmp_path / "a.zip")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty (0 bytes)"),
        (b"PK\x03\x04 cut short", "damaged or was cut short"),
        (b"Rar!\x1a\x07", "called .zip but is a RAR archive"),
        (b"%PDF-1.4", "called .zip but is a PDF"),
        (b'{"cells": []}', "called .zip but is something else"),
    ],
)
def test_what_is_no_zip_says_what_it_is(tmp_path: Path, data: bytes, words: str) -> None:
    (tmp_path / "a.zip").write_bytes(data)
    assert words in reason(tmp_path / "a.zip")


def test_a_truncated_zip_is_refused(tmp_path: Path) -> None:
    data = zip_of(tmp_path / "a.zip", {"hw.ipynb": b"{}" * 500}).read_bytes()
    for length in (10, len(data) // 2, len(data) - 1):
        (tmp_path / "a.zip").write_bytes(data[:length])
        assert "damaged or was cut short" in reason(tmp_path / "a.zip")


def test_a_zip_with_a_damaged_file_is_refused(tmp_path: Path) -> None:
    data = zip_of(tmp_path / "a.zip", {"x": b"abcdef"}, zipfile.ZIP_STORED).read_bytes()
    (tmp_path / "a.zip").write_bytes(data.replace(b"abcdef", b"abcdeg"))
    assert "damaged" in reason(tmp_path / "a.zip")


def test_a_zip_in_a_zip_stays_closed(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as inner:
        inner.writestr("hw.ipynb", "{}")
    extract_zip(zip_of(tmp_path / "a.zip", {"inner.zip": buffer.getvalue()}), tmp_path / "out")
    assert list(files_in(tmp_path / "out")) == ["inner.zip"]


def test_a_zip_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    zip_of(tmp_path / "real.zip", {"x": b"1"})
    (tmp_path / "a.zip").symlink_to(tmp_path / "real.zip")
    with pytest.raises(Refusal, match="could not be unpacked"):
        extract_zip(tmp_path / "a.zip", tmp_path / "out")
