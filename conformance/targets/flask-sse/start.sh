#!/bin/sh
# Redis on a socket in this folder, then the server; the runner ends both.
redis-server --port 0 --unixsocket redis.sock --save '' --loglevel warning &
until [ -S redis.sock ]; do sleep 0.1; done
exec .venv/bin/flask run --port "$PORT"
