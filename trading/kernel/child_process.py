"""Child processes that end when we end, however we end.

The kernel sends a chosen signal to a child when its parent dies (PR_SET_PDEATHSIG), kill -9 included. Two traps lie
there: the signal belongs to the *thread* that started the child, so start it from a thread that lives as long as the
child is wanted; and it is lost when the child changes its user, so it must be asked for after that. Asking inside
`preexec_fn` would run Python between fork and exec of a threaded program, which may deadlock. So this file is also a
small program of its own: it takes the place of the child, leaves the terminal's process group (Ctrl-C is for the
parent, who stops its children in order), changes the user, asks for the signal, and becomes the wanted program.
"""

import os
import sys
from typing import NamedTuple

PR_SET_PDEATHSIG = 1
NOT_PERMITTED = 126
NOT_FOUND = 127


class User(NamedTuple):
    """Who a child runs as, by number."""

    uid: int
    gid: int


def dying_with_us(arguments: list[str], *, death_signal: int, user: User | None = None) -> list[str]:
    """The command line that runs `arguments` as a child which gets `death_signal` when the calling thread ends.

    Pass it to `subprocess.Popen` or `asyncio.create_subprocess_exec` in this process. The process id stays the same, so
    signals reach the wanted program. The child exits with 126 when the program may not be run by `user`, 127 when it is
    missing. `user` can be given by root only.
    """
    who = f"{user.uid}:{user.gid}" if user else "same"
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), str(death_signal), who, *arguments]


def _become(parent: int, death_signal: int, who: str, arguments: list[str]) -> None:
    import ctypes

    if os.getsid(0) != os.getpid():
        os.setsid()
    if who != "same":
        uid, gid = (int(part) for part in who.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, death_signal) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:
        sys.exit(0)  # the parent ended before the signal was asked for
    os.execvp(arguments[0], arguments)  # noqa: S606 - this is what the program is for


if __name__ == "__main__":
    try:
        _become(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:])
    except PermissionError as error:
        print(error, file=sys.stderr)
        sys.exit(NOT_PERMITTED)
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        sys.exit(NOT_FOUND)
