"""redis-py: commands, pipelines, WATCH, pub/sub, scripts, locks, blocking, streams, asyncio, in both protocols."""

import asyncio
import threading
import time

import redis
import redis.asyncio

from check import PORT, fails, same


def client(protocol, **options):
    return redis.Redis(port=PORT, protocol=protocol, decode_responses=True, **options)


def commands(r):
    same("SET with a time", r.set("k", "v", px=100_000, nx=True), True)
    same("SET NX again", r.set("k", "w", nx=True), None)
    same("PTTL is near", 90_000 < r.pttl("k") <= 100_000, True)
    same("bytes stay as they are", redis.Redis(port=PORT).echo(b"\x00\xff\r\n"), b"\x00\xff\r\n")
    r.hset("h", mapping={"a": 1, "b": "two"})
    same("HGETALL is a dictionary", r.hgetall("h"), {"a": "1", "b": "two"})
    r.zadd("z", {"one": 1, "half": 0.5, "big": 1e20})
    same("ZRANGE with scores", [tuple(p) for p in r.zrange("z", 0, -1, withscores=True)],
         [("half", 0.5), ("one", 1.0), ("big", 1e20)])
    r.sadd("s", "x", "y")
    same("SMEMBERS is a set", r.smembers("s"), {"x", "y"})
    r.rpush("l", *range(5))
    same("LRANGE", r.lrange("l", 1, -2), ["1", "2", "3"])
    r.mset({f"many:{n}": n for n in range(1000)})
    same("SCAN finds every key once or more", len(set(r.scan_iter("many:*", count=37))), 1000)
    same("GETEX, GETDEL", (r.getex("k", persist=True), r.ttl("k"), r.getdel("k"), r.get("k")), ("v", -1, "v", None))
    same("TYPE and OBJECT ENCODING", (r.type("z"), r.object("encoding", "l")), ("zset", "quicklist"))
    fails("WRONGTYPE is an error", redis.ResponseError, "wrong kind of value", lambda: r.incr("h"))
    same("INFO is read", r.info("server")["redis_version"].split(".")[0], "7")
    same("CONFIG GET", r.config_get("databases"), {"databases": "16"})


def pipelines(r):
    with r.pipeline(transaction=False) as pipe:
        for n in range(10_000):
            pipe.set(f"p:{n}", n).get(f"p:{n}")
        replies = pipe.execute()
    same("10,000 SETs and GETs in one pipeline", replies[1::2], [str(n) for n in range(10_000)])
    with r.pipeline() as pipe:
        pipe.set("t", 1).incr("t").lpush("t", "x").incr("t")
        replies = pipe.execute(raise_on_error=False)
    same("MULTI goes on after an error", [str(reply)[:9] for reply in replies], ["True", "2", "WRONGTYPE", "3"])
    other = client(2)
    with r.pipeline() as pipe:
        pipe.watch("t")
        other.incr("t")
        pipe.multi()
        pipe.set("t", "mine")
        fails("WATCH sees another's change", redis.WatchError, "Watched variable changed", pipe.execute)
    same("so nothing was written", r.get("t"), "4")

    def add(pipe):
        value = int(pipe.get("t"))
        pipe.multi()
        pipe.set("t", value + 1)

    threads = [threading.Thread(target=lambda: [r.transaction(add, "t") for _ in range(20)]) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    same("80 optimistic increments of 4 threads", r.get("t"), "84")


def messages(r, protocol):
    sub = r.pubsub()
    sub.subscribe("news")
    sub.psubscribe("w*")
    same("joined", [sub.get_message(timeout=5)["type"] for _ in range(2)], ["subscribe", "psubscribe"])
    other = client(protocol)
    same("two receive", (other.publish("news", "hi"), other.publish("weather", "rain")), (1, 1))
    found = [sub.get_message(timeout=5) for _ in range(2)]
    same("messages", [(m["type"], m["pattern"], m["channel"], m["data"]) for m in found],
         [("message", None, "news", "hi"), ("pmessage", "w*", "weather", "rain")])
    same("PUBSUB", (other.pubsub_channels(), other.pubsub_numsub("news"), other.pubsub_numpat()),
         (["news"], [("news", 1)], 1))
    if protocol == 2:
        sub.ping()
        same("PING while subscribed", sub.get_message(timeout=5)["type"], "pong")
    sub.unsubscribe()
    sub.punsubscribe()
    same("left", [sub.get_message(timeout=5)["data"] for _ in range(2)], [1, 0])
    sub.close()


def scripts(r):
    script = r.register_script("redis.call('SET', KEYS[1], ARGV[1]); return {KEYS[1], 7, redis.call('GET', KEYS[1])}")
    r.script_flush()
    same("EVALSHA after a flush loads it", script(keys=["sk"], args=["sv"]), ["sk", 7, "sv"])
    same("SCRIPT EXISTS", r.script_exists(script.sha, "0" * 40), [True, False])
    fails("an error in a script", redis.ResponseError, "my own", lambda: r.eval("return redis.error_reply('MY my own')", 0))


def locks(r):
    lock = r.lock("lock", timeout=10)
    same("the lock is free", lock.acquire(blocking=False), True)
    same("then it is not", r.lock("lock").acquire(blocking=False), False)
    same("it can be held longer", lock.extend(10), True)
    lock.release()
    fails("released twice", redis.exceptions.LockError, "unlocked", lock.release)
    total = [0]

    def work():
        for _ in range(10):
            with r.lock("lock", timeout=10, sleep=0.001):
                seen = total[0]
                time.sleep(0.0005)
                total[0] = seen + 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    same("40 turns under a lock", total[0], 40)


def blocking(r, protocol):
    found = []
    waiter = client(protocol)
    thread = threading.Thread(target=lambda: found.append(waiter.blpop(["q1", "q2"], timeout=10)))
    thread.start()
    while r.info("clients")["blocked_clients"] == 0:
        time.sleep(0.001)
    r.rpush("q2", "job")
    thread.join()
    same("BLPOP is woken", tuple(found[0]), ("q2", "job"))
    same("BLPOP gives up", r.blpop("q1", timeout=0.05), None)
    r.rpush("q1", "a", "b")
    same("BLMOVE", (r.blmove("q1", "q3", 1, "LEFT", "RIGHT"), r.lrange("q3", 0, -1)), ("a", ["a"]))


def entries(found):
    """What XREADGROUP found in one stream, in either protocol."""
    return found["x"][0] if isinstance(found, dict) else found[0][1]


def streams(r, protocol):
    ids = [r.xadd("x", {"n": n}) for n in range(5)]
    same("XLEN", r.xlen("x"), 5)
    same("XRANGE", r.xrange("x", count=1), [(ids[0], {"n": "0"})])
    same("XREVRANGE", [id for id, _ in r.xrevrange("x", count=2)], [ids[4], ids[3]])
    r.xgroup_create("x", "g", id="0")
    fails("a group is created once", redis.ResponseError, "already exists", lambda: r.xgroup_create("x", "g"))
    same("XREADGROUP", [id for id, _ in entries(r.xreadgroup("g", "c1", {"x": ">"}, count=2))], ids[:2])
    same("what is pending is read again", [id for id, _ in entries(r.xreadgroup("g", "c1", {"x": "0"}))], ids[:2])
    same("XACK", r.xack("x", "g", ids[0]), 1)
    same("XPENDING", (r.xpending("x", "g")["pending"], r.xpending_range("x", "g", "-", "+", 10)[0]["consumer"]), (1, "c1"))
    same("XCLAIM", r.xclaim("x", "g", "c2", 0, [ids[1]]), [(ids[1], {"n": "1"})])
    same("XAUTOCLAIM", list(r.xautoclaim("x", "g", "c3", 0)), ["0-0", [(ids[1], {"n": "1"})], []])
    rest = r.xreadgroup("g", "c3", {"x": ">"}, noack=True)
    same("NOACK leaves nothing pending", (len(entries(rest)), r.xpending("x", "g")["pending"]), (3, 1))
    group = r.xinfo_groups("x")[0]
    same("XINFO GROUPS", (group["consumers"], group["pending"], group["entries-read"], group["lag"]), (3, 1, 5, 0))
    same("XINFO CONSUMERS", [c["name"] for c in r.xinfo_consumers("x", "g")], ["c1", "c2", "c3"])
    same("XINFO STREAM", r.xinfo_stream("x")["last-generated-id"], ids[4])
    found = []
    waiter = client(protocol)
    thread = threading.Thread(target=lambda: found.append(waiter.xreadgroup("g", "c1", {"x": ">"}, block=10_000)))
    thread.start()
    while r.info("clients")["blocked_clients"] == 0:
        time.sleep(0.001)
    late = r.xadd("x", {"n": "late"}, maxlen=3, approximate=False)
    thread.join()
    same("a blocked XREADGROUP is woken", entries(found[0]), [(late, {"n": "late"})])
    same("and gives up", r.xreadgroup("g", "c1", {"x": ">"}, block=20) or None, None)
    same("MAXLEN", r.xlen("x"), 3)
    same("XTRIM", (r.xtrim("x", maxlen=1, approximate=False), r.xlen("x"), r.xdel("x", late)), (2, 1, 1))


async def with_asyncio(protocol):
    r = redis.asyncio.Redis(port=PORT, protocol=protocol, decode_responses=True)
    same("a hundred at once", sorted(await asyncio.gather(*(r.incr("async") for _ in range(100)))), list(range(1, 101)))
    async with r.pipeline(transaction=True) as pipe:
        same("a transaction", await pipe.set("a", 1).incr("a").execute(), [True, 2])
    async with r.pubsub() as sub:
        await sub.subscribe("news")
        await sub.get_message(timeout=5)
        await r.publish("news", "hi")
        same("a message", (await sub.get_message(timeout=5))["data"], "hi")
    waiting = asyncio.create_task(r.xread({"y": "$"}, block=10_000))
    while (await r.info("clients"))["blocked_clients"] == 0:
        await asyncio.sleep(0.001)
    id = await r.xadd("y", {"n": 1})
    found = await waiting
    same("a blocked XREAD is woken", (found["y"][0] if isinstance(found, dict) else found[0][1])[0][0], id)
    lock = r.lock("async-lock", timeout=10)
    same("a lock", (await lock.acquire(blocking=False), await lock.locked(), await lock.release()), (True, True, None))
    await r.aclose()


def main():
    for protocol in (2, 3):
        print(f"# RESP{protocol}")
        r = client(protocol)
        r.flushall()
        commands(r)
        pipelines(r)
        messages(r, protocol)
        scripts(r)
        locks(r)
        blocking(r, protocol)
        streams(r, protocol)
        asyncio.run(with_asyncio(protocol))
        r.flushall()


main()
