#!/bin/sh
# nginx with nchan on $PORT; all that it writes goes to a folder of its own.
set -e
run=$(mktemp -d)
trap 'rm -rf "$run"' EXIT
trap 'kill "$nginx"' INT TERM
sed "s|@PORT@|$PORT|; s|@RUN@|$run|" nginx.conf >"$run/nginx.conf"
nginx -c "$run/nginx.conf" -p "$run" &
nginx=$!
wait "$nginx" || wait "$nginx"
