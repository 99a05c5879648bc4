"""A dossier as one file: a BagIt folder (RFC 8493, version 1.0) in a zip, which anyone can check without the platform.

    dossier-<name>/bagit.txt, bag-info.txt, manifest-sha256.txt, tagmanifest-sha256.txt
    dossier-<name>/data/READ-ME.txt            what this is and how to check it by hand
    dossier-<name>/data/dossier.json           the documents with their hashes, the streams with their ends
    dossier-<name>/data/documents/…            announcements and documents as they were published and filed
    dossier-<name>/data/records/…              tables for reading, made from the platform's data for this bundle
    dossier-<name>/data/journal/<stream>.jsonl one entry of the journal a line, in canonical JSON
    dossier-<name>/data/log/<stream>.json      the proof that the transparency log covers the stream up to an entry

Pure: facts in, bytes out, the same facts giving the same bytes. `archive.verifier` reads it back.
"""

import hashlib
import io
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime

from trading.kernel.canonical import canonical_json
from trading.kernel.journal import Entry, Head
from trading.kernel.moments import iso

FORMAT = "trading-dossier-2"
"""Since 2 an announcement's text is filed beside its facts."""

READ_ME = """案卷数据包 / Dossier bundle

本数据包可离线核验，不依赖交易平台：
1. manifest-sha256.txt 列出 data/ 下每个文件的 SHA-256。
2. data/journal/ 中每行是一条日志。去掉 hash 一项后，其余七项的规范 JSON（RFC 8785）的 SHA-256 应等于 hash；
   previous 应等于上一条的 hash（第一条为 64 个 0）；最后一条应与 data/dossier.json 中记载的末条一致。
3. data/documents/ 中每个文件的 SHA-256 应出现在日志的 document_filed 或 announcement_published 一条中。
4. data/records/ 中的表格为便于阅读而生成，以日志为准。
5. data/log/ 中每个文件证明对应日志的某一条（及其之前各条）已载入交易平台的透明日志，并附签名的检查点。
命令行：trading verify 数据包.zip --key 公钥（公钥见平台 /log/key）

This bundle can be checked offline, without the platform:
1. manifest-sha256.txt lists the SHA-256 of every file under data/.
2. Every line under data/journal/ is one entry of the journal. The SHA-256 over the canonical JSON (RFC 8785) of its
   seven members other than hash equals hash; previous equals the hash of the line before (64 zeros in the first line);
   the last line is the end of the stream as data/dossier.json states it.
3. The SHA-256 of every file under data/documents/ stands in an entry document_filed or announcement_published.
4. The tables under data/records/ were made for reading; what counts is the journal.
5. Every file under data/log/ proves that the transparency log covers an entry of a stream, and so all before it, with
   the signed checkpoint.
On the command line: trading verify BUNDLE.zip --key KEY (the key is what the platform's /log/key says)
"""


@dataclass(frozen=True, slots=True)
class FiledDocument:
    """A document with its content. `file_name` is unique in the dossier and has no folder."""

    document_id: str
    kind: str
    title: str
    media_type: str
    file_name: str
    filed_at: datetime
    content: bytes

    @property
    def sha256(self) -> str:
        """The hash by which the journal names it, in lowercase hex."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class LooseRecord:
    """A table made for reading. `file_name` is unique in the dossier and has no folder."""

    file_name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class FiledStream:
    """A whole stream of the journal, and where it ended when the bundle was made. `receipt`: JSON, see
    `trading.transparency.receipt`.
    """

    head: Head
    entries: tuple[Entry, ...]
    receipt: bytes | None = None


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything one project leaves behind. `name` becomes part of file names: letters, digits and hyphens."""

    name: str
    project_id: str
    title: str
    centre_name: str
    made_at: datetime
    is_demonstration: bool
    documents: tuple[FiledDocument, ...]
    streams: tuple[FiledStream, ...]
    records: tuple[LooseRecord, ...] = ()


def build_bundle(dossier: Dossier) -> bytes:
    """The zip file of a dossier."""
    payload = _payload(dossier)
    tags = _tag_files(dossier, payload)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in {**tags, **payload}.items():
            archive.writestr(_member(f"dossier-{dossier.name}/{path}", dossier.made_at), content)
    return file.getvalue()


def entry_line(entry: Entry) -> bytes:
    """One entry as a line of canonical JSON: the seven members that are hashed, and the hash."""
    return canonical_json(
        {
            "actor": entry.actor,
            "at": iso(entry.at),
            "body": entry.body,
            "hash": entry.hash.hex(),
            "kind": entry.kind,
            "previous": entry.previous.hex(),
            "seq": entry.seq,
            "stream": entry.stream,
        }
    )


def stream_file_name(stream: str) -> str:
    """The file of a stream: a colon may not stand in a file name everywhere."""
    return f"{stream.replace(':', '_')}.jsonl"


def _payload(dossier: Dossier) -> dict[str, bytes]:
    files = {"data/READ-ME.txt": READ_ME.encode(), "data/dossier.json": canonical_json(_index(dossier))}
    for document in dossier.documents:
        files[f"data/documents/{document.file_name}"] = document.content
    for record in dossier.records:
        files[f"data/records/{record.file_name}"] = record.content
    for stream in dossier.streams:
        lines = [entry_line(entry) + b"\n" for entry in stream.entries]
        name = stream_file_name(stream.head.stream)
        files[f"data/journal/{name}"] = b"".join(lines)
        if stream.receipt is not None:
            files[f"data/log/{name.removesuffix('l')}"] = stream.receipt
    proofs = sum(stream.receipt is not None for stream in dossier.streams)
    if len(files) != 2 + len(dossier.documents) + len(dossier.records) + len(dossier.streams) + proofs:
        raise ValueError("two files of a dossier have the same file name")
    return files


def _index(dossier: Dossier) -> dict[str, object]:
    return {
        "format": FORMAT,
        "project_id": dossier.project_id,
        "title": dossier.title,
        "centre": dossier.centre_name,
        "made_at": iso(dossier.made_at),
        "is_demonstration": dossier.is_demonstration,
        "documents": [
            {
                "document_id": document.document_id,
                "kind": document.kind,
                "title": document.title,
                "media_type": document.media_type,
                "path": f"data/documents/{document.file_name}",
                "filed_at": iso(document.filed_at),
                "sha256": document.sha256,
            }
            for document in dossier.documents
        ],
        "streams": [
            {
                "stream": stream.head.stream,
                "path": f"data/journal/{stream_file_name(stream.head.stream)}",
                "seq": stream.head.seq,
                "hash": stream.head.hash.hex(),
            }
            for stream in dossier.streams
        ],
    }


def _tag_files(dossier: Dossier, payload: dict[str, bytes]) -> dict[str, bytes]:
    size = sum(len(content) for content in payload.values())
    information = [
        f"Source-Organization: {dossier.centre_name}",
        f"Bagging-Date: {dossier.made_at.astimezone(UTC):%Y-%m-%d}",
        f"External-Identifier: {dossier.project_id}",
        f"Payload-Oxum: {size}.{len(payload)}",
    ]
    if dossier.is_demonstration:
        information.append("External-Description: 演示数据 Demonstration data")
    tags = {
        "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "bag-info.txt": ("\n".join(information) + "\n").encode(),
        "manifest-sha256.txt": _manifest(payload),
    }
    return {**tags, "tagmanifest-sha256.txt": _manifest(tags)}


def _manifest(files: dict[str, bytes]) -> bytes:
    lines = [f"{hashlib.sha256(content).hexdigest()}  {_escaped(path)}\n" for path, content in sorted(files.items())]
    return "".join(lines).encode()


def _escaped(path: str) -> str:
    # RFC 8493 section 2.1.3: only these three are encoded.
    return path.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _member(path: str, made_at: datetime) -> zipfile.ZipInfo:
    local = made_at.astimezone(UTC)
    member = zipfile.ZipInfo(path, (local.year, local.month, local.day, local.hour, local.minute, local.second))
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o100644 << 16
    return member
