#!/usr/bin/env bash
# RudderStack's SDK for Node says that its zipped JSON is a form.
#
# Version: @rudderstack/rudder-sdk-node 3.0.13.
# Expected: a batch in JSON has the type application/json, zipped or not, as the same batch has without gzip; a server
#   that looks at the type, as its own address may be any, takes both.
# Seen: with gzip, which is the default, the type is application/x-www-form-urlencoded. A server or proxy that trusts it
#   reads a form, or refuses the batch (415), and the SDK drops it after that answer. With gzip: false it is JSON.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{}' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts @rudderstack/rudder-sdk-node@3.0.13
cat > main.js <<'NODE'
const http = require("node:http");
const zlib = require("node:zlib");
const Analytics = require("@rudderstack/rudder-sdk-node");

const server = http.createServer((request, answer) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const body = Buffer.concat(chunks);
    const isZipped = request.headers["content-encoding"] === "gzip";
    const { batch } = JSON.parse(isZipped ? zlib.gunzipSync(body) : body);
    console.log(`${isZipped ? "zipped" : "plain"} JSON of ${batch.length} event: ${request.headers["content-type"]}`);
    answer.end("OK");
  });
});
server.listen(0, "127.0.0.1", async () => {
  const dataPlaneUrl = `http://127.0.0.1:${server.address().port}`;
  for (const options of [{}, { gzip: false }]) {
    const analytics = new Analytics("key", { dataPlaneUrl, ...options });
    analytics.track({ userId: "ada", event: "message", properties: { prompt: "Where is my refund?" } });
    await new Promise((resolve) => analytics.flush(resolve));
  }
  process.exit(0);
});
NODE
node main.js 2>/dev/null | tee seen
diff seen - <<'SEEN'
zipped JSON of 1 event: application/x-www-form-urlencoded
plain JSON of 1 event: application/json
SEEN
