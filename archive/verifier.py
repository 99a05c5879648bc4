"""Checks a dossier bundle with no server and no trust in the platform that made it.

It needs the standard library and the canonical JSON of RFC 8785, and does the journal's arithmetic by itself instead of
calling the code that wrote it. It reports every fault it finds, not only the first.

A bundle in which everything was made anew, entries and ends alike, is consistent in itself. With the public key of the
platform's transparency log the proofs in the bundle show that its streams are those the log has signed; without it the
report only names the end of every stream, to be compared with the platform, a receipt, or an older bundle.
"""

import hashlib
import json
import re
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archive.sale_checks import sale_findings
from archive.verifier_words import WORDS, Fault
from trading.kernel.canonical import canonical_json
from trading.transparency.receipt import ReceiptWrong, check_receipt

LARGEST_BUNDLE_BYTES = 4 * 1024**3
LARGEST_TEXT_BYTES = 512 * 1024**2
MOST_FILES = 20_000

_FORMATS = ("trading-dossier-1", "trading-dossier-2")
_TAG_FILES = ("bagit.txt", "bag-info.txt", "manifest-sha256.txt")
_ENTRY_MEMBERS = {"actor", "at", "body", "hash", "kind", "previous", "seq", "stream"}
_MANIFEST_LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault, where it is, and what more there is to say."""

    fault: Fault
    where: str = ""
    detail: str = ""

    def words(self, language: str = "zh") -> str:
        """The finding as a sentence, Chinese or English."""
        chinese, english = WORDS[self.fault]
        return (chinese if language == "zh" else english).format(where=self.where, detail=self.detail)


@dataclass(frozen=True, slots=True)
class StreamEnd:
    """Where a stream ends in the bundle; compare it with what the platform says."""

    stream: str
    seq: int
    hash: str


@dataclass
class BundleReport:
    """What was found. `sha256` is that of the bundle file itself, as the platform's journal of downloads names it."""

    sha256: str = ""
    title: str = ""
    made_at: str = ""
    documents: int = 0
    entries: int = 0
    ends: list[StreamEnd] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether nothing at all was found wrong."""
        return not self.findings

    def as_text(self, language: str = "zh") -> str:
        """The report as lines for a terminal."""
        chinese = language == "zh"
        lines = [self.title, f"SHA-256 {self.sha256}"] if self.title else [f"SHA-256 {self.sha256}"]
        if chinese:
            lines.append(f"文件 {self.documents} 份，日志 {self.entries} 条")
        else:
            lines.append(f"{self.documents} documents, {self.entries} journal entries")
        lines += [f"  {end.stream} #{end.seq} {end.hash}" for end in self.ends]
        lines += [f"✗ {finding.words(language)}" for finding in self.findings]
        whole = ("✓ 数据包完整，全部核验通过。", "✓ The bundle is whole; everything was verified.")
        broken = (f"✗ 发现 {len(self.findings)} 处问题。", f"✗ {len(self.findings)} faults were found.")
        return "\n".join([*lines, (whole if self.is_whole else broken)[0 if chinese else 1]])

    def add(self, fault: Fault, where: str = "", detail: object = "") -> None:
        """Keep a finding."""
        self.findings.append(Finding(fault, where[:200], str(detail)[:400]))


@dataclass(frozen=True, slots=True)
class _Member:
    """A file of the bag as it was read: its hash and size, its content only where it has to be read as text."""

    sha256: str
    size: int
    content: bytes


def verify_bundle(
    path: Path,
    *,
    log_key: str | None = None,
    largest_bytes: int = LARGEST_BUNDLE_BYTES,
    most_files: int = MOST_FILES,
) -> BundleReport:
    """Check the bundle at `path` and report every fault. Raises OSError when the file itself cannot be read.

    `log_key`: the public key of the platform's transparency log; with it every stream must be proved to be in the log.
    """
    report = BundleReport(sha256=_file_hash(path))
    files = _read_members(path, report, largest_bytes, most_files)
    if files is None:
        return report
    _check_bag(files, report)
    index = _read_index(files, report)
    if index is not None:
        filed = _check_streams(files, index, report)
        _check_documents(files, index, filed, report)
        if log_key is not None:
            _check_receipts(files, index, log_key, report)
    return report


def _file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_members(path: Path, report: BundleReport, largest: int, most: int) -> dict[str, _Member] | None:
    """All files below the one top folder, or None when it is not worth going on."""
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        report.add(Fault.NOT_A_ZIP)
        return None
    with archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        if len(members) > most:
            report.add(Fault.TOO_MANY_FILES, detail=most)
            return None
        counts = Counter(member.filename.casefold() for member in members)
        safe = [member for member in members if _is_safe(member, counts, report)]
        folders = sorted({member.filename.split("/")[0] for member in safe})
        if len(folders) != 1:
            report.add(Fault.SEVERAL_FOLDERS, detail=", ".join(folders[:5]) or "0")
            return None
        files: dict[str, _Member] = {}
        left = largest
        for member in safe:
            name = member.filename.split("/", 1)[1]
            read = _read_member(archive, member, name, left)
            if read is None:
                report.add(Fault.UNREADABLE_FILE, name)
            elif read.size > left:
                report.add(Fault.TOO_LARGE, detail=largest)
                return None
            else:
                files[name], left = read, left - read.size
    return files


def _is_safe(member: zipfile.ZipInfo, counts: Counter[str], report: BundleReport) -> bool:
    # orig_filename is what the archive says; filename is what Python already cleaned up.
    name = member.orig_filename
    parts = name.split("/")
    trouble = ""
    if "\\" in name or "\0" in name or name.startswith("/") or ":" in name:
        trouble = "absolute path or forbidden character"
    elif ".." in parts or "." in parts or "" in parts:
        trouble = "leaves its folder"
    elif len(parts) < 2:
        trouble = "outside the folder"
    elif stat.S_ISLNK(member.external_attr >> 16):
        trouble = "symbolic link"
    elif counts[member.filename.casefold()] > 1:
        trouble = "name occurs twice"
    if trouble:
        report.add(Fault.UNSAFE_PATH, name, trouble)
    return not trouble


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, left: int) -> _Member | None:
    """Read one file, stopping right after `left` bytes; what the archive says about its size is not believed."""
    digest, size, kept = hashlib.sha256(), 0, bytearray()
    keep = name.endswith((".txt", ".json", ".jsonl"))
    try:
        with archive.open(member) as file:
            while size <= left and (chunk := file.read(1024 * 1024)):
                digest.update(chunk)
                size += len(chunk)
                if keep and size <= LARGEST_TEXT_BYTES:
                    kept += chunk
    except (zipfile.BadZipFile, zlib.error, UnicodeError, RuntimeError, NotImplementedError, EOFError, OSError):
        return None
    return _Member(digest.hexdigest(), size, bytes(kept))


def _check_bag(files: dict[str, _Member], report: BundleReport) -> None:
    for name in (*_TAG_FILES, "tagmanifest-sha256.txt"):
        if name not in files:
            report.add(Fault.NOT_A_BAG, name)
    declaration = files["bagit.txt"].content if "bagit.txt" in files else b""
    if declaration and declaration != b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n":
        report.add(Fault.NOT_A_BAG, "bagit.txt")
    listed = _check_manifest("tagmanifest-sha256.txt", files, report) | {"tagmanifest-sha256.txt"}
    listed |= _check_manifest("manifest-sha256.txt", files, report)
    for name in sorted(set(files) - listed):
        report.add(Fault.FILE_NOT_LISTED, name)
    payload = [file.size for name, file in files.items() if name.startswith("data/")]
    information = files["bag-info.txt"].content.decode(errors="replace") if "bag-info.txt" in files else ""
    said = re.search(r"^Payload-Oxum: (\d+\.\d+)$", information, re.MULTILINE)
    if said is not None and said[1] != f"{sum(payload)}.{len(payload)}":
        report.add(Fault.SIZE_DIFFERS, detail=said[1])


def _check_manifest(manifest: str, files: dict[str, _Member], report: BundleReport) -> set[str]:
    """Compare every listed file with its hash; returns the names that are listed."""
    listed: set[str] = set()
    if manifest not in files:
        return listed
    lines = files[manifest].content.decode(errors="replace").splitlines()
    for number, line in enumerate(lines, start=1):
        match = _MANIFEST_LINE.fullmatch(line)
        if match is None:
            report.add(Fault.MANIFEST_UNREADABLE, manifest, number)
            continue
        name = match[2].replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%")
        if name in listed or name.startswith("data/") != (manifest == "manifest-sha256.txt"):
            report.add(Fault.MANIFEST_UNREADABLE, manifest, number)
        listed.add(name)
        if name not in files:
            report.add(Fault.FILE_MISSING, name)
        elif files[name].sha256 != match[1]:
            report.add(Fault.FILE_CHANGED, name)
    return listed


@dataclass(frozen=True, slots=True)
class _Index:
    documents: dict[str, str]  # path -> SHA-256
    streams: dict[str, StreamEnd]  # path -> end
    has_texts: bool  # of announcements, beside their facts


def _read_index(files: dict[str, _Member], report: BundleReport) -> _Index | None:
    where = "data/dossier.json"
    try:
        index = json.loads(files[where].content)
        if index["format"] not in _FORMATS:
            raise ValueError("format")
        report.title, report.made_at = str(index["title"]), str(index["made_at"])
        documents = {_text(each["path"]): _text(each["sha256"]) for each in index["documents"]}
        streams = {
            _text(each["path"]): StreamEnd(_text(each["stream"]), int(each["seq"]), _text(each["hash"]))
            for each in index["streams"]
        }
        if len(documents) != len(index["documents"]) or len(streams) != len(index["streams"]):
            raise ValueError("a path occurs twice")
        if len({end.stream for end in streams.values()}) != len(streams):
            raise ValueError("a stream occurs twice")
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        report.add(Fault.INDEX_UNREADABLE, where, f"{type(error).__name__} {error}")
        return None
    return _Index(documents, streams, has_texts=index["format"] != _FORMATS[0])


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("text expected")
    return value


def _check_streams(files: dict[str, _Member], index: _Index, report: BundleReport) -> set[str]:
    """Recompute every chain; returns the hashes of the documents that the journal says were filed."""
    filed: set[str] = set()
    for name in sorted(files):
        if name.startswith("data/journal/") and name not in index.streams:
            report.add(Fault.STREAM_NOT_NAMED, name)
    for name, end in index.streams.items():
        if name not in files:
            report.add(Fault.FILE_MISSING, name)
            continue
        entries = list(_check_chain(name, end, files[name].content.splitlines(), report))
        report.entries += len(entries)
        for fault, what in sale_findings(entries):
            report.add(fault, name, what)
        filed |= set(_filed_hashes(entries, with_texts=index.has_texts))
    return filed


def _check_chain(name: str, end: StreamEnd, lines: list[bytes], report: BundleReport) -> Iterator[dict[str, Any]]:
    """Check one stream line by line, going on after a fault with what the line itself says."""
    seq, previous = 0, "0" * 64
    for number, line in enumerate(lines, start=1):
        entry = _read_entry(line)
        if entry is None:
            report.add(Fault.ENTRY_UNREADABLE, name, number)
            continue
        if entry["stream"] != end.stream:
            report.add(Fault.ENTRY_IN_WRONG_STREAM, name, number)
        if entry["seq"] != seq + 1:
            report.add(Fault.ENTRY_OUT_OF_ORDER, name, number)
        if entry["previous"] != previous:
            report.add(Fault.CHAIN_BROKEN, name, number)
        sealed = {member: value for member, value in entry.items() if member != "hash"}
        if hashlib.sha256(canonical_json(sealed)).hexdigest() != entry["hash"]:
            report.add(Fault.ENTRY_CHANGED, name, number)
        seq, previous = entry["seq"], entry["hash"]
        yield entry
    report.ends.append(StreamEnd(end.stream, seq, previous))
    if (seq, previous) != (end.seq, end.hash):
        report.add(Fault.CHAIN_END_DIFFERS, name, f"{end.seq} {end.hash}")


def _read_entry(line: bytes) -> dict[str, Any] | None:
    """The entry in a line, or None unless it is exactly the canonical writing of an entry."""
    try:
        entry = json.loads(line)
        if not isinstance(entry, dict) or set(entry) != _ENTRY_MEMBERS or canonical_json(entry) != line:
            return None
    except (ValueError, TypeError, RecursionError):
        return None
    texts = all(isinstance(entry[member], str) for member in _ENTRY_MEMBERS - {"seq", "body"})
    numbered = type(entry["seq"]) is int and isinstance(entry["body"], dict)
    return entry if texts and numbered and _SHA256.fullmatch(entry["hash"]) else None


# The entries that name files of the dossier, and the members that hold their SHA-256.
_NAMING_ENTRIES = {"document_filed": ("sha256",), "announcement_published": ("facts_sha256", "text_sha256")}


def _filed_hashes(entries: Iterable[dict[str, Any]], *, with_texts: bool) -> Iterator[str]:
    for entry in entries:
        for member in _NAMING_ENTRIES.get(entry["kind"], ()):
            sha256 = entry["body"].get(member)
            if isinstance(sha256, str) and (with_texts or member != "text_sha256"):
                yield sha256


def _check_receipts(files: dict[str, _Member], index: _Index, log_key: str, report: BundleReport) -> None:
    """Every stream must have a proof, of one of its own entries, that leads to a checkpoint signed by this key."""
    for name in index.streams:
        proof = name.replace("data/journal/", "data/log/", 1).removesuffix("l")
        if proof not in files:
            report.add(Fault.RECEIPT_MISSING, name)
            continue
        try:
            check_receipt(files[proof].content, log_key)
            receipt = json.loads(files[proof].content)
            entry = _read_entry(files[name].content.splitlines()[receipt["seq"] - 1]) if name in files else None
        except (ReceiptWrong, IndexError) as wrong:
            report.add(Fault.RECEIPT_WRONG, proof, wrong)
            continue
        if entry is None or (entry["hash"], entry["stream"]) != (receipt["entry_hash"], receipt["stream"]):
            report.add(Fault.RECEIPT_WRONG, proof, "the entry it proves is not the one of the stream")


def _check_documents(files: dict[str, _Member], index: _Index, filed: set[str], report: BundleReport) -> None:
    present = {name: file.sha256 for name, file in files.items() if name.startswith("data/documents/")}
    report.documents = len(present)
    for name, sha256 in sorted(present.items()):
        if index.documents.get(name) != sha256:
            report.add(Fault.DOCUMENT_DIFFERS, name)
        if sha256 not in filed:
            report.add(Fault.DOCUMENT_NOT_IN_JOURNAL, name)
    for name in sorted(set(index.documents) - set(present)):
        report.add(Fault.FILE_MISSING, name)
    for sha256 in sorted(filed - set(present.values())):
        report.add(Fault.DOCUMENT_MISSING, detail=sha256)
