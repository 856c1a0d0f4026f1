"""What /metrics counts (Prometheus). No label ever holds a person's words, id or address."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300)


class Metrics:
    """The gateway's counters, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self.messages = Counter("daozhen_messages", "Messages taken in", ["channel"], registry=registry)
        self.replies = Counter("daozhen_replies", "Replies by kind", ["kind"], registry=registry)
        self.refusals = Counter(
            "daozhen_refusals", "Requests refused, by the error's code", ["code"], registry=registry
        )
        self.troubles = Counter(
            "daozhen_troubles", "Attempts at an answer that failed, by cause", ["cause"], registry=registry
        )
        self.tickets = Counter(
            "daozhen_tickets", "Tickets asked for by patients, and withdrawn", ["what"], registry=registry
        )
        self.waiting = Gauge("daozhen_messages_waiting", "Messages that wait for the bot", registry=registry)
        self.oldest = Gauge(
            "daozhen_oldest_waiting_seconds", "How long the oldest of them has waited", registry=registry
        )
        self.streams = Gauge("daozhen_event_streams", "Event streams open now", registry=registry)
        self.rasa_ready = Gauge("daozhen_rasa_ready", "1 while Rasa is ready to answer", registry=registry)
        self.deliveries = Counter(
            "daozhen_deliveries",
            "Messages sent on channels that push, by outcome",
            ["channel", "outcome"],
            registry=registry,
        )
        self.updates = Counter(
            "daozhen_updates", "Updates that a channel's server has sent, each once", ["channel"], registry=registry
        )
        self.channel_up = Gauge(
            "daozhen_channel_up", "1 while the channel's server can be reached", ["channel"], registry=registry
        )
        self.answer_seconds = Histogram(
            "daozhen_answer_seconds",
            "From a message's being stored to its answer's",
            buckets=SECONDS,
            registry=registry,
        )

    def text(self) -> bytes:
        """All of them in Prometheus' text format."""
        return generate_latest(self._registry)
