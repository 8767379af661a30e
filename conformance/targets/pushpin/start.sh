#!/bin/sh
# pushpin on $PORT, with the backend that it asks about new clients; all that it writes goes to a folder of its own.
set -e
run=$(mktemp -d)
trap 'rm -rf "$run"' EXIT
trap 'kill $(jobs -p)' INT TERM
set -- $(python3 -c 'import socket
ports = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*(port.getsockname()[1] for port in ports))')
push=$1 backend=$2
# Publishing goes through the same port, so that one is enough for the runner.
printf '*,path_beg=/publish/ 127.0.0.1:%s\n* 127.0.0.1:%s\n' "$push" "$backend" >"$run/routes"
sed "s|@RUN@|$run|; s|@PORT@|$PORT|; s|@PUSH_PORT@|$push|" pushpin.conf >"$run/pushpin.conf"
# zurl fetches for pushpin, and by default nothing from this machine.
cat >"$run/zurl.conf" <<Z
[General]
in_spec=ipc://$run/zurl-in
in_stream_spec=ipc://$run/zurl-in-stream
out_spec=ipc://$run/zurl-out
in_req_spec=ipc://$run/zurl-req
ipc_file_mode=600
defpolicy=allow
Z
BACKEND_PORT=$backend BACKEND_READY=$run/backend python3 backend.py &
until [ -e "$run/backend" ]; do sleep 0.1; done
zurl --config="$run/zurl.conf" --loglevel=1 &
pushpin --config="$run/pushpin.conf" &
wait $! || true
