#!/usr/bin/env bash
# A client of Statly's webhook API, written from its document alone.
# usage: statly.sh API WEBHOOK_URL SECRET
set -euo pipefail
api=$1/api/v1/code/repos/my-org/my-app/webhooks url=$2 secret=$3
fail() { echo "statly.sh: $*" >&2; exit 1; }

# call METHOD PATH STATUS [BODY]: the answer, which must have this status
call() {
  local answer status
  answer=$(curl -sS -X "$1" -w '\n%{http_code}' "$api$2" \
    ${4:+-H 'Content-Type: application/json' -d "$4"})
  status=${answer##*$'\n'}
  [[ $status == "$3" ]] || fail "$1 $2: $status, expected $3: $answer"
  echo "${answer%$'\n'*}"
}

# field NAME JSON: the first value of this name; is NAME JSON VALUE: that it is this one
field() {
  [[ $2 =~ \"$1\":(\"[^\"]*\"|\[[^]]*\]|[a-z0-9.-]+) ]] || fail "no field $1 in $2"
  echo "${BASH_REMATCH[1]//\"/}"
}
is() { [[ $(field "$1" "$2") == "$3" ]] || fail "$1 is $(field "$1" "$2"), not $3: $2"; }
# settled WEBHOOK DELIVERY: the list of deliveries once this one is no longer under way
settled() {
  local list
  for _ in {1..300}; do
    list=$(call GET "/$1/deliveries" 200)
    [[ $list =~ \"id\":\"$2\",\"event\":\"[a-z]+\",\"status\":\"(success|failed)\" ]] && break
    sleep 0.1
  done
  echo "$list"
}
hook=$(call POST '' 201 '{"url": "'"$url"'", "secret": "'"$secret"'", "maxRetries": 5,
  "events": ["push", "pull_request.opened", "pull_request.merged"], "retryIntervalSeconds": 30}')
id=$(field id "$hook")
list=$(call GET '' 200)
[[ $list == '{"webhooks":['* ]] || fail "no list: $list"
is id "$list" "$id"; is url "$list" "$url"; is isActive "$list" true
is events "$list" '[push,pull_request.opened,pull_request.merged]'
is deliveryCount "$list" 0; is failureCount "$list" 0; is lastDeliveryAt "$list" null

is isActive "$(call PATCH "/$id" 200 '{"isActive": false}')" false
is isActive "$(call PATCH "/$id" 200 '{"isActive": true}')" true

delivery=$(field id "$(call POST "/$id/test" 202)")
list=$(settled "$id" "$delivery")
[[ $list == '{"deliveries":['* ]] || fail "no list: $list"
is id "$list" "$delivery"; is event "$list" ping; is status "$list" success
is responseCode "$list" 200; is attempt "$list" 1
[[ $(field durationMs "$list") =~ ^[0-9]+$ ]] || fail "durationMs: $list"
[[ $(field deliveredAt "$list") =~ ^20[0-9-]+T[0-9:]+Z$ ]] || fail "deliveredAt: $list"

call POST "/$id/deliveries/$delivery/redeliver" 202 >/dev/null
list=$(settled "$id" "$delivery"); is attempt "$list" 2; is status "$list" success
is deliveryCount "$(call GET '' 200)" 1

call DELETE "/$id" 204; call DELETE "/$id" 404 >/dev/null
is webhooks "$(call GET '' 200)" '[]'
echo "done with $delivery"
