"""bot.desk.insights on SQLite and PostgreSQL; the page, JSON and CSV over HTTP."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from desk_parts import desk, member, wish
from sqlalchemy.engine import Engine
from stores import EMERGENCY, OPENED, WISH, Clock

from bot.conversations.records import Reply
from bot.conversations.store import Store
from bot.conversations.transactions import Transactions
from bot.conversations.wakeups import wakeups_for
from bot.desk.insights import Figures, figures, first_day, total
from bot.web.plot import HEIGHT, WIDTH, bars

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = date(2024, 3, 1)


@pytest.fixture
def parts(engine: Engine, clock: Clock) -> Iterator[tuple[Store, Transactions]]:
    wakeups = wakeups_for(engine)
    yield Store(engine, wakeups, clock), Transactions(engine, wakeups, clock)
    wakeups.close()


def asked(store: Store, clock: Clock, *kinds: str, channel: str = "widget") -> str:
    """A conversation in which each of the patient's messages gets a reply of a kind."""
    conversation = store.open(channel).id  # type: ignore[arg-type]
    for number, kind in enumerate(kinds):
        store.accept(conversation, str(number), "words", "words")
        leased = store.lease("worker", 60)
        assert leased is not None
        body = {"language": "en", "department": "ultrasound_intervention", "topic": "beds"}
        store.finish(leased, [Reply("words", kind, body)])
    return conversation


def test_counts(parts: tuple[Store, Transactions], clock: Clock) -> None:
    store, transactions = parts
    first = asked(store, clock, "fact", "unknown", "fallback", "emergency")
    asked(store, clock, "fact", channel="telegram")
    store.feedback(first, 2, True)
    store.feedback(first, 4, False)
    ticket = store.open_ticket(first, WISH, OPENED)
    store.open_ticket(asked(store, clock), EMERGENCY, None)
    clock.move(seconds=90)
    store.tickets.claim(ticket.id, "nurse")
    store.tickets.reply(ticket.id, "nurse", Reply("words", "staff"), "Nurse")
    (row,) = figures(transactions, DAY, DAY, "day", SHANGHAI)
    assert (row.conversations, row.messages, row.replies) == (3, 5, 5)
    assert (row.unanswered, row.fallback, row.emergencies, row.handoffs) == (2, 1, 1, 1)
    assert row.unanswered_share == pytest.approx(0.4)
    assert (row.helpful, row.unhelpful) == (1, 1)
    assert row.channels == {"widget": 2, "telegram": 1}
    assert row.languages == {"en": 5}
    assert row.topics == {"beds": 5}
    assert row.departments == {"ultrasound_intervention": 5}
    assert row.first_replies == [90.0]


@pytest.mark.parametrize(
    ("zone", "day"),
    [("Asia/Shanghai", date(2024, 3, 2)), ("UTC", date(2024, 3, 1)), ("America/New_York", date(2024, 3, 1))],
)
def test_days_are_the_hospitals_own(parts: tuple[Store, Transactions], clock: Clock, zone: str, day: date) -> None:
    store, transactions = parts
    clock.time = datetime(2024, 3, 1, 16, 30, tzinfo=timezone.utc)
    asked(store, clock, "fact")
    rows = figures(transactions, date(2024, 2, 28), date(2024, 3, 3), "day", ZoneInfo(zone))
    assert len(rows) == 5
    assert [row.start for row in rows if row.messages] == [day]


def test_weeks_begin_on_monday(parts: tuple[Store, Transactions], clock: Clock) -> None:
    store, transactions = parts
    asked(store, clock, "fact")
    rows = figures(transactions, date(2024, 2, 25), date(2024, 3, 4), "week", SHANGHAI)
    assert [(row.start, row.messages) for row in rows] == [
        (date(2024, 2, 19), 0),
        (date(2024, 2, 26), 1),
        (date(2024, 3, 4), 0),
    ]
    assert first_day(date(2024, 3, 3), "week") == date(2024, 2, 26)


@pytest.mark.parametrize(("first", "last"), [(DAY, date(2024, 2, 29)), (date(2023, 1, 1), DAY)])
def test_days_that_are_none(parts: tuple[Store, Transactions], first: date, last: date) -> None:
    with pytest.raises(ValueError, match="no time of at most"):
        figures(parts[1], first, last, "day", SHANGHAI)


@pytest.mark.parametrize(("share", "seconds"), [(0.5, 3.0), (0.9, 5.0), (0.2, 1.0)])
def test_the_time_to_the_first_reply(share: float, seconds: float) -> None:
    assert Figures(DAY, first_replies=[5.0, 1.0, 3.0, 2.0, 4.0]).first_reply(share) == seconds
    assert Figures(DAY).first_reply(share) is None


def test_total() -> None:
    one, two = Figures(DAY, messages=2, first_replies=[1.0]), Figures(date(2024, 3, 2), messages=3, first_replies=[9.0])
    one.languages["en"], two.languages["en"], two.languages["zh"] = 1, 1, 4
    found = total([one, two])
    assert (found.start, found.messages, found.first_replies) == (DAY, 5, [1.0, 9.0])
    assert found.languages == {"en": 2, "zh": 4}


def test_bars() -> None:
    drawn = bars([0, 5, 10])
    assert [bar.height for bar in drawn] == [0, HEIGHT / 2, HEIGHT]
    assert all(bar.x >= 0 and bar.x + bar.width <= WIDTH and bar.y + bar.height == HEIGHT for bar in drawn)
    assert [bar.height for bar in bars([0, 0])] == [0, 0]
    assert bars([]) == []


def test_page_json_and_csv(tmp_path: Path) -> None:
    with desk(tmp_path) as running:
        nurse = member(running, "nurse", language="zh")
        patient, _ = wish(running, "Where can I park my secret car?")
        patient.replies(patient.send("How many beds?"))
        found = nurse.get("/insights").json()
        assert (found["unit"], found["time_zone"], len(found["rows"])) == ("day", "Asia/Shanghai", 28)
        assert (found["totals"]["messages"], found["totals"]["handoffs"]) == (2, 1)
        assert found["totals"]["channels"] == {"widget": 1}
        table = list(csv.DictReader(io.StringIO(nurse.get("/insights.csv").text.lstrip("\ufeff"))))
        assert sum(int(row["messages"]) for row in table) == 2
        assert table[-1]["channels"] == "widget=1"
        page = nurse.page("/insights?unit=week").text
        assert "患者消息数" in page
        assert "<svg" in page
        assert "secret" not in page + str(found) + str(table)
        for query in ({"from": "2024-03-02", "to": "2024-03-01"}, {"from": "2020-01-01", "to": "2024-01-01"}):
            refused = nurse.get("/insights", **query)
            assert (refused.status_code, refused.json()["error"]) == (422, "days")
        assert nurse.get("/insights", **{"from": "yesterday"}).status_code == 422
