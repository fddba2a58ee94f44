# What every pack in sh does the same: reads the request, writes the response. Source it; then call `serve PHASE`.
request=$(cat)

# --- The request. It is one line with sorted keys and no spaces, so `io` comes before everything that a project can
# --- say, and `request_id` after it: the first, or the last, string of that name is the right one.
first() { rest=${request#*"\"$1\":\""}; printf '%s' "${rest%%\"*}"; }
last() { rest=${request##*"\"$1\":\""}; printf '%s' "${rest%%\"*}"; }

# Without its strings, a request is its brackets; one that was cut off does not close them.
shape=$(printf '%s' "$request" | sed -E 's/"([^"\\]|\\.)*"//g')
opened=$(printf '%s' "$shape" | tr -cd '[{' | wc -c)
closed=$(printf '%s' "$shape" | tr -cd ']}' | wc -c)
case $shape in '{'*'}') ;; *) echo "this is not a request" >&2; exit 65 ;; esac
case $request in *'"response":"'*'"request_id":"'*) ;; *) echo "the request has no response path" >&2; exit 65 ;; esac
response=$(first response)
if [ "$opened" -ne "$closed" ]; then echo "the request was cut off" >&2; exit 65; fi
case $response in *\\*) echo "a quote or backslash in $response: this pack cannot write there" >&2; exit 65 ;; esac

# --- The answer.
diagnostics=
answer() {
  printf '{"protocol":"1.0","request_id":"%s","diagnostics":[%s],%s}\n' "$(last request_id)" "$diagnostics" "$1" \
    >"$response"
}
# refuse EXIT CODE MESSAGE HINT [PATH:LINE [CANDIDATES]]: the texts hold no quote and no backslash.
refuse() {
  location=${5:+",\"location\":{\"path\":\"${5%:*}\",\"line\":${5##*:}}"}
  answer "\"status\":\"error\",\"error\":{\"code\":\"$2\",\"message\":\"$3\",\"hint\":\"$4\"$location${6:+,\"candidates\":[$6]}}"
  exit "$1"
}

# --app over options.app, or nothing: null is no string.
asked() {
  case $request in '{"app":"'*) first app ;; *'"options":{"app":"'*) rest=${request#*'"options":{"app":"'}
    printf '%s' "${rest%%\"*}" ;; esac
}

serve() {
  case $(last protocol) in 1.*) ;; *) refuse 76 protocol_unsupported "this pack speaks 1.0" "take a newer pack" ;; esac
  case $request in
    *'"requires":[]'*) ;;
    *'"requires":['*) refuse 76 protocol_unsupported "this pack knows no additions to 1.0" "take a newer pack" ;;
  esac
  case $1 in
    detect | plan) "$1" ;;
    *) refuse 65 bad_request "this pack has no such phase" "see pack.json" ;;
  esac
}
