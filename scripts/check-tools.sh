#!/usr/bin/env bash
# Tries other people's tools on Agora: generates clients of gateway/openapi.json, compiles them and runs a journey with each (register, log in,
# post, vote, feed), compares document and server with schemathesis, and lets OAuth 2.0 clients, resource servers, event readers and proxies at it.
# Starts an Agora of its own unless AGORA_URL names one. Prints a table of tool and result, and writes it into docs/clients.md with --write.
# Needs python3, go, java and mvn, and installs the rest by their package managers into TOOLS_DIR (~/.cache/agora-tools). What cannot be had here is
# reported as not run, never as a pass. Exits 1 if anything fails. --npm takes those alone that come from npm, as a test does.
# Usage: scripts/check-tools.sh [--write] [--npm] [--only PATTERN]
set -uo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
here=$root/scripts/check-tools
cache=${TOOLS_DIR:-$HOME/.cache/agora-tools}
work=$(mktemp -d)
document=$root/gateway/openapi.json
generator=7.25.0
write='' npm='' only='.'
while [ $# -gt 0 ]; do
  case $1 in
    --write) write=1 ;;
    --npm) npm=1 ;;
    --only) only=$2; shift ;;
    *) echo "Usage: scripts/check-tools.sh [--write] [--npm] [--only PATTERN]" >&2; exit 2 ;;
  esac
  shift
done
mkdir -p "$cache"
rows=() failed=0 children=()
finish() {
  for child in "${children[@]}"; do kill "$child" 2>/dev/null; done
  wait 2>/dev/null
}
trap finish EXIT

row() { rows+=("| $1 | $2 | $3 |"); printf '%-12s %s: %s\n' "$3" "$1" "$2"; }
# check TOOL WHAT COMMAND...: runs the command; its output is shown only if it fails.
check() {
  local tool=$1 what=$2 log=$work/log
  shift 2
  [[ $tool =~ $only ]] || return 0
  if "$@" >"$log" 2>&1; then row "$tool" "$what" pass; else
    failed=1
    row "$tool" "$what" FAIL
    tail -n 60 "$log"
  fi
}
# absent TOOL REASON: for what cannot be had on this machine.
absent() { [[ -z $npm && $1 =~ $only ]] && row "$1" "$2" 'not run here'; return 0; }
has() { [ -z "$npm" ] && command -v "$1" >/dev/null; }

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

start_agora() {
  local name
  for name in GATEWAY AUTH POSTS VOTES; do
    export "${name}_PORT=$(free_port)" "${name}_INTERNAL_PORT=$(free_port)"
  done
  MAILBOX_PORT=$(free_port) MAILBOX_SMTP_PORT=$(free_port)
  export MAILBOX_PORT MAILBOX_SMTP_PORT AGORA_DATA=$work/data BCRYPT_COST=10 LOGIN_FAILURES_PER_ACCOUNT=1000/60
  (cd "$root" && exec npm start) >"$work/agora.log" 2>&1 &
  children+=($!)
  export AGORA_URL=http://127.0.0.1:$GATEWAY_PORT
  for _ in $(seq 240); do
    curl --silent --fail --output /dev/null "$AGORA_URL/health" && grep -q 'Ctrl-C' "$work/agora.log" && return
    sleep 1
  done
  cat "$work/agora.log" >&2
  exit 1
}

generate() { java -jar "$cache/openapi-generator-cli-$generator.jar" generate --input-spec "$document" "$@"; }

documents() {
  check spectral 'no warning (spectral:oas)' npm_tool spectral lint --fail-severity hint --ruleset "$work/spectral.yaml" "$document"
  check redocly 'no warning (recommended-strict)' node "$root/scripts/lint-openapi.mjs"
  check openapi-to-postmanv2 'every operation, an absolute base URL' node "$cache/npm/postman.mjs" "$document"
  check openapi-typescript 'compiles; defaults optional, lists are lists' openapi_typescript
}
npm_tool() { "$cache/npm/node_modules/.bin/$1" "${@:2}"; }
openapi_typescript() {
  npm_tool openapi-typescript "$document" --output "$cache/npm/openapi.ts" &&
    (cd "$cache/npm" && npm_tool tsc --noEmit --strict --module nodenext types.ts)
}

python_clients() {
  check openapi-python-client 'generates without a warning, journey' openapi_python_client
  check 'openapi-generator python' 'generates, journey' generator_python
  check authlib 'log in, refused, refresh' "$python" "$here/python/oauth.py" authlib
  check requests-oauthlib 'log in, refused, refresh' "$python" "$here/python/oauth.py" requests-oauthlib
  check PyJWT 'verifies an access token' "$python" "$here/python/verify.py" pyjwt
  check 'authlib RFC 9068' 'verifies an access token' "$python" "$here/python/verify.py" authlib
  check httpx-sse 'reads the live feed' "$python" "$here/python/stream.py"
}
openapi_python_client() {
  # Without ruff, which only formats what was generated.
  printf 'post_hooks: []\n' >"$work/opc.yaml"
  "$cache/venv/bin/openapi-python-client" generate --path "$document" --config "$work/opc.yaml" --output-path "$work/opc" --overwrite --fail-on-warning &&
    PYTHONPATH=$work/opc "$python" "$here/python/openapi_python_client_journey.py"
}
generator_python() {
  generate --generator-name python --output "$work/python" &&
    PYTHONPATH=$work/python "$python" "$here/python/openapi_generator_journey.py"
}

go_client() { # FOLDER, with the generated package in $work/go/FOLDER/agora
  cp "$here/go/$1/main.go" "$work/go/$1/" && cd "$work/go/$1" &&
    { [ -f go.mod ] || go mod init check; } && go mod tidy && go vet . && go run .
}
oapi_codegen() (
  mkdir -p "$work/go/oapi-codegen/agora" &&
    "$cache/bin/oapi-codegen" -generate types,client -package agora -o "$work/go/oapi-codegen/agora/agora.go" "$document" &&
    go_client oapi-codegen
)
ogen() (
  mkdir -p "$work/go/ogen" && cd "$work/go/ogen" && go mod init check &&
    "$cache/bin/ogen" --target agora --package agora --clean "$document" && go_client ogen
)
generator_go() (
  generate --generator-name go --package-name agora --additional-properties withGoMod=false --output "$work/go/openapi-generator/agora" &&
    rm -rf "$work/go/openapi-generator/agora/test" && go_client openapi-generator
)

generator_java() (
  generate --generator-name java --library native --output "$work/java" --additional-properties hideGenerationTimestamp=true &&
    cp "$here/java/Journey.java" "$work/java/src/main/java/" && cd "$work/java" &&
    mvn --quiet --batch-mode -DskipTests compile dependency:build-classpath -Dmdep.outputFile=classpath &&
    java -cp "target/classes:$(cat classpath)" Journey
)
spring() (
  cp -r "$here/java/spring" "$work/" && cd "$work/spring" &&
    mvn --quiet --batch-mode compile dependency:build-classpath -Dmdep.outputFile=classpath && java -cp "target/classes:$(cat classpath)" VerifyToken
)
generator_typescript() (
  generate --generator-name typescript-fetch --output "$cache/npm/client" --additional-properties importFileExtension= && cd "$cache/npm" &&
    npm_tool tsc --outDir "$work/ts" --target es2022 --module commonjs --lib es2022,dom --skipLibCheck --types node --ignoreDeprecations 5.0 journey.ts &&
    printf '{"type":"commonjs"}' >"$work/ts/package.json" && node "$work/ts/journey.js"
)

compare() ( # SEED
  export AGORA_ACCOUNT="schemathesis-$1-$RANDOM$RANDOM@example.test"
  curl -sf "$AGORA_URL/users" --json "{\"email\":\"$AGORA_ACCOUNT\",\"password\":\"a long enough password\"}" || exit 1
  # Of an Agora that somebody else runs, nobody here can make admins.
  [ ${#children[@]} = 0 ] || (cd "$root" && npm run accounts -- grant "$AGORA_ACCOUNT" admin --reason 'comparing document and server' --yes) || exit 1
  cd "$here/schemathesis" && PYTHONPATH=. "$cache/venv/bin/schemathesis" run "$AGORA_URL/openapi.json" --seed "$1"
)

nginx_weakens() {
  local port post tag title=weak
  port=$(free_port)
  mkdir -p "$work/nginx"
  cat >"$work/nginx/nginx.conf" <<CONF
daemon off; pid $work/nginx/pid; error_log stderr; worker_processes 1;
events {}
http {
  access_log off; client_body_temp_path $work/nginx/body; proxy_temp_path $work/nginx/proxy;
  fastcgi_temp_path $work/nginx/a; uwsgi_temp_path $work/nginx/b; scgi_temp_path $work/nginx/c;
  gzip on; gzip_proxied any; gzip_types application/json; gzip_min_length 1;
  server { listen 127.0.0.1:$port; location / { proxy_pass $AGORA_URL; proxy_http_version 1.1; } }
}
CONF
  nginx -c "$work/nginx/nginx.conf" 2>"$work/nginx/log" &
  children+=($!)
  sleep 2
  log_in || return
  post=$(curl -sf "http://127.0.0.1:$port/posts" -H "$bearer" --json "{\"title\":\"$title\",\"content\":\"a\"}" | sed -E 's/^\{"id":([0-9]+).*/\1/')
  tag=$(curl -sf --compressed -D - -o /dev/null "http://127.0.0.1:$port/posts/$post" -H "$bearer" | tr -d '\r' | sed -n 's/^etag: //Ip')
  echo "tag $tag"
  [[ $tag == W/* ]] &&
    curl -sf -X PATCH "http://127.0.0.1:$port/posts/$post" -H "$bearer" -H "If-Match: $tag" --json '{"title":"changed"}'
}
haproxy_checks() {
  local port
  port=$(free_port)
  cat >"$work/haproxy.cfg" <<CONF
defaults
  mode http
  timeout connect 2s
  timeout client 5s
  timeout server 5s
listen agora
  bind 127.0.0.1:$port
  option httpchk GET /health HTTP/1.0
  server agora ${AGORA_URL#http://} check inter 200 fall 1 rise 1
CONF
  haproxy -db -f "$work/haproxy.cfg" &
  children+=($!)
  sleep 3
  curl -sf "http://127.0.0.1:$port/health"
}
log_in() {
  local email=$RANDOM$RANDOM@example.test password='a long enough password'
  curl -sf "$AGORA_URL/users" --json "{\"email\":\"$email\",\"password\":\"$password\"}" || return
  bearer="Authorization: Bearer $(curl -sf "$AGORA_URL/login" -d "username=$email" --data-urlencode "password=$password" | sed -E 's/.*"access_token":"([^"]*)".*/\1/')"
}

install() {
  echo "extends: spectral:oas" >"$work/spectral.yaml"
  mkdir -p "$cache/npm" && cp "$here"/package*.json "$here"/node/* "$cache/npm/" &&
    (cd "$cache/npm" && npm ci --ignore-scripts --no-audit --no-fund --loglevel error >/dev/null) || return
  if has python3; then
    [ -x "$cache/venv/bin/python" ] || python3 -m venv "$cache/venv"
    "$cache/venv/bin/pip" --quiet --disable-pip-version-check install --requirement "$here/requirements.txt" || return
    python=$cache/venv/bin/python
  fi
  if has go; then
    [ -x "$cache/bin/oapi-codegen" ] || GOBIN=$cache/bin go install github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2
    [ -x "$cache/bin/ogen" ] || GOBIN=$cache/bin go install github.com/ogen-go/ogen/cmd/ogen@v1.24.0
  fi
  if has mvn; then
    [ -f "$cache/openapi-generator-cli-$generator.jar" ] ||
      mvn --quiet --batch-mode dependency:copy -Dartifact=org.openapitools:openapi-generator-cli:$generator -DoutputDirectory="$cache"
  fi
  for tool in nginx haproxy; do
    [ -n "$npm" ] || has $tool || { [ "$(id -u)" = 0 ] && has apt-get && apt-get install --yes --quiet --no-install-recommends $tool; } >/dev/null 2>&1
  done
  return 0
}

install || { echo 'The tools could not be installed.' >&2; exit 1; }
[ -n "${AGORA_URL:-}" ] && export AGORA_URL || start_agora
documents
if has python3; then
  python_clients
  for seed in 1 2 3; do check "schemathesis, seed $seed" 'all checks, stateful: document and server agree' compare "$seed"; done
else absent 'Python tools' 'no python3'; fi
if has go; then
  check oapi-codegen 'compiles, journey' oapi_codegen
  check ogen 'compiles, journey' ogen
  check 'openapi-generator go' 'compiles, journey' generator_go
else absent 'Go tools' 'no go'; fi
if has java && has mvn; then
  check 'openapi-generator java' 'compiles, journey' generator_java
  check 'Spring Security' 'finds the issuer, verifies an access token' spring
  check 'openapi-generator typescript-fetch' 'compiles, journey' generator_typescript
else absent 'Java tools' 'no java or mvn'; fi
check jose 'verifies an access token' node "$cache/npm/verify.mjs"
check '@microsoft/fetch-event-source' 'reads the live feed' node "$cache/npm/readers.mjs" fetch-event-source
check eventsource 'reads the live feed with a ticket' node "$cache/npm/readers.mjs" eventsource
if has nginx; then check nginx 'gzip: If-Match with a weak tag' nginx_weakens; else absent nginx 'not installed, and no apt-get as root'; fi
if has haproxy; then check HAProxy 'option httpchk, HTTP/1.0' haproxy_checks; else absent HAProxy 'not installed, and no apt-get as root'; fi

table=$(printf '| tool | what | result |\n| --- | --- | --- |\n'; printf '%s\n' "${rows[@]}")
if [ -n "$write" ]; then
  TABLE=$table node -e '
    const { readFileSync, writeFileSync } = require("node:fs");
    const path = process.argv[1];
    const marked = /(<!-- check-tools -->\n)[^]*(\n<!-- \/check-tools -->)/;
    writeFileSync(path, readFileSync(path, "utf8").replace(marked, (_all, begin, end) => `${begin}\n${process.env.TABLE}\n${end}`));
  ' "$root/docs/clients.md"
  "$root/node_modules/.bin/prettier" --log-level warn --write "$root/docs/clients.md"
fi
printf '\n%s\n' "$table"
exit $failed
