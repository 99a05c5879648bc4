"""What the demonstration prints: how far setting up has come, and then who can sign in as what."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from trading.accounts.rules import Role
from trading.demonstration.loading import Demonstration
from trading.demonstration.people import AUCTIONEER, BIDDERS, PASSWORD, STAFF, VISITOR, Person
from trading.kernel.moments import SHANGHAI
from trading.settings import Settings

_ROLES_ZH = {
    Role.BIDDER: "竞买人",
    Role.OFFICER: "经办人",
    Role.AUCTIONEER: "主持人",
    Role.FINANCE: "财务",
    Role.SUPERVISOR: "监督人员",
    Role.AUDITOR: "审计人员",
    Role.EXPERT: "评审专家",
    Role.REVIEWER: "部门审核人",
    Role.ADMIN: "管理员",
}
STEPS = 5


class Steps:
    """A progress display while setting up: a bar on a terminal, one line a step anywhere else."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("[dim]{task.fields[detail]}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("Setting up", total=STEPS, detail="")
        self._name = ""
        self._began = 0.0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def begin(self, name: str) -> None:
        """The step before is done; this one begins."""
        self._finish()
        self._name, self._began = name, time.monotonic()
        self._progress.update(self._task, description=name, detail="")

    def detail(self, text: str) -> None:
        """What the running step is at."""
        self._progress.update(self._task, detail=text)

    def end(self) -> None:
        """All steps are done."""
        self._finish()
        self._name = ""
        self._progress.stop()

    def _finish(self) -> None:
        if self._name:
            self._console.print(f"[green]✓[/] {self._name} [dim]{time.monotonic() - self._began:.1f} s[/]")
            self._progress.advance(self._task)


def welcome(console: Console, settings: Settings, loaded: Demonstration, *, took_s: float) -> None:
    """The address, who can sign in as what, and what will happen when."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("用户名", "角色与用途", "signs in and"):
        table.add_column(heading, no_wrap=True)
    for person in (*STAFF, *(bidder.person for bidder in BIDDERS)):
        table.add_row(person.sign_in_name, f"{_roles(person)} {person.task_zh}", person.task)
    starts = loaded.starts_at.astimezone(SHANGHAI)
    you = VISITOR.person.sign_in_name
    lines = (
        "",
        table,
        "",
        f"统一密码 password of all of them: [bold]{PASSWORD}[/] (or one click on the sign-in page)",
        f"北京时间 {starts:%H:%M:%S} 限时竞价自动开始，三家演示竞买人自动出价，您可用 {you} 参加；"
        f"另一宗地同时等待主持人（{AUCTIONEER.sign_in_name}）开拍；"
        "挂牌、最高限价、网络竞价、招标和一场两宗地的专场同时开始。",
        f"At {starts:%H:%M:%S} Beijing time a lot goes live and three robots bid; join as {you}."
        " Another lot waits for the auctioneer; a listing, a sale under a price cap, an online auction, a tender and a"
        " session of two lots begin beside them.",
        f"模拟银行 bank simulator: {escape(settings.bank_url)}",
        f"[bold green]{escape(settings.public_url)}[/] ready after {took_s:.1f} s. 按 Ctrl-C 停止 Ctrl-C stops.",
        "",
    )
    for line in lines:
        console.print(line, soft_wrap=True)


def _roles(person: Person) -> str:
    return "、".join(_ROLES_ZH[role] for role in sorted(person.roles))
