// BullMQ: a queue, a worker, delayed and repeated attempts, priorities, events, a flow of parents and children, a rate
// limit, a job that repeats.

const { FlowProducer, Queue, QueueEvents, Worker } = require('bullmq')
const { Redis } = require('ioredis')
const { port, run, same, until } = require('./check.js')

const connection = { host: '127.0.0.1', port }

run(async () => {
  const redis = new Redis({ ...connection, maxRetriesPerRequest: null })
  await redis.flushall()
  const queue = new Queue('jobs', { connection })
  const events = new QueueEvents('jobs', { connection })
  await events.waitUntilReady()
  const order = []
  const work = async job => {
    order.push(job.name)
    if (job.name === 'fails' || (job.name === 'again' && job.attemptsMade < 2)) throw new Error('on purpose')
    if (job.name === 'parent') return Object.values(await job.getChildrenValues()).reduce((a, b) => a + b)
    await job.updateProgress(50)
    return job.data.n * 2
  }
  for (const [name, priority] of [['low', 10], ['high', 1], ['middle', 5]]) await queue.add(name, { n: 1 }, { priority })
  same('three wait', (await queue.getJobCounts('prioritized')).prioritized, 3)
  const worker = new Worker('jobs', work, { connection })
  worker.on('error', error => same('the worker', error.message, ''))
  const last = (await queue.getJobs(['prioritized', 'active', 'completed'])).find(job => job.name === 'low')
  await last.waitUntilFinished(events, 30_000)
  same('by priority', order.slice(0, 3), ['high', 'middle', 'low'])

  const jobs = await queue.addBulk(Array.from({ length: 50 }, (_, n) => ({ name: 'twice', data: { n } })))
  same('50 jobs', await Promise.all(jobs.map(job => job.waitUntilFinished(events, 30_000))), jobs.map((_, n) => 2 * n))

  const begun = Date.now()
  const later = await queue.add('later', { n: 21 }, { delay: 200 })
  same('a job for later', [await later.waitUntilFinished(events, 30_000), Date.now() - begun >= 200], [42, true])

  const again = await queue.add('again', { n: 4 }, { attempts: 3, backoff: { type: 'fixed', delay: 5 } })
  same('a job is tried again', await again.waitUntilFinished(events, 30_000), 8)
  const failing = await queue.add('fails', {})
  same('a job that fails', await failing.waitUntilFinished(events, 30_000).catch(error => error.message), 'on purpose')

  const flow = new FlowProducer({ connection })
  const children = [1, 2, 3].map(n => ({ name: 'child', queueName: 'jobs', data: { n } }))
  const { job: parent } = await flow.add({ name: 'parent', queueName: 'jobs', children })
  same('a parent waits for its children', await parent.waitUntilFinished(events, 30_000), 12)
  same('counts', await queue.getJobCounts('completed', 'failed', 'waiting', 'delayed'), { completed: 59, failed: 1, waiting: 0, delayed: 0 })
  await worker.close()

  const beats = new Queue('beats', { connection })
  const times = []
  const limited = new Worker('beats', async () => times.push(Date.now()), { connection, limiter: { max: 1, duration: 60 } })
  await limited.waitUntilReady()
  await beats.addBulk(Array.from({ length: 4 }, () => ({ name: 'slow', data: {} })))
  await until('limited jobs', () => times.length === 4)
  same('one job in 60 ms', times[3] - times[0] >= 150, true)
  await beats.upsertJobScheduler('beat', { every: 50 }, { name: 'beat', data: {} })
  await until('a repeated job', () => times.length >= 7)
  same('one scheduler', (await beats.getJobSchedulers()).map(scheduler => scheduler.key), ['beat'])
  same('it is removed', await beats.removeJobScheduler('beat'), true)
  await limited.close()
  await beats.obliterate({ force: true })
  await queue.obliterate({ force: true })
  same('nothing is left', (await redis.keys('bull:jobs:[0-9]*')).length, 0)
  await redis.flushall()
})
