#!/usr/bin/env bash
# obstore: a timeout given in code switches off what the environment allows.
#
# Version: obstore 0.12.1.
# Expected: AWS_ALLOW_HTTP=true lets a store talk to a local S3-compatible server over plain HTTP. An option in code, such as
#   a timeout, changes that option only; other settings of the environment, such as the address, stay in force, and do.
# Seen: with any client option the store refuses its own address, as a "builder error" that names neither HTTP nor the
#   variable. allow_http among the options helps.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check obstore==0.12.1
cat > main.py <<'PYTHON'
import os
import re
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import obstore
from obstore.store import from_url


class Server(BaseHTTPRequestHandler):
    def do_PUT(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("ETag", '"1"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
os.environ.update(
    AWS_ENDPOINT_URL=f"http://127.0.0.1:{server.server_port}",
    AWS_ALLOW_HTTP="true",
    AWS_REGION="us-east-1",
    AWS_ACCESS_KEY_ID="key",
    AWS_SECRET_ACCESS_KEY="secret",
)
for options in ({}, {"timeout": "30s"}, {"timeout": "30s", "allow_http": True}):
    store = from_url("s3://bucket/prefix", client_options=options or None, retry_config={"max_retries": 0})
    try:
        obstore.put(store, "name", b"data")
        print(options, "written")
    except Exception as error:
        print(options, re.search("HTTP error: .*", str(error))[0])
PYTHON
venv/bin/python main.py | tee seen
diff seen - <<'SEEN'
{} written
{'timeout': '30s'} HTTP error: builder error
{'timeout': '30s', 'allow_http': True} written
SEEN
