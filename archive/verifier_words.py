"""The verifier's findings in plain words, Chinese and English: no catalogue is needed where there is no platform."""

from enum import StrEnum


class Fault(StrEnum):
    """What can be wrong with a bundle."""

    NOT_A_ZIP = "not_a_zip"
    TOO_LARGE = "too_large"
    TOO_MANY_FILES = "too_many_files"
    UNSAFE_PATH = "unsafe_path"
    UNREADABLE_FILE = "unreadable_file"
    SEVERAL_FOLDERS = "several_folders"
    NOT_A_BAG = "not_a_bag"
    MANIFEST_UNREADABLE = "manifest_unreadable"
    FILE_MISSING = "file_missing"
    FILE_NOT_LISTED = "file_not_listed"
    FILE_CHANGED = "file_changed"
    SIZE_DIFFERS = "size_differs"
    INDEX_UNREADABLE = "index_unreadable"
    STREAM_NOT_NAMED = "stream_not_named"
    ENTRY_UNREADABLE = "entry_unreadable"
    ENTRY_IN_WRONG_STREAM = "entry_in_wrong_stream"
    ENTRY_OUT_OF_ORDER = "entry_out_of_order"
    ENTRY_CHANGED = "entry_changed"
    CHAIN_BROKEN = "chain_broken"
    CHAIN_END_DIFFERS = "chain_end_differs"
    DRAW_DIFFERS = "draw_differs"
    QUOTES_DIFFER = "quotes_differ"
    RECEIPT_MISSING = "receipt_missing"
    RECEIPT_WRONG = "receipt_wrong"
    DOCUMENT_NOT_IN_JOURNAL = "document_not_in_journal"
    DOCUMENT_MISSING = "document_missing"
    DOCUMENT_DIFFERS = "document_differs"


WORDS = {
    Fault.NOT_A_ZIP: ("这个文件不是完整的 zip 压缩包。", "This file is not a whole zip archive."),
    Fault.TOO_LARGE: (
        "解压后的内容超过 {detail} 字节的上限，已停止读取。",
        "The content is larger than the limit of {detail} bytes; reading was stopped.",
    ),
    Fault.TOO_MANY_FILES: (
        "文件数超过 {detail} 个的上限，已停止读取。",
        "There are more than {detail} files; reading was stopped.",
    ),
    Fault.UNSAFE_PATH: ("文件名 {where} 不安全（{detail}）。", "The file name {where} is unsafe ({detail})."),
    Fault.UNREADABLE_FILE: ("文件 {where} 已损坏，无法读取。", "The file {where} is damaged and cannot be read."),
    Fault.SEVERAL_FOLDERS: (
        "数据包应只有一个顶层文件夹，实际有：{detail}。",
        "The bundle should hold one folder; it holds: {detail}.",
    ),
    Fault.NOT_A_BAG: ("{where} 缺失或不符合 BagIt 1.0。", "{where} is missing or is not BagIt 1.0."),
    Fault.MANIFEST_UNREADABLE: (
        "清单 {where} 第 {detail} 行无法读取。",
        "Line {detail} of the list {where} cannot be read.",
    ),
    Fault.FILE_MISSING: ("清单所列文件 {where} 不在数据包中。", "The listed file {where} is not in the bundle."),
    Fault.FILE_NOT_LISTED: ("文件 {where} 不在清单中。", "The file {where} is in no list."),
    Fault.FILE_CHANGED: ("文件 {where} 的内容与清单不符。", "The content of {where} is not what the list says."),
    Fault.SIZE_DIFFERS: (
        "总大小或文件数与 bag-info.txt 不符：应为 {detail}。",
        "Size or number of files is not what bag-info.txt says: {detail}.",
    ),
    Fault.INDEX_UNREADABLE: (
        "案卷目录 {where} 无法读取：{detail}。",
        "The dossier's index {where} cannot be read: {detail}.",
    ),
    Fault.STREAM_NOT_NAMED: (
        "日志文件 {where} 未列入案卷目录。",
        "The journal file {where} is not named in the dossier's index.",
    ),
    Fault.ENTRY_UNREADABLE: (
        "{where} 第 {detail} 行不是一条规范的日志。",
        "Line {detail} of {where} is not a proper entry.",
    ),
    Fault.ENTRY_IN_WRONG_STREAM: (
        "{where} 第 {detail} 行属于另一份日志。",
        "Line {detail} of {where} belongs to another stream.",
    ),
    Fault.ENTRY_OUT_OF_ORDER: (
        "{where} 第 {detail} 行的序号不对：有日志缺失、重复或次序被改动。",
        "Line {detail} of {where} has a wrong number: an entry is missing, doubled or out of order.",
    ),
    Fault.ENTRY_CHANGED: (
        "{where} 第 {detail} 行写入后被改动：内容与其摘要不符。",
        "Line {detail} of {where} was changed after it was written: its hash does not fit its content.",
    ),
    Fault.CHAIN_BROKEN: (
        "{where} 第 {detail} 行与上一条不衔接。",
        "Line {detail} of {where} does not continue the entry before it.",
    ),
    Fault.CHAIN_END_DIFFERS: (
        "{where} 的末条与案卷目录记载不符：应为 {detail}。",
        "{where} does not end where the dossier's index says: {detail}.",
    ),
    Fault.DRAW_DIFFERS: (
        "{where} 的摇号按日志重新计算，结果不符（{detail}）。",
        "The draw by lot in {where}, drawn again from its entries, differs ({detail}).",
    ),
    Fault.QUOTES_DIFFER: (
        "{where} 的密封报价按日志重新计算，结果不符（{detail}）。",
        "The sealed quotes in {where}, opened again from its entries, differ ({detail}).",
    ),
    Fault.RECEIPT_MISSING: (
        "{where} 没有透明日志的证明。",
        "There is no proof that the transparency log covers {where}.",
    ),
    Fault.RECEIPT_WRONG: (
        "{where} 的透明日志证明不成立：{detail}。",
        "The proof {where} of the transparency log does not hold: {detail}.",
    ),
    Fault.DOCUMENT_NOT_IN_JOURNAL: (
        "日志中没有文件 {where} 的归档记录。",
        "The journal has no entry for the filing of {where}.",
    ),
    Fault.DOCUMENT_MISSING: (
        "日志记载的已归档文件（SHA-256 {detail}）不在数据包中。",
        "A document that the journal says was filed (SHA-256 {detail}) is not in the bundle.",
    ),
    Fault.DOCUMENT_DIFFERS: (
        "文件 {where} 与案卷目录记载的 SHA-256 不符。",
        "The file {where} does not have the SHA-256 that the dossier's index says.",
    ),
}
