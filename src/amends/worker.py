"""The loop that does what no person asks for: listens, reads what came, sends, and fires what is due (L4)."""

from __future__ import annotations

import logging
import os
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import close_old_connections, connection
from django.db.utils import OperationalError

from amends.desk import accounts, beat, changing, intake, media, names, reader, sender, timers, training

log = logging.getLogger("amends.worker")

#: Between two looks when nothing happened, in seconds.
PAUSE = 0.25
BEAT_EVERY = timedelta(seconds=5)
LOOK_EVERY = timedelta(seconds=2)
READERS = 4


class Worker:
    """One worker process or thread. `run` returns soon after `stop` is set."""

    def __init__(self, stop: threading.Event | None = None) -> None:
        self.stop = stop or threading.Event()
        self._followed: dict[int, threading.Thread] = {}
        self._polled: dict[int, Future[None]] = {}
        self._pool = ThreadPoolExecutor(READERS, thread_name_prefix="poll")
        self._looking: Future[None] | None = None
        self._training: Future[None] | None = None
        self._shift: sender.Shift | None = None
        self._beat_at = self._looked_at = datetime.min.replace(tzinfo=UTC)

    def run(self) -> None:
        """Work until told to stop. A lost database is waited for."""
        try:
            while not self.stop.is_set():
                try:
                    busy = self.once(now=datetime.now(UTC))
                except OperationalError as lost:
                    log.warning("the database cannot be used now: %s", lost)
                    connection.close()
                    self.stop.wait(2)
                except Exception:
                    log.exception("the worker stumbled and goes on")
                    self.stop.wait(1)
                else:
                    if not busy:
                        self.stop.wait(PAUSE)
                close_old_connections()
        finally:
            self._pool.shutdown(wait=True, cancel_futures=True)
            for thread in self._followed.values():
                thread.join(timeout=5)
            connection.close()

    def once(self, *, now: datetime) -> bool:
        """One round. True when there was something to do. Reading and sending take time: each step is told the time
        at which it begins, counted from `now`."""
        began = time.monotonic()

        def clock() -> datetime:
            return now + timedelta(seconds=time.monotonic() - began)

        if now - self._beat_at >= BEAT_EVERY:
            beat.beat("worker", now=now, pid=os.getpid())
            self._beat_at = now
            reader.keep_leases([*self._polled, *self._followed], now=now)
        self._start_readers(now=now)
        done = intake.read_waiting(now=now, clock=clock)
        self._shift = self._shift or sender.Shift(began_at=now)
        done += sender.drain(now=clock(), clock=clock, shift=self._shift)
        done += changing.drain(now=clock())
        done += timers.fire(now=clock())
        self._start_looking(now=now)
        return bool(done)

    def _start_looking(self, *, now: datetime) -> None:
        """Questions to networks that may take long wait for no reply, and no reply waits for them."""
        if self._looking is None or (self._looking.done() and now - self._looked_at >= LOOK_EVERY):
            self._looked_at = now
            self._looking = self._pool.submit(self._look)
            if self._training is None or self._training.done():
                self._training = self._pool.submit(self._train)

    @staticmethod
    def _look() -> None:
        try:
            names.fill_in(now=datetime.now(UTC))
            timers.look_again(now=datetime.now(UTC))
            accounts.refresh_limits(now=datetime.now(UTC))
            media.forget_unsent(now=datetime.now(UTC))
        except Exception:
            log.exception("looking stumbled and goes on")
        finally:
            connection.close()

    @staticmethod
    def _train() -> None:
        """Minutes, at times: beside all else, when somebody asked for it."""
        try:
            training.train_waiting(now=datetime.now(UTC), clock=lambda: datetime.now(UTC))
        except Exception:
            log.exception("training stumbled")
        finally:
            connection.close()

    def _start_readers(self, *, now: datetime) -> None:
        self._polled = {pk: job for pk, job in self._polled.items() if not job.done()}
        self._followed = {pk: thread for pk, thread in self._followed.items() if thread.is_alive()}
        for source in reader.due_sources(now=now):
            if source.pk in self._polled or source.pk in self._followed:
                continue
            if reader.is_follower(source):
                thread = threading.Thread(
                    target=reader.follow, args=(source, self.stop), name=f"follow-{source.pk}", daemon=True
                )
                self._followed[source.pk] = thread
                thread.start()
            else:
                self._polled[source.pk] = self._pool.submit(self._poll, source)

    @staticmethod
    def _poll(source: Any) -> None:
        try:
            reader.poll(source, now=datetime.now(UTC))
        finally:
            connection.close()
