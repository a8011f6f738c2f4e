// ioredis: commands, pipelines, MULTI, pub/sub, blocking, defineCommand, streams, reconnecting.

const { Redis } = require('ioredis')
const { fails, port, run, same, until } = require('./check.js')

const open = options => new Redis(port, '127.0.0.1', options)

async function commands(redis) {
  same('SET NX GET', [await redis.set('k', 'v', 'PX', 100000, 'NX'), await redis.set('k', 'w', 'NX')], ['OK', null])
  same('bytes stay as they are', await redis.echoBuffer(Buffer.from([0, 255, 13, 10])), Buffer.from([0, 255, 13, 10]))
  await redis.hset('h', { a: 1, b: 'two' })
  same('HGETALL', { ...(await redis.hgetall('h')) }, { a: '1', b: 'two' })
  await redis.zadd('z', 1, 'one', 0.5, 'half')
  same('ZRANGE WITHSCORES', await redis.zrange('z', 0, -1, 'WITHSCORES'), ['half', '0.5', 'one', '1'])
  await fails('WRONGTYPE', 'wrong kind of value', redis.incr('h'))
  const found = new Set()
  await redis.mset(Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`many:${n}`, n])))
  for await (const keys of redis.scanStream({ match: 'many:*', count: 31 })) keys.forEach(key => found.add(key))
  same('scanStream', found.size, 500)
}

async function pipelines(redis) {
  const pipeline = redis.pipeline()
  for (let n = 0; n < 5000; n++) pipeline.set(`p:${n}`, n).get(`p:${n}`)
  const replies = await pipeline.exec()
  same('10,000 commands in a pipeline', replies.filter(([error, value], n) => !error && (n % 2 ? value === String((n - 1) / 2) : value === 'OK')).length, 10000)
  const results = await redis.multi().set('t', 1).incr('t').lpush('t', 'x').get('t').exec()
  same('MULTI', results.map(([error, value]) => (error ? error.message.slice(0, 9) : value)), ['OK', 2, 'WRONGTYPE', '2'])
  await fails('EXECABORT', 'Transaction discarded', redis.multi().set('t').get('t').exec())
  const other = open()
  await redis.watch('t')
  await other.incr('t')
  same('WATCH', await redis.multi().set('t', 'mine').exec(), null)
  other.disconnect()
}

async function messages(redis) {
  const sub = open()
  const found = []
  sub.on('message', (channel, text) => found.push(['message', channel, text]))
  sub.on('pmessage', (pattern, channel, text) => found.push(['pmessage', pattern, channel, text]))
  same('subscribed', [await sub.subscribe('news', 'more'), await sub.psubscribe('w*')], [2, 3])
  same('delivered', [await redis.publish('news', 'hi'), await redis.publish('weather', 'rain')], [1, 1])
  await until('messages', () => found.length === 2)
  same('messages', found, [['message', 'news', 'hi'], ['pmessage', 'w*', 'weather', 'rain']])
  await sub.unsubscribe('news', 'more')
  await sub.punsubscribe('w*')
  same('the connection is an ordinary one again', await sub.get('k'), 'v')
  sub.disconnect()
}

async function blocking(redis) {
  const waiter = open()
  const waiting = waiter.blpop('q1', 'q2', 10)
  await until('a blocked client', async () => (await redis.info('clients')).includes('blocked_clients:1'))
  await redis.rpush('q2', 'job')
  same('BLPOP is woken', await waiting, ['q2', 'job'])
  same('BLPOP gives up', await waiter.blpop('q1', 0.05), null)
  waiter.disconnect()
}

async function scripts(redis) {
  redis.defineCommand('setAndTell', { numberOfKeys: 1, lua: "redis.call('SET', KEYS[1], ARGV[1]) return {KEYS[1], redis.call('GET', KEYS[1]), 3}" })
  same('defineCommand', await redis.setAndTell('sk', 'sv'), ['sk', 'sv', 3])
  await redis.script('FLUSH')
  same('it is loaded again', await redis.setAndTell('sk', 'sw'), ['sk', 'sw', 3])
  same('in a pipeline', await redis.pipeline().setAndTell('a', 1).setAndTell('b', 2).exec(), [[null, ['a', '1', 3]], [null, ['b', '2', 3]]])
}

async function streams(redis) {
  const first = await redis.xadd('x', '*', 'n', '1')
  same('XRANGE', await redis.xrange('x', '-', '+'), [[first, ['n', '1']]])
  const waiter = open()
  const waiting = waiter.xread('BLOCK', 10000, 'STREAMS', 'x', '$')
  await until('a blocked client', async () => (await redis.info('clients')).includes('blocked_clients:1'))
  const second = await redis.xadd('x', '*', 'n', '2')
  same('XREAD BLOCK', await waiting, [['x', [[second, ['n', '2']]]]])
  await redis.xgroup('CREATE', 'x', 'g', '0')
  same('XREADGROUP', await redis.xreadgroup('GROUP', 'g', 'c', 'COUNT', 1, 'STREAMS', 'x', '>'), [['x', [[first, ['n', '1']]]]])
  same('XACK', [await redis.xack('x', 'g', first), await redis.xpending('x', 'g')], [1, [0, null, null, null]])
  const other = [await redis.xreadgroup('GROUP', 'g', 'c', 'STREAMS', 'x', '>'), await redis.xautoclaim('x', 'g', 'd', 0, '0')]
  same('XAUTOCLAIM', other, [[['x', [[second, ['n', '2']]]]], ['0-0', [[second, ['n', '2']]], []]])
  const blocked = waiter.xreadgroup('GROUP', 'g', 'c', 'BLOCK', 10000, 'STREAMS', 'x', '>')
  await until('a blocked client', async () => (await redis.info('clients')).includes('blocked_clients:1'))
  const third = await redis.xadd('x', 'MAXLEN', '=', 1, '*', 'n', '3')
  same('XREADGROUP BLOCK', [await blocked, await redis.xlen('x')], [[['x', [[third, ['n', '3']]]]], 1])
  waiter.disconnect()
}

async function reconnecting(redis) {
  const other = open({ db: 3, connectionName: 'phoenix', retryStrategy: () => 1 })
  await other.set('here', 'db 3')
  const before = await other.client('ID')
  same('CLIENT KILL', await redis.client('KILL', 'ID', before), 1)
  same('it comes back to its database', await other.get('here'), 'db 3')
  same('as another connection', (await other.client('ID')) > before, true)
  same('with its name', await other.client('GETNAME'), 'phoenix')
  other.disconnect()
}

run(async () => {
  const redis = open()
  await redis.flushall()
  for (const part of [commands, pipelines, messages, blocking, scripts, reconnecting, streams]) await part(redis)
  await redis.flushall()
})
