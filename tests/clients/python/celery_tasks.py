"""Celery: a worker takes tasks from the broker and their results come back."""

import os

import redis

from check import URL, fails, same

os.environ["REDIS_URL"] = URL

from celery import chain, chord, group  # noqa: E402
from celery.contrib.testing.worker import start_worker  # noqa: E402

from celery_app import add, app, fail, total, try_again  # noqa: E402


def main():
    redis.Redis.from_url(URL).flushall()
    with start_worker(app, pool="solo", perform_ping_check=False, loglevel="CRITICAL", shutdown_timeout=30):
        same("one task", add.delay(2, 3).get(timeout=30), 5)
        same("100 tasks at once", group(add.s(n, n) for n in range(100))().get(timeout=60), [2 * n for n in range(100)])
        same("a chain", chain(add.s(1, 1), add.s(3), add.s(5))().get(timeout=30), 10)
        same("a chord", chord((add.s(n, 1) for n in range(10)), total.s())().get(timeout=30), 55)
        same("a task tries again", try_again.delay().get(timeout=30), 2)
        same("a task for later", add.apply_async((1, 1), countdown=0.2).get(timeout=30), 2)
        fails("a task that fails", ValueError, "on purpose", lambda: fail.delay().get(timeout=30))
    redis.Redis.from_url(URL).flushall()


main()
