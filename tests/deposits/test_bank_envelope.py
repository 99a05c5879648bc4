"""The signature around bank messages: forged, stale, malformed and replayed ones are refused, each as what it is."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.deposits.bank_envelope import (
    FRESH_FOR_MS,
    BankMessageMalformed,
    BankMessageReplayed,
    BankMessageStale,
    BankSignatureForged,
    Envelope,
    SeenMessages,
    read_secret,
)

SECRET = b"a secret of more than thirty-two bytes, really"
NOW_MS = 1_790_000_000_000
BODY = b'{"kind":"bank_event"}'


def sealed(body: bytes = BODY, at_ms: int = NOW_MS) -> Envelope:
    return Envelope.seal(SECRET, "event-0001", at_ms, body)


def test_signature_is_hmac_sha256_over_timestamp_event_and_body() -> None:
    """The value comes from `openssl dgst -sha256 -hmac` over `1790000000000.event-0001.{"kind":"bank_event"}`."""
    assert sealed().signature == "d99b883a6353ad5a80fc361553daa8fdad9b152280357250c1a39b3fbab78e85"


@given(st.binary(max_size=200), st.integers(-FRESH_FOR_MS, FRESH_FOR_MS))
def test_sealed_message_is_believed_within_five_minutes(body: bytes, age_ms: int) -> None:
    Envelope.from_headers(sealed(body).headers()).verify(SECRET, body, now_ms=NOW_MS + age_ms)


@given(st.binary(min_size=1, max_size=60), st.data())
def test_any_changed_byte_of_the_body_is_forged(body: bytes, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(body) - 1))
    changed = body[:place] + bytes([body[place] ^ data.draw(st.integers(1, 255))]) + body[place + 1 :]
    with pytest.raises(BankSignatureForged):
        sealed(body).verify(SECRET, changed, now_ms=NOW_MS)


def test_another_event_id_or_timestamp_is_forged() -> None:
    good = sealed()
    for envelope in (
        Envelope("event-0002", good.timestamp_ms, good.signature),
        Envelope(good.event_id, good.timestamp_ms + 1, good.signature),
        Envelope(good.event_id, good.timestamp_ms, "0" * 64),
    ):
        with pytest.raises(BankSignatureForged):
            envelope.verify(SECRET, BODY, now_ms=NOW_MS)


def test_another_secret_is_forged() -> None:
    with pytest.raises(BankSignatureForged):
        sealed().verify(SECRET[:-1] + b"?", BODY, now_ms=NOW_MS)


@pytest.mark.parametrize("age_ms", [FRESH_FOR_MS + 1, -FRESH_FOR_MS - 1, 10**12])
def test_true_message_older_or_younger_than_five_minutes_is_stale(age_ms: int) -> None:
    with pytest.raises(BankMessageStale):
        sealed().verify(SECRET, BODY, now_ms=NOW_MS + age_ms)


def test_forged_message_is_not_told_about_its_age() -> None:
    with pytest.raises(BankSignatureForged):
        sealed().verify(b"x" * 32, BODY, now_ms=NOW_MS + 10**12)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-Bank-Event", ""),
        ("X-Bank-Event", "a.b.c.d.e"),
        ("X-Bank-Event", "x" * 81),
        ("X-Bank-Timestamp", "now"),
        ("X-Bank-Timestamp", "-1790000000000"),
        ("X-Bank-Timestamp", "1790000000000.5"),
        ("X-Bank-Timestamp", "１７９００００００００００"),
        ("X-Bank-Signature", "ABCDEF"),
        ("X-Bank-Signature", "G" * 64),
    ],
)
def test_malformed_header_is_named(header: str, value: str) -> None:
    with pytest.raises(BankMessageMalformed) as caught:
        Envelope.from_headers({**sealed().headers(), header: value})
    assert caught.value.part == header


def test_same_copy_is_replayed_and_the_senders_own_repetition_is_not() -> None:
    seen = SeenMessages()
    seen.note(sealed(), now_ms=NOW_MS)
    with pytest.raises(BankMessageReplayed):
        seen.note(sealed(), now_ms=NOW_MS + 1)
    seen.note(sealed(at_ms=NOW_MS + 1), now_ms=NOW_MS + 1)


def test_replay_is_still_known_while_the_copy_is_fresh() -> None:
    seen = SeenMessages()
    seen.note(sealed(), now_ms=NOW_MS)
    for step in range(1, 600):
        seen.note(Envelope(f"event-{step:06d}", NOW_MS + step, "0" * 64), now_ms=NOW_MS + step * 500)
    with pytest.raises(BankMessageReplayed):
        seen.note(sealed(), now_ms=NOW_MS + FRESH_FOR_MS)


def test_short_secret_is_not_accepted(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"  short  \n")
    with pytest.raises(ValueError, match="32 are needed"):
        read_secret(tmp_path / "secret")
