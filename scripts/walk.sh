#!/usr/bin/env bash
# Walks through a running Agora with curl, from registering to deleting the account, and shows each answer.
# Ends with 1 at the first answer that is not the expected one. Usage: npm run walk [-- URL]
set -euo pipefail

url=${1:-${AGORA_URL:-http://127.0.0.1:$((8000 + ${PORT_OFFSET:-0}))}}
email="walker-$(date +%s)-$$@example.test"
password="a fairly long password"

# ask EXPECTED_STATUS METHOD PATH [curl arguments]: sends a request, shows it with its answer, keeps the body in $body.
ask() {
  local expected=$1 method=$2 path=$3 answer status
  shift 3
  answer=$(curl --silent --show-error --max-time 15 --request "$method" --write-out '\n%{http_code}' "$@" "$url$path")
  status=${answer##*$'\n'}
  body=${answer%$'\n'*}
  printf '\n%s %s\n  → %s %s\n' "$method" "$path" "$status" "$body"
  if [ "$status" != "$expected" ]; then
    printf '\nExpected %s.\n' "$expected" >&2
    exit 1
  fi
}

# field NAME: the value of a field of the last body, without its quotes.
field() { sed -E "s/.*\"$1\":\"?([^\",}]*).*/\1/" <<<"$body"; }

json='Content-Type: application/json'

printf 'Register\n'
ask 201 POST /users --header "$json" --data "{\"email\":\"$email\",\"password\":\"$password\"}"

printf '\nLog in\n'
ask 200 POST /login --data-urlencode "username=$email" --data-urlencode "password=$password"
token="Authorization: Bearer $(field access_token)"

printf '\nPublish a post\n'
ask 201 POST /posts --header "$token" --header "$json" --data '{"title":"Hello","content":"My first post."}'
post=$(sed -E 's/^\{"id":([0-9]+).*/\1/' <<<"$body")

printf '\nVote for it\n'
ask 201 POST /vote --header "$token" --header "$json" --data "{\"post_id\":$post,\"dir\":1}"

# expect_votes COUNT: reads the post until it shows the count, for 5 s at most.
expect_votes() {
  for _ in $(seq 50); do
    ask 200 GET "/posts/$post" --header "$token" >/dev/null
    [ "$(field votes)" = "$1" ] && break
    sleep 0.1
  done
  ask 200 GET "/posts/$post" --header "$token"
  if [ "$(field votes)" != "$1" ]; then
    printf '\nExpected votes to be %s.\n' "$1" >&2
    exit 1
  fi
}

printf '\nRead the count\n'
expect_votes 1

printf '\nTake the vote back\n'
ask 201 POST /vote --header "$token" --header "$json" --data "{\"post_id\":$post,\"dir\":0}"
expect_votes 0

printf '\nDelete the post\n'
ask 204 DELETE "/posts/$post" --header "$token"
ask 404 GET "/posts/$post" --header "$token"

printf '\nDelete the account\n'
ask 204 DELETE /users/me --header "$token"
ask 403 POST /login --data-urlencode "username=$email" --data-urlencode "password=$password"

printf '\nAll answers were as expected.\n'
