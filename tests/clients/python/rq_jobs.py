"""RQ: jobs are put into a queue and a worker in burst mode does them."""

from redis import Redis
from rq import Queue, Retry, SimpleWorker, Worker

import rq_work
from check import URL, same


def main():
    connection = Redis.from_url(URL)
    connection.flushall()
    queue = Queue(connection=connection)
    jobs = [queue.enqueue(rq_work.add, n, 1) for n in range(20)]
    after = queue.enqueue(rq_work.add, 5, 5, depends_on=jobs[-1])
    failing = queue.enqueue(rq_work.fail)
    again = queue.enqueue(rq_work.fail, retry=Retry(max=2))
    same("22 jobs wait", len(queue), 22)
    same("one waits for another", after.get_status(), "deferred")
    worker = SimpleWorker([queue], connection=connection)
    same("the worker works", worker.work(burst=True, logging_level="CRITICAL"), True)
    same("20 results", [job.return_value() for job in jobs], list(range(1, 21)))
    same("the job that waited", after.return_value(), 10)
    same("a job that fails", failing.get_status(refresh=True), "failed")
    same("its reason", "on purpose" in failing.latest_result().exc_string, True)
    again.refresh()
    same("a job is tried again", (again.get_status(), again.retries_left), ("failed", 0))
    same("the registry of failed jobs", sorted(queue.failed_job_registry.get_job_ids()), sorted([failing.id, again.id]))
    same("nothing waits any more", len(queue), 0)
    forked = queue.enqueue(rq_work.add, 20, 22)
    same("a worker with processes", Worker([queue], connection=connection).work(burst=True, logging_level="CRITICAL"), True)
    same("its result", forked.return_value(refresh=True), 42)
    connection.flushall()


main()
