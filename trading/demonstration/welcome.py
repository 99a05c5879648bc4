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
from trading.demonstration.people import BIDDERS, PASSWORD, STAFF, VISITOR, Person
from trading.kernel.clock import SHANGHAI
from trading.settings import Settings

_ROLES_ZH = {
    Role.BIDDER: "竞买人",
    Role.OFFICER: "经办人",
    Role.AUCTIONEER: "主持人",
    Role.FINANCE: "财务",
    Role.SUPERVISOR: "监督人员",
    Role.AUDITOR: "审计人员",
    Role.EXPERT: "评审专家",
    Role.ADMIN: "管理员",
}
STEPS = 6


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
    for heading in ("sign-in name 用户名", "role 角色", "for 用途"):
        table.add_column(heading)
    for person in (*STAFF, *(bidder.person for bidder in BIDDERS)):
        table.add_row(person.sign_in_name, _roles(person), f"{person.task} {person.task_zh}")
    starts = loaded.starts_at.astimezone(SHANGHAI)
    console.print()
    console.print(table)
    console.print(f"\nPassword of all of them 统一密码: [bold]{PASSWORD}[/]; or one click at {settings.public_url}/sign-in")
    console.print(
        f"A lot goes live at {starts:%H:%M:%S} (Beijing time) and three robots bid; you bid as [bold]"
        f"{VISITOR.person.sign_in_name}[/]. Another waits for an auctioneer."
    )
    console.print(f"竞价将于北京时间 {starts:%H:%M:%S} 自动开始，三家演示竞买人自动出价；另一宗地等待主持人开拍。")
    console.print(f"Bank simulator 模拟银行: {escape(settings.bank_url)}")
    console.print(f"\n[bold green]{escape(settings.public_url)}[/]  ready after {took_s:.1f} s; Ctrl-C stops 按 Ctrl-C 停止\n")


def _roles(person: Person) -> str:
    return ", ".join(f"{role.value} {_ROLES_ZH[role]}" for role in sorted(person.roles))

