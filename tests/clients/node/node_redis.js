// node-redis: commands, pipelines, MULTI with WATCH, pub/sub, blocking, scripts, streams, in both protocols.

const { createClient, defineScript } = require('redis')
const { fails, port, run, same, until } = require('./check.js')

const setAndTell = defineScript({
  NUMBER_OF_KEYS: 1,
  SCRIPT: "redis.call('SET', KEYS[1], ARGV[1]) return {KEYS[1], redis.call('GET', KEYS[1])}",
  parseCommand: (parser, key, value) => { parser.pushKey(key); parser.push(value) },
  transformReply: undefined,
})

async function open(RESP) {
  const client = createClient({ url: `redis://127.0.0.1:${port}`, RESP, scripts: { setAndTell } })
  client.on('error', () => {})
  return client.connect()
}

async function commands(client) {
  same('SET', [await client.set('k', 'v', { expiration: { type: 'PX', value: 100000 }, condition: 'NX' }), await client.set('k', 'w', { condition: 'NX' })], ['OK', null])
  await client.hSet('h', { a: 1, b: 'two' })
  same('HGETALL', { ...(await client.hGetAll('h')) }, { a: '1', b: 'two' })
  await client.zAdd('z', [{ score: 1, value: 'one' }, { score: 0.5, value: 'half' }])
  same('ZRANGE WITHSCORES', (await client.zRangeWithScores('z', 0, -1)).map(({ value, score }) => [value, score]), [['half', 0.5], ['one', 1]])
  await fails('WRONGTYPE', 'wrong kind of value', client.incr('h'))
  await client.sAdd('s', ['x', 'y'])
  same('SMEMBERS', [...(await client.sMembers('s'))].sort(), ['x', 'y'])
  const found = new Set()
  await client.mSet(Array.from({ length: 500 }, (_, n) => [`many:${n}`, String(n)]))
  for await (const keys of client.scanIterator({ MATCH: 'many:*', COUNT: 31 })) [keys].flat().forEach(key => found.add(key))
  same('scanIterator', found.size, 500)
}

async function pipelines(client, other) {
  const wanted = Array.from({ length: 5000 }, (_, n) => String(n))
  const replies = await Promise.all(wanted.flatMap(n => [client.set(`p:${n}`, n), client.get(`p:${n}`)]))
  same('10,000 commands at once', replies.filter((_, n) => n % 2), wanted)
  same('MULTI', await client.multi().set('t', 1).incr('t').get('t').exec(), ['OK', 2, '2'])
  await client.watch('t')
  await other.incr('t')
  await fails('WATCH', 'watched keys', client.multi().set('t', 'mine').exec())
  same('nothing was written', await client.get('t'), '3')
}

async function messages(client, RESP) {
  const sub = await open(RESP)
  const found = []
  await sub.subscribe('news', (text, channel) => found.push([channel, text]))
  await sub.pSubscribe('w*', (text, channel) => found.push([channel, text]))
  same('delivered', [await client.publish('news', 'hi'), await client.publish('weather', 'rain')], [1, 1])
  await until('messages', () => found.length === 2)
  same('messages', found, [['news', 'hi'], ['weather', 'rain']])
  await sub.unsubscribe()
  await sub.pUnsubscribe()
  same('the connection is an ordinary one again', String(await sub.get('k')), 'v')
  sub.destroy()
}

async function blocking(client, waiter) {
  const waiting = waiter.blPop(['q1', 'q2'], 10)
  await until('a blocked client', async () => (await client.info('clients')).includes('blocked_clients:1'))
  await client.rPush('q2', 'job')
  same('BLPOP is woken', { ...(await waiting) }, { key: 'q2', element: 'job' })
  same('BLPOP gives up', await waiter.blPop('q1', 0.05), null)
}

async function scripts(client) {
  await client.scriptFlush()
  same('defineScript', await client.setAndTell('sk', 'sv'), ['sk', 'sv'])
  same('EVAL', await client.eval('return {ARGV[1], KEYS[1], 7}', { keys: ['a'], arguments: ['b'] }), ['b', 'a', 7])
}

async function reconnecting(client, other) {
  const before = await other.clientId()
  // A command that is on its way when the connection ends fails: it may have run.
  const back = new Promise(resolve => other.once('ready', resolve))
  await client.sendCommand(['CLIENT', 'KILL', 'ID', String(before)])
  await back
  same('it comes back', await other.get('k'), 'v')
  same('as another connection', (await other.clientId()) > before, true)
}

async function streams(client, waiter) {
  const ids = [await client.xAdd('x', '*', { n: '1' }), await client.xAdd('x', '*', { n: '2' })]
  same('XRANGE', (await client.xRange('x', '-', '+')).map(({ id, message }) => [id, { ...message }]), [[ids[0], { n: '1' }], [ids[1], { n: '2' }]])
  await client.xGroupCreate('x', 'g', '0')
  const found = await client.xReadGroup('g', 'c', { key: 'x', id: '>' }, { COUNT: 1 })
  same('XREADGROUP', found[0].messages.map(({ id }) => id), [ids[0]])
  same('XACK', await client.xAck('x', 'g', ids[0]), 1)
  await client.xReadGroup('g', 'c', { key: 'x', id: '>' })
  const claimed = await client.xAutoClaim('x', 'g', 'd', 0, '0-0')
  same('XAUTOCLAIM', [claimed.nextId, claimed.messages.map(({ id }) => id)], ['0-0', [ids[1]]])
  const waiting = waiter.xReadGroup('g', 'c', { key: 'x', id: '>' }, { BLOCK: 10000 })
  await until('a blocked client', async () => (await client.info('clients')).includes('blocked_clients:1'))
  const late = await client.xAdd('x', '*', { n: '3' }, { TRIM: { strategy: 'MAXLEN', strategyModifier: '=', threshold: 1 } })
  same('XREADGROUP BLOCK', [(await waiting)[0].messages.map(({ id }) => id), await client.xLen('x')], [[late], 1])
  same('XPENDING', (await client.xPending('x', 'g')).pending, 2)
}

run(async () => {
  for (const RESP of [2, 3]) {
    console.log(`# RESP${RESP}`)
    const [client, other] = [await open(RESP), await open(RESP)]
    await client.flushAll()
    await commands(client)
    await pipelines(client, other)
    await messages(client, RESP)
    await blocking(client, other)
    await scripts(client)
    await reconnecting(client, other)
    await streams(client, other)
    await client.flushAll()
    client.destroy()
    other.destroy()
  }
})
