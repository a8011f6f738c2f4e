"""The Celery application: broker and result backend are the server whose port stands in the environment."""

import os

from celery import Celery

URL = os.environ["REDIS_URL"]
app = Celery("clients", broker=URL, backend=URL)
app.conf.broker_connection_retry_on_startup = True
app.conf.task_default_retry_delay = 0


@app.task
def add(a, b):
    return a + b


@app.task
def fail():
    raise ValueError("on purpose")


@app.task(bind=True, max_retries=2)
def try_again(self):
    if self.request.retries < 2:
        raise self.retry(countdown=0)
    return self.request.retries


@app.task
def total(numbers):
    return sum(numbers)
