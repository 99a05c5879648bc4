"""Who takes part in the demonstration: one account for every role, and units that bid. All invented."""

from dataclasses import dataclass
from decimal import Decimal

from trading.accounts.rules import Role
from trading.accounts.service import NewAccount, NewUnit
from trading.registration.joining import Member

PASSWORD = "demonstration-2026"  # noqa: S105 - printed at every start, and good for nothing else
"""Everybody's in the demonstration, which listens on this machine only and can't be used for anything real."""


@dataclass(frozen=True)
class Person:
    """One account of the demonstration. `task` and `task_zh` say what it is for, in the list of who can sign in."""

    sign_in_name: str
    display_name: str
    roles: frozenset[Role]
    task: str
    task_zh: str

    def account(self) -> NewAccount:
        """What the account is made of."""
        return NewAccount(self.sign_in_name, self.display_name, PASSWORD, self.roles, is_demonstration=True)


@dataclass(frozen=True)
class Bidder:
    """A unit that bids and its account. A robot bids up to `limit_increments` increments above the starting price.

    `limit_increments` is None for the unit that whoever opens the page bids for.
    """

    person: Person
    unit: NewUnit
    limit_increments: int | None


OFFICER = Person("officer", "陈经办", frozenset({Role.OFFICER}), "enters and publishes projects", "进场登记、发布公告")
REVIEWER = Person("reviewer", "李审核", frozenset({Role.OFFICER}), "reviews what a colleague entered", "审核进场项目")
AUCTIONEER = Person("auctioneer", "郑主持", frozenset({Role.AUCTIONEER}), "leads the auction", "主持拍卖")
FINANCE_FIRST = Person("finance1", "冯财务", frozenset({Role.FINANCE}), "approves refunds", "保证金审批")
FINANCE_SECOND = Person("finance2", "褚财务", frozenset({Role.FINANCE}), "releases refunds", "保证金复核放款")
SUPERVISOR = Person("supervisor", "卫监督", frozenset({Role.SUPERVISOR}), "watches live sessions", "现场监督")
AUDITOR = Person("auditor", "蒋审计", frozenset({Role.AUDITOR}), "finds and downloads dossiers", "查阅、下载案卷")
EXPERT = Person("expert", "沈专家", frozenset({Role.EXPERT}), "evaluates bids when called", "评审")
ADMIN = Person("admin", "韩管理", frozenset({Role.ADMIN}), "manages accounts", "账户管理")


def _of_department(sign_in_name: str, display_name: str) -> Person:
    roles = frozenset({Role.REVIEWER})
    return Person(sign_in_name, display_name, roles, "reviews entries for a department", "部门并联审批")


PLANNING = _of_department("planning", "何规划（自然资源和规划局）")
TREASURY = _of_department("treasury", "吕财政（财政局）")
ENVIRONMENT = _of_department("environment", "施环保（生态环境局）")
HOUSING = _of_department("housing", "张住建（住房和城乡建设局）")
DEPARTMENT_REVIEWERS = (PLANNING, TREASURY, ENVIRONMENT, HOUSING)

STAFF = (
    *(OFFICER, REVIEWER, AUCTIONEER, FINANCE_FIRST, FINANCE_SECOND, SUPERVISOR, AUDITOR, EXPERT, ADMIN),
    *DEPARTMENT_REVIEWERS,
)


def _bidder(sign_in_name: str, contact: str, unit_name: str, credit_code: str, limit_increments: int | None) -> Bidder:
    task, task_zh = ("bids for you", "您的竞买账户") if limit_increments is None else ("bids by itself", "自动出价")
    number = f"62284805220000{credit_code[13:17]}"  # the four digits that tell the invented units apart
    unit = NewUnit(
        name=unit_name,
        credit_code=credit_code,
        bank_account_name=unit_name,
        bank_account_number=number,
        contact_name=contact,
        phone="0830-0000000",
        is_demonstration=True,
    )
    return Bidder(Person(sign_in_name, contact, frozenset({Role.BIDDER}), task, task_zh), unit, limit_increments)


VISITOR = _bidder("bidder", "杨访客", "合江演示访客置业有限公司", "91510522MADEM0011D", None)
ROBOTS = (
    _bidder("robot1", "孙代表", "符阳演示城市建设投资有限公司", "91510522MADEM0021E", 40),
    _bidder("robot2", "钱代表", "赤水河演示实业发展有限公司", "91510522MADEM0031F", 31),
    _bidder("robot3", "赵代表", "泸州演示长江置地集团有限公司", "91510522MADEM0041G", 22),
)
BIDDERS = (VISITOR, *ROBOTS)

JOINT_BIDDER = Member("合江演示荔乡置业有限公司", "91510522MADEM0051H", Decimal(35))
"""Bids jointly with the first robot in the listing; it has no account of its own."""
