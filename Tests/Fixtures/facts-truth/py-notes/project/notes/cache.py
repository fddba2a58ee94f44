import redis

from .settings import CACHE_HOST

client = redis.Redis(host=CACHE_HOST, port=6379)


def remember(key, text):
    client.setex(f"note:{key}", 600, text)


def recall(key):
    return client.get(f"note:{key}")


def visit():
    return client.incr("stats:visits")
