#!/usr/bin/env bash
# Brings docker-compose.yml up from nothing, beside whatever else runs here, uses it over HTTP, runs the end-to-end tests against
# it, breaks it, stops it and starts it again, and takes it down with all it left. Needs bash, curl, npm and docker; exits 1 when
# anything is not as it must be.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

project="agora-check-$$"
scratch=$(mktemp -d)
processes=(auth posts votes gateway)

compose() { docker compose --progress plain --project-name "$project" "$@"; }
container() { compose ps --all --quiet "$1"; }
fail() { printf '✗ %s\n' "$*" >&2; exit 1; }
passed() { printf '✓ %s\n' "$*"; }

clean_up() {
  local code=$?
  trap - EXIT
  if ((code != 0)); then
    tail -n 40 "$scratch/compose.log" >&2 || true
    compose logs --no-color --tail 30 >&2 || true
  fi
  compose down --volumes --rmi local --remove-orphans --timeout 5 >"$scratch/down.log" 2>&1 || cat "$scratch/down.log" >&2
  rm -rf "$scratch"
  ((code == 0)) && passed "all of it in $SECONDS s" || printf '✗ check-compose failed\n' >&2
  exit "$code"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

free_port() {
  local port
  while port=$((20000 + RANDOM % 10000)); (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
  echo "$port"
}

GATEWAY_PORT=$(free_port)
MAILBOX_PORT=$(free_port)
# The tests register hundreds of people; a hash of cost 10 takes a quarter of the time of one of cost 12.
export GATEWAY_PORT MAILBOX_PORT BCRYPT_COST=10

up() { compose up "$@" --detach --wait --wait-timeout 180 >"$scratch/compose.log" 2>&1 || fail "docker compose up $*"; }

# --- What the containers may do -----------------------------------------------------------------------------------

check_containers() {
  local service id expected
  for service in $(compose config --services); do
    id=$(container "$service")
    case $service in
      gateway) expected="8000/tcp -> 127.0.0.1:$GATEWAY_PORT" ;;
      mailbox) expected="8025/tcp -> 127.0.0.1:$MAILBOX_PORT" ;;
      *) expected='' ;;
    esac
    [[ $(docker port "$id") == "$expected" ]] || fail "$service publishes '$(docker port "$id")'"
    check_inspection "$service" "$id"
  done
  passed "only the gateway and the mailbox publish a port; every container is confined, and no secret is in an environment"
}

check_inspection() {
  local service=$1 id=$2 found expected
  expected='true ["ALL"] ["no-new-privileges:true"] false'
  found=$(docker inspect --format '{{.HostConfig.ReadonlyRootfs}} {{json .HostConfig.CapDrop}} {{json .HostConfig.SecurityOpt}} {{.HostConfig.Privileged}}' "$id")
  [[ $found == "$expected" ]] || fail "$service is not confined: $found"
  found=$(docker inspect --format '{{.HostConfig.PidsLimit}} {{.HostConfig.Memory}} {{.HostConfig.NanoCpus}}' "$id")
  [[ $found =~ ^[1-9][0-9]*\ [1-9][0-9]*\ [1-9][0-9]*$ ]] || fail "$service has no limits: $found"
  found=$(docker inspect --format '{{.Config.User}}' "$id")
  [[ $found =~ ^[1-9] || $service == secrets ]] || fail "$service runs as '$found'"
  # With no name, SECRET or PASSWORD is given only as the path of a file.
  if docker inspect --format '{{range .Config.Env}}{{println .}}{{end}}' "$id" | grep -E '(PASSWORD|SECRET|KEY|TOKEN)=' ; then
    fail "$service has a secret in its environment"
  fi
}

check_images() {
  local process missing
  for process in "${processes[@]}"; do
    for missing in npm npx sh; do
      ! docker run --rm --network none --entrypoint "$missing" "$project-$process" >"$scratch/run.log" 2>&1 \
        && grep -q 'not found' "$scratch/run.log" || fail "$missing is in the image of $process"
    done
  done
  passed "images without npm or a shell: $(for process in "${processes[@]}"; do
    echo "$process $(($(docker image inspect --format '{{.Size}}' "$project-$process") / 1000000)) MB"
  done | paste -s -d ',' | sed 's/,/, /g')"
}

# --- Use over HTTP ------------------------------------------------------------------------------------------------

# call STATUS METHOD PATH [CURL OPTIONS]: asserts the status of the answer and leaves its body in $body.
call() {
  local expected=$1 method=$2 path=$3 status
  shift 3
  status=$(curl --silent --max-time 15 --output "$scratch/body" --write-out '%{http_code}' --request "$method" "$@" \
    "http://127.0.0.1:$GATEWAY_PORT$path") || true
  body=$(cat "$scratch/body" 2>/dev/null || true)
  [[ $status == "$expected" ]] || fail "$method $path was answered with $status instead of $expected: $body"
}

as() { printf 'Authorization: Bearer %s' "$1"; }
json=(--header 'Content-Type: application/json' --data)

register() {
  call 201 POST /users "${json[@]}" "{\"email\":\"$1\",\"password\":\"$password\"}"
}

log_in() {
  call 200 POST /login --data-urlencode "username=$1" --data-urlencode "password=$password"
  sed -E 's/.*"access_token":"([^"]+)".*/\1/' <<<"$body"
}

vote() { call "$1" POST /vote --header "$(as "$2")" "${json[@]}" "{\"post_id\":$post,\"dir\":$3}"; }

# expect_votes COUNT SECONDS: the post shows so many votes within the time.
expect_votes() {
  local count=$1 seconds=$2 deadline=$((SECONDS + $2))
  while call 200 GET "/posts/$post" --header "$(as "$alice")"; ! grep -q "\"votes\":$count[,}]" <<<"$body"; do
    ((SECONDS < deadline)) || fail "the post does not show $count votes within $seconds s: $body"
    sleep 0.1
  done
}

# --- The end-to-end tests -----------------------------------------------------------------------------------------

# Those that need a whole Agora and nothing but its public address; what looks behind the gateway they skip.
end_to_end='test/end-to-end/(attacks/authorization|attacks/hostile-requests|documentation|journey|live-feed|read-own-writes|revocation)|clients/typescript/test'

run_end_to_end() {
  local start=$SECONDS process
  AGORA_ORIGIN="http://127.0.0.1:$GATEWAY_PORT" JEST_WORKERS=1 npm test --silent -- "$end_to_end" >"$scratch/end-to-end.log" 2>&1 ||
    { cat "$scratch/end-to-end.log" >&2; fail "end-to-end tests against the containers"; }
  for process in "${processes[@]}"; do
    [[ $(docker inspect --format '{{.State.Running}} {{.RestartCount}}' "$(container "$process")") == 'true 0' ]] ||
      fail "$process ended during the end-to-end tests"
  done
  passed "end-to-end tests against the containers: $(grep -E '^[0-9]+ passed, ' "$scratch/end-to-end.log") in $((SECONDS - start)) s"
}

# --- The walk -----------------------------------------------------------------------------------------------------

docker compose config --quiet
start=$SECONDS
up --build
passed "up from nothing in $((SECONDS - start)) s"
check_containers
check_images

password="correct horse $RANDOM"
register alice@example.com
register bob@example.com
call 409 POST /users "${json[@]}" "{\"email\":\"alice@example.com\",\"password\":\"$password\"}"
alice=$(log_in alice@example.com)
bob=$(log_in bob@example.com)
call 403 POST /login --data-urlencode username=bob@example.com --data-urlencode 'password=not the password'
call 401 GET /posts
call 201 POST /posts --header "$(as "$alice")" "${json[@]}" '{"title":"Hello","content":"From a container"}'
post=$(sed -E 's/^\{"id":([0-9]+).*/\1/' <<<"$body")
vote 201 "$bob" 1
vote 409 "$bob" 1
expect_votes 1 5
vote 201 "$bob" 0
vote 404 "$bob" 0
expect_votes 0 5
call 404 GET /internal/posts/1
call 404 GET /metrics
passed "register, log in, publish, vote, count, take back"

deadline=$((SECONDS + 30))
until curl --silent --max-time 5 "http://127.0.0.1:$MAILBOX_PORT/messages?to=alice@example.com" | grep -q 'confirm-email='; do
  ((SECONDS < deadline)) || fail "the mailbox has no mail that confirms the address of alice"
  sleep 0.5
done
passed "the mail that confirms an address is in the mailbox"

run_end_to_end

vote 201 "$bob" 1
compose kill --signal KILL votes >>"$scratch/compose.log" 2>&1
call 200 GET "/posts/$post" --header "$(as "$alice")"
up votes
expect_votes 1 10
passed "votes killed right after it acknowledged a vote: the vote counts"

compose kill --signal KILL nats >>"$scratch/compose.log" 2>&1
vote 201 "$alice" 1
up nats
expect_votes 2 15
passed "NATS killed, a vote accepted without it: the vote counts"

start=$SECONDS
compose down >>"$scratch/compose.log" 2>&1
down=$((SECONDS - start))
((down < 10)) || fail "docker compose down took $down s"
start=$SECONDS
up
alice=$(log_in alice@example.com)
expect_votes 2 10
passed "down in $down s, up again in $((SECONDS - start)) s: everything is still there"

call 403 DELETE "/posts/$post" --header "$(as "$bob")"
call 204 DELETE "/posts/$post" --header "$(as "$alice")"
call 404 GET "/posts/$post" --header "$(as "$alice")"
vote 404 "$bob" 1
call 204 DELETE /users/me --header "$(as "$bob")"
call 403 POST /login --data-urlencode username=bob@example.com --data-urlencode "password=$password"
passed "post and account deleted"

if compose logs --no-color nats | grep -i 'violation'; then fail "NATS refused somebody something"; fi
if compose logs --no-color "${processes[@]}" | grep -E '"level":"(error|fatal)"'; then fail "a process logged an error"; fi
