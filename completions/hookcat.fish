# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_hookcat_global_optspecs
    string join \n color= log= profile= h/help V/version
end

function __fish_hookcat_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_hookcat_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_hookcat_using_subcommand
    set -l cmd (__fish_hookcat_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c hookcat -n "__fish_hookcat_needs_command" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_needs_command" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_needs_command" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_needs_command" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_needs_command" -f -a "listen" -d 'Receive webhooks: verify, record, show and forward them'
complete -c hookcat -n "__fish_hookcat_needs_command" -f -a "send" -d 'Send a provider\'s event, signed'
complete -c hookcat -n "__fish_hookcat_needs_command" -f -a "replay" -d 'Send recorded deliveries again, byte for byte or signed anew'
complete -c hookcat -n "__fish_hookcat_needs_command" -f -a "sign" -d 'Print the headers that sign a body'
complete -c hookcat -n "__fish_hookcat_needs_command" -f -a "verify" -d 'Verify a delivery\'s signature and say why it fails'
complete -c hookcat -n "__fish_hookcat_needs_command" -f -a "check" -d 'Play a provider, honest and hostile, against an endpoint and say what it handles wrongly'
complete -c hookcat -n "__fish_hookcat_needs_command" -f -a "serve" -d 'Play a provider: deliver events to webhooks, with its retries, and answer its API'
complete -c hookcat -n "__fish_hookcat_needs_command" -f -a "hooks" -d 'Set up webhooks that `serve` delivers to, and look at them'
complete -c hookcat -n "__fish_hookcat_needs_command" -f -a "emit" -d 'Make an event happen at a provider; `hookcat serve` delivers it to the webhooks that take it'
complete -c hookcat -n "__fish_hookcat_needs_command" -f -a "log" -d 'Look at the recorded deliveries'
complete -c hookcat -n "__fish_hookcat_needs_command" -f -a "providers" -d 'Look at the providers hookcat knows'
complete -c hookcat -n "__fish_hookcat_needs_command" -f -a "template" -d 'Save deliveries as templates of the project, and look at them'
complete -c hookcat -n "__fish_hookcat_needs_command" -f -a "keys" -d 'Make fresh secrets and key pairs'
complete -c hookcat -n "__fish_hookcat_needs_command" -f -a "completions" -d 'Print a completion script for a shell'
complete -c hookcat -n "__fish_hookcat_needs_command" -f -a "man" -d 'Print the man page, or write all pages to a folder'
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -s p -l provider -d 'Serve this provider; detected from each request if none is given (can be repeated)' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l secret -d 'Use this secret: `env:NAME`, `file:PATH`, `cmd:COMMAND`, `-`, `prompt`, or the secret itself (can be repeated)' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l scheme -d 'Use this scheme of the provider' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l cert -d 'Verify with this certificate, where the provider signs with one: a PEM or DER file (can be repeated)' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l key-id -d 'The id of the key, where messages name one' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l signature-header -d 'With provider `generic`: the signature\'s header' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l prefix -d 'With provider `generic`: the text before the signature' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l encoding -d 'With provider `generic`: how the signature is written' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l algorithm -d 'With provider `generic`: the hash of the HMAC (sha1, sha256, sha512)' -r -f -a "sha1\t''
sha256\t''
sha512\t''"
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l bind -d 'Bind to this address [default: 127.0.0.1]' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l port -d 'Listen on this port, 0 for any free one [default: 4400]' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l unix -d 'Listen on a Unix socket at this path instead of a port' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l tls-cert -d 'Speak TLS with this certificate, and the chain after it: a PEM file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l tls-key -d 'The private key of --tls-cert: a PEM file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l route -d 'Do this with the deliveries that fit: forward, answer by a script, or run a command (can be repeated)' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l forward-to -d 'Forward deliveries that are not invalid to this endpoint and pass its answer back' -r -f
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l forward-timeout -d 'Give up on a forwarded delivery\'s answer after this span [default: the provider\'s, else 30s]' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l speed -d 'Wait so many times shorter than the provider, such as 60x' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l max-forwards -d 'Forward at most so many deliveries at once; others wait as long as their sender would' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l ca -d 'Trust the certificates in this PEM file too, where an endpoint has one of them or one of theirs (can be repeated)' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l respond -d 'Answer a delivery\'s attempts with these statuses in turn, such as 500,500,200; the last stays' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l respond-body -d 'The body of scripted answers: a text, or @FILE' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l respond-header -d 'Add this header to scripted answers (can be repeated)' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l delay -d 'Hold scripted answers back for so long, or for a different span each time, such as 2s..5s' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l fail-rate -d 'Answer so many of the deliveries 500, from 0 to 1; with --seed the same ones in every run' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l retry-after -d 'Ask for the next attempt after this span, in scripted answers that are no success' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l exec -d 'Run this shell command for each verified delivery, its body on stdin' -r -f -a "(__fish_complete_command)"
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l exec-jobs -d 'Run at most so many commands at once' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l exec-timeout -d 'Kill a command, and all it started, after this span' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l public-url -d 'The URL senders post to, where schemes sign it and it is not this address' -r -f
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l verify-token -d 'The verify token you chose, where handshakes hold one (Meta, eBay): a reference as --secret takes it' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l tolerance -d 'Allow timestamps this many seconds off, in both directions; 0 allows any' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l filter -d 'Show and count only the deliveries that this jq expression holds for (all are recorded)' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l format -d 'How to print' -r -f -a "text\t'Lines for a person'
json\t'One compact JSON object a line'"
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l expect -d 'Expect a delivery that this jq expression holds for, and end once all are met (can be repeated)' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l expect-count -d 'Expect so many deliveries: `3`, `2..`, `2..5`, `..5`, `0`, of each --expect or of all' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l until -d 'End with the first delivery that this jq expression holds for' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l timeout -d 'End after this span at the latest' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l linger -d 'After the end of COMMAND, wait this long at most for what is still expected' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l ready-file -d 'Write the URL to this file once it can be sent to; removed at the end' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l max-body -d 'Refuse bodies larger than this many bytes' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l max-headers -d 'Refuse requests with more header fields than this' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l max-connections -d 'Keep at most this many connections open; for a further one, the one goes that has kept us waiting longest' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l head-timeout -d 'Wait this long for a request\'s head, and for the next request on an open connection' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l body-timeout -d 'Wait this long for a request\'s body' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l now -d 'Use this time instead of the clock: seconds since 1970 or RFC 3339' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l seed -d 'Draw ids, sample values and chances from this seed' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l tls -d 'Speak TLS, with a certificate made for this machine'
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l forward-invalid -d 'Forward invalid deliveries too'
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l ack-first -d 'Answer the sender 200 as soon as its delivery is recorded, and forward it then'
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l forward-retry -d 'Forward again on the provider\'s schedule until delivered'
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l insecure -d 'Take any TLS certificate of an endpoint'
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l reset -d 'Reset connections instead of answering: the same as --respond reset'
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l exec-answers -d 'Answer as the command ends: 200 with its output for exit code 0, 500 for any other'
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l exec-unverified -d 'Run the command for unverifiable deliveries too, never for invalid ones'
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l sign-challenges -d 'Answer challenges that sign the sender\'s text even where others can reach this address'
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l validate -d 'Hold payloads against their event\'s schema and say what is missing, retyped or new'
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l watch-shape -d 'Say which fields of a payload are new, gone or retyped'
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l no-log -d 'Keep no log'
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -s q -l quiet -d 'Show no deliveries: where it listens, warnings and the outcome alone'
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l compact -d 'Show two lines a delivery and no body'
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l full -d 'Show all headers and the whole body'
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l demo -d 'First send samples of well-known providers to itself, good and bad ones'
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -l once -d 'End with the first delivery'
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand listen" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -l to -d 'The endpoint: a URL, host:port or a port [default: the address of `hookcat listen`]' -r -f
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -l max-retries -d 'Try again at most so many times' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -l retry-interval -d 'The interval of the provider\'s schedule, such as 30s' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -l speed -d 'Wait so many times shorter than the provider, such as 60x' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -l timeout -d 'Give up on an answer after this span [default: the provider\'s, else 30s]' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -l ca -d 'Trust the certificates in this PEM file too, where an endpoint has one of them or one of theirs (can be repeated)' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -l format -d 'How to print' -r -f -a "text\t'Lines for a person'
json\t'One compact JSON object a line'"
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -l data -d 'Send this body instead of the sample: a file, or `-` for stdin' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -l template -d 'Send this template, filled in: a file, or the name of one of the project\'s' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -l set -d 'Set a field of the body, `path.to.field=value` (can be repeated)' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -l set-json -d 'Set a field of the body to a value that is JSON: `labels=["a"]`, `ref="1"` (can be repeated)' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -l content-type -d 'Send it as json, form (its fields), payload (JSON in the field `payload` of a form), xml, text, raw, or any media type; the signature is of what is sent' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -s H -l header -d 'Add or replace a header, `Name: value` (can be repeated)' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -l id -d 'The delivery id, instead of a fresh one' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -l target -d 'Send as one of the provider\'s other targets, such as a chat message' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -l print -d 'Print the request instead of sending it' -r -f -a "http\t'Raw HTTP'
curl\t'A curl command'
json\t'One JSON object'"
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -l tamper -d 'Make it bad on purpose: body, signature, secret, timestamp=-10m, missing-header, duplicate, reorder or reencode (can be repeated)' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -l script -d 'Play a scenario: steps with events, waits, shared ids and expected statuses, in a TOML file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -l junit -d 'With --script: write a test report to this file, as CI servers read it' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -l verify-token -d 'The verify token you chose, where handshakes hold one (Meta, eBay): a reference as --secret takes it' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -l secret -d 'Use this secret: `env:NAME`, `file:PATH`, `cmd:COMMAND`, `-`, `prompt`, or the secret itself (can be repeated)' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -l scheme -d 'Use this scheme of the provider' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -l cert -d 'Verify with this certificate, where the provider signs with one: a PEM or DER file (can be repeated)' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -l key-id -d 'The id of the key, where messages name one' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -l signature-header -d 'With provider `generic`: the signature\'s header' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -l prefix -d 'With provider `generic`: the text before the signature' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -l encoding -d 'With provider `generic`: how the signature is written' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -l algorithm -d 'With provider `generic`: the hash of the HMAC (sha1, sha256, sha512)' -r -f -a "sha1\t''
sha256\t''
sha512\t''"
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -l count -d 'Send so many, each with an id, timestamp and signature of its own, and report on them all' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -l rate -d 'Send so many a second, as `50` or `600/m`; latency then counts from when each was due' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -l concurrency -d 'Over so many connections, each with one request at a time [default: 50, or --count if less]' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -l duration -d 'For this long, such as 30s; without it and --count, until Ctrl-C' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -l now -d 'Use this time instead of the clock: seconds since 1970 or RFC 3339' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -l seed -d 'Draw ids, sample values and chances from this seed' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -l retry -d 'Try again on the provider\'s schedule until delivered'
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -l insecure -d 'Take any TLS certificate of an endpoint'
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -l no-log -d 'Keep no log of this'
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand send" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l last -d 'The last N received deliveries, of those that fit' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l since -d 'From this moment on: `2h` (ago), `yesterday`, `14:30`, `2026-11-20`, RFC 3339' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l until -d 'Up to this moment, written as for --since; a day is taken whole' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -s p -l provider -d 'Of this provider' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l event -d 'Of this event type; `*` stands for any text: `pull_request.*`' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l status -d 'With this status, `404` or `5xx`: the answer given, or the last attempt\'s (can be repeated)' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l verdict -d 'With this verdict: `valid`, `invalid`, `invalid:stale`, `unverifiable`' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l direction -d 'In this direction' -r -f -a "received\t''
sent\t''"
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l search -d 'With this text in body, headers, target or delivery id, in any case of ASCII letters' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l filter -d 'For which this jq expression holds' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l to -d 'The endpoint: a URL, host:port or a port [default: the address of `hookcat listen`]' -r -f
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l max-retries -d 'Try again at most so many times' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l retry-interval -d 'The interval of the provider\'s schedule, such as 30s' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l speed -d 'Wait so many times shorter than the provider, such as 60x' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l timeout -d 'Give up on an answer after this span [default: the provider\'s, else 30s]' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l ca -d 'Trust the certificates in this PEM file too, where an endpoint has one of them or one of theirs (can be repeated)' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l format -d 'How to print' -r -f -a "text\t'Lines for a person'
json\t'One compact JSON object a line'"
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l set -d 'Set a field of the body, `path.to.field=value`, and sign it anew (can be repeated)' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l set-json -d 'Set a field of the body to a value that is JSON, and sign it anew (can be repeated)' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l method -d 'Send with this method' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -s H -l header -d 'Add or replace a header, `Name: value` (can be repeated)' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l times -d 'Send all of them so many times over' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l watch -d 'Send again whenever something changes in these files and folders' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l pace -d 'Leave the pauses there were between them: `original`, so many times shorter: `2x`, or none: `max`' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l as -d 'Take it for this provider\'s, instead of the recorded one\'s' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l id -d 'With --resign: the delivery id, instead of a fresh one' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l print -d 'Print the request instead of sending it' -r -f -a "http\t'Raw HTTP'
curl\t'A curl command'
json\t'One JSON object'"
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l secret -d 'Use this secret: `env:NAME`, `file:PATH`, `cmd:COMMAND`, `-`, `prompt`, or the secret itself (can be repeated)' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l scheme -d 'Use this scheme of the provider' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l cert -d 'Verify with this certificate, where the provider signs with one: a PEM or DER file (can be repeated)' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l key-id -d 'The id of the key, where messages name one' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l signature-header -d 'With provider `generic`: the signature\'s header' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l prefix -d 'With provider `generic`: the text before the signature' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l encoding -d 'With provider `generic`: how the signature is written' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l algorithm -d 'With provider `generic`: the hash of the HMAC (sha1, sha256, sha512)' -r -f -a "sha1\t''
sha256\t''
sha512\t''"
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l now -d 'Use this time instead of the clock: seconds since 1970 or RFC 3339' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l seed -d 'Draw ids, sample values and chances from this seed' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l failed -d 'Those that failed: answered with other than 2xx, or passed on without a 2xx'
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l retry -d 'Try again on the provider\'s schedule until delivered'
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l insecure -d 'Take any TLS certificate of an endpoint'
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l no-log -d 'Keep no log of this'
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l resign -d 'Sign anew: a fresh timestamp and id, with the local secret'
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l edit -d 'Edit the body in `$VISUAL` or `$EDITOR`, and sign it anew'
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l until-ok -d 'Send again until every answer is a success: once a second, or with --watch when files change'
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l pick -d 'Choose the delivery from a list, which can be searched'
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -s y -l yes -d 'Do not ask before many are sent'
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -l dry-run -d 'Show what would be sent and where to, and send nothing'
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand replay" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_using_subcommand sign" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand sign" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand sign" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand sign" -l secret -d 'Use this secret: `env:NAME`, `file:PATH`, `cmd:COMMAND`, `-`, `prompt`, or the secret itself (can be repeated)' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand sign" -l scheme -d 'Use this scheme of the provider' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand sign" -l cert -d 'Verify with this certificate, where the provider signs with one: a PEM or DER file (can be repeated)' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand sign" -l key-id -d 'The id of the key, where messages name one' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand sign" -l signature-header -d 'With provider `generic`: the signature\'s header' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand sign" -l prefix -d 'With provider `generic`: the text before the signature' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand sign" -l encoding -d 'With provider `generic`: how the signature is written' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand sign" -l algorithm -d 'With provider `generic`: the hash of the HMAC (sha1, sha256, sha512)' -r -f -a "sha1\t''
sha256\t''
sha512\t''"
complete -c hookcat -n "__fish_hookcat_using_subcommand sign" -l event -d 'The event, where the provider\'s signature goes with an event header' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand sign" -l id -d 'The delivery id to sign, where the scheme signs one' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand sign" -l url -d 'The URL the message goes to: signed where the scheme signs it, and part of a whole request' -r -f
complete -c hookcat -n "__fish_hookcat_using_subcommand sign" -l method -d 'The request method, where the scheme signs it or a whole request is printed' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand sign" -l format -d 'How to print [default: headers; with --lines, json]' -r -f -a "headers\t'Header lines'
value\t'The signature header\'s value alone'
json\t'One JSON object'
curl\t'A curl command that posts the body'
httpie\t'A command of `HTTPie` that posts the body'
http\t'The whole request as raw HTTP'
env\t'Variables for `eval` and `source`: `HOOKCAT_SIGNATURE`, each header such as `STRIPE_SIGNATURE`, and `HOOKCAT_QUERY` or `HOOKCAT_BODY` where the signature stands there'"
complete -c hookcat -n "__fish_hookcat_using_subcommand sign" -l now -d 'Use this time instead of the clock: seconds since 1970 or RFC 3339' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand sign" -l seed -d 'Draw ids, sample values and chances from this seed' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand sign" -l lines -d 'Sign each line as a body of its own: JSON in, a line of JSON out'
complete -c hookcat -n "__fish_hookcat_using_subcommand sign" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand sign" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_using_subcommand verify" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand verify" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand verify" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand verify" -s p -l provider -d 'The provider; detected from the headers if not given (can be repeated)' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand verify" -s H -l header -d 'A header of the delivery, `Name: value` (can be repeated)' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand verify" -l input -d 'What the file holds' -r -f -a "auto\t'What it is recognised as; a body where headers are given'
body\t'The body alone'
http\t'A whole HTTP/1 request'
curl\t'curl command lines'
http-file\t'A `.http` file, as VS Code and other editors send it'
hurl\t'A file of hurl'
har\t'An HTTP Archive'
lines\t'Lines of hookcat\'s own JSON'
github\t'GitHub deliveries, as `gh api` prints them'
stripe\t'Stripe events, as `stripe events retrieve` prints them'
lambda\t'Events of AWS Lambda'"
complete -c hookcat -n "__fish_hookcat_using_subcommand verify" -l headers -d 'Read the delivery\'s headers from this file; FILE is its body then' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand verify" -l last -d 'Take the last N received deliveries of the log' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand verify" -l secret -d 'Use this secret: `env:NAME`, `file:PATH`, `cmd:COMMAND`, `-`, `prompt`, or the secret itself (can be repeated)' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand verify" -l scheme -d 'Use this scheme of the provider' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand verify" -l cert -d 'Verify with this certificate, where the provider signs with one: a PEM or DER file (can be repeated)' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand verify" -l key-id -d 'The id of the key, where messages name one' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand verify" -l signature-header -d 'With provider `generic`: the signature\'s header' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand verify" -l prefix -d 'With provider `generic`: the text before the signature' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand verify" -l encoding -d 'With provider `generic`: how the signature is written' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand verify" -l algorithm -d 'With provider `generic`: the hash of the HMAC (sha1, sha256, sha512)' -r -f -a "sha1\t''
sha256\t''
sha512\t''"
complete -c hookcat -n "__fish_hookcat_using_subcommand verify" -l tolerance -d 'Allow timestamps this many seconds off, in both directions; 0 allows any' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand verify" -l max-age -d 'Refuse what is older than this, such as 300 or 5m, or whose age no signature vouches for' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand verify" -l at -d 'Judge ages as of this time: seconds since 1970, RFC 3339, or a span from now such as -10m' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand verify" -l expect -d 'Expect this verdict, such as `valid`, `invalid` or `invalid:mismatch`: 0 if met, else exit 9' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand verify" -l url -d 'The URL the sender posted to, where the scheme signs it' -r -f
complete -c hookcat -n "__fish_hookcat_using_subcommand verify" -l method -d 'The request method, where the scheme signs it' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand verify" -l format -d 'How to print' -r -f -a "text\t'Lines for a person'
json\t'One compact JSON object a line'
github\t'Annotations of a run of GitHub Actions'"
complete -c hookcat -n "__fish_hookcat_using_subcommand verify" -l junit -d 'Write a test report too: XML in the shape of `JUnit`' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand verify" -l now -d 'Use this time instead of the clock: seconds since 1970 or RFC 3339' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand verify" -l seed -d 'Draw ids, sample values and chances from this seed' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand verify" -l fetch-cert -d 'Fetch the certificate a message names, from the provider\'s own host over https'
complete -c hookcat -n "__fish_hookcat_using_subcommand verify" -l validate -d 'Hold the payload against its event\'s schema; exit 9 if something is missing or retyped'
complete -c hookcat -n "__fish_hookcat_using_subcommand verify" -l explain -d 'Lay open what was signed, what was received and what each secret makes of it'
complete -c hookcat -n "__fish_hookcat_using_subcommand verify" -l show-expected -d 'With --explain: print the expected signature too; whoever sees it can forge this delivery'
complete -c hookcat -n "__fish_hookcat_using_subcommand verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand verify" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_using_subcommand check" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand check" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand check" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand check" -s p -l provider -d 'The provider to play' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand check" -l event -d 'Send this event where a case does not say otherwise [default: the provider\'s first that is no test]' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand check" -l only -d 'Try these cases only: names, `json-*`, or accept, reject, behaviour (can be repeated)' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand check" -l skip -d 'Leave these cases out (can be repeated)' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand check" -l observe -d 'Count what took effect: a command that prints, or a URL that answers, a number, a line for each effect, or a JSON array' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand check" -l timeout -d 'Wait this long for an answer [default: the provider\'s limit, at most 5s]' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand check" -s H -l header -d 'Add a header to each request, `Name: value` (can be repeated)' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand check" -l verify-token -d 'The verify token you chose, where handshakes hold one (Meta, eBay): a reference as --secret takes it' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand check" -l secret -d 'Use this secret: `env:NAME`, `file:PATH`, `cmd:COMMAND`, `-`, `prompt`, or the secret itself (can be repeated)' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand check" -l scheme -d 'Use this scheme of the provider' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand check" -l cert -d 'Verify with this certificate, where the provider signs with one: a PEM or DER file (can be repeated)' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand check" -l key-id -d 'The id of the key, where messages name one' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand check" -l signature-header -d 'With provider `generic`: the signature\'s header' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand check" -l prefix -d 'With provider `generic`: the text before the signature' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand check" -l encoding -d 'With provider `generic`: how the signature is written' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand check" -l algorithm -d 'With provider `generic`: the hash of the HMAC (sha1, sha256, sha512)' -r -f -a "sha1\t''
sha256\t''
sha512\t''"
complete -c hookcat -n "__fish_hookcat_using_subcommand check" -l ca -d 'Trust the certificates in this PEM file too, where an endpoint has one of them or one of theirs (can be repeated)' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand check" -l format -d 'How to print' -r -f -a "text\t'A table for a person'
json\t'One compact JSON object a line'
github\t'Annotations of a GitHub workflow'"
complete -c hookcat -n "__fish_hookcat_using_subcommand check" -l junit -d 'Write a test report in `JUnit`\'s XML, too' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand check" -l sarif -d 'Write the findings in SARIF, too' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand check" -l now -d 'Use this time instead of the clock: seconds since 1970 or RFC 3339' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand check" -l seed -d 'Draw ids, sample values and chances from this seed' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand check" -l list -d 'Print the cases instead of trying them'
complete -c hookcat -n "__fish_hookcat_using_subcommand check" -l yes-remote -d 'Try an endpoint that is neither on this machine nor in a private network, too'
complete -c hookcat -n "__fish_hookcat_using_subcommand check" -l insecure -d 'Take any TLS certificate of an endpoint'
complete -c hookcat -n "__fish_hookcat_using_subcommand check" -l no-log -d 'Keep no log of this'
complete -c hookcat -n "__fish_hookcat_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand check" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_using_subcommand serve" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand serve" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand serve" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand serve" -l bind -d 'The address to bind to; others can reach one that is not of this machine, and then need --token' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand serve" -l port -d 'The port; 0 takes a free one' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand serve" -l token -d 'Answer only who sends this bearer token: a reference, as `env:NAME`' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand serve" -l speed -d 'Wait so many times shorter than the provider between attempts, such as 60x' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand serve" -l smtp -d 'Send the mails of webhooks with a mail address through this server, `HOST:PORT`: plain SMTP, as Mailpit and other mail catchers speak it' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand serve" -l plan -d 'The account\'s plan, where the provider has plans: free, pro or enterprise' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand serve" -l ca -d 'Trust the certificates in this PEM file too, where an endpoint has one of them or one of theirs (can be repeated)' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand serve" -l format -d 'How to print' -r -f -a "text\t'Lines for a person'
json\t'One compact JSON object a line'"
complete -c hookcat -n "__fish_hookcat_using_subcommand serve" -l allow-http -d 'Take URLs with plain HTTP where the provider takes HTTPS only; those of this machine always are'
complete -c hookcat -n "__fish_hookcat_using_subcommand serve" -l allow-link-local -d 'Take link-local addresses, where a cloud\'s metadata is'
complete -c hookcat -n "__fish_hookcat_using_subcommand serve" -l insecure -d 'Take any TLS certificate of an endpoint'
complete -c hookcat -n "__fish_hookcat_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand serve" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and not __fish_seen_subcommand_from create list show update delete test redeliver" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and not __fish_seen_subcommand_from create list show update delete test redeliver" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and not __fish_seen_subcommand_from create list show update delete test redeliver" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and not __fish_seen_subcommand_from create list show update delete test redeliver" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and not __fish_seen_subcommand_from create list show update delete test redeliver" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and not __fish_seen_subcommand_from create list show update delete test redeliver" -f -a "create" -d 'Set a webhook up'
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and not __fish_seen_subcommand_from create list show update delete test redeliver" -f -a "list" -d 'List webhooks'
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and not __fish_seen_subcommand_from create list show update delete test redeliver" -f -a "show" -d 'Show a webhook and its latest deliveries'
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and not __fish_seen_subcommand_from create list show update delete test redeliver" -f -a "update" -d 'Change a webhook'
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and not __fish_seen_subcommand_from create list show update delete test redeliver" -f -a "delete" -d 'Delete a webhook, with what is still to be sent to it'
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and not __fish_seen_subcommand_from create list show update delete test redeliver" -f -a "test" -d 'Have a webhook tried: with a `ping`, or the first event it takes'
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and not __fish_seen_subcommand_from create list show update delete test redeliver" -f -a "redeliver" -d 'Have a delivery made once more'
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from create" -l repo -d 'Hear of one repository, `org/name`, or of all of an organization, `org` [default: of all]' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from create" -l target -d 'How events go there: json (the payload, signed), slack (a message) or email' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from create" -l events -d 'The events it takes, as `push,pull_request.*` or `*` (can be repeated)' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from create" -l secret -d 'Use this secret: `env:NAME`, `file:PATH`, `cmd:COMMAND`, `-`, `prompt`, or the secret itself (can be repeated)' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from create" -l max-retries -d 'Try again so often, where a webhook has a number of its own (Statly)' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from create" -l retry-interval -d 'The interval of the schedule, such as 30s, where a webhook has one of its own (Statly)' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from create" -l active -d 'Whether anything is sent to it' -r -f -a "true\t''
false\t''"
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from create" -l plan -d 'The account\'s plan, where the provider has plans: free, pro or enterprise' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from create" -l format -d 'How to print' -r -f -a "text\t'Lines for a person'
json\t'One compact JSON object a line'"
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from create" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from create" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from create" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from create" -l allow-http -d 'Take URLs with plain HTTP where the provider takes HTTPS only; those of this machine always are'
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from create" -l allow-link-local -d 'Take link-local addresses, where a cloud\'s metadata is'
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from create" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from list" -s p -l provider -d 'Those of this provider alone' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from list" -l repo -d 'Those of this repository alone, `org/name`, or of this organization, `org`' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from list" -l format -d 'How to print' -r -f -a "text\t'Lines for a person'
json\t'One compact JSON object a line'"
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from list" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from list" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from show" -s n -l limit -d 'Show so many of its latest deliveries' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from show" -l format -d 'How to print' -r -f -a "text\t'Lines for a person'
json\t'One compact JSON object a line'"
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from show" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from show" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from update" -l url -d 'Where events go' -r -f
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from update" -l events -d 'The events it takes, as `push,pull_request.*` or `*` (can be repeated)' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from update" -l secret -d 'Use this secret: `env:NAME`, `file:PATH`, `cmd:COMMAND`, `-`, `prompt`, or the secret itself (can be repeated)' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from update" -l max-retries -d 'Try again so often, where a webhook has a number of its own (Statly)' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from update" -l retry-interval -d 'The interval of the schedule, such as 30s, where a webhook has one of its own (Statly)' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from update" -l active -d 'Whether anything is sent to it' -r -f -a "true\t''
false\t''"
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from update" -l plan -d 'The account\'s plan, where the provider has plans: free, pro or enterprise' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from update" -l format -d 'How to print' -r -f -a "text\t'Lines for a person'
json\t'One compact JSON object a line'"
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from update" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from update" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from update" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from update" -l no-secret -d 'Sign no more'
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from update" -l allow-http -d 'Take URLs with plain HTTP where the provider takes HTTPS only; those of this machine always are'
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from update" -l allow-link-local -d 'Take link-local addresses, where a cloud\'s metadata is'
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from update" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from update" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from delete" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from delete" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from delete" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from delete" -l yes -d 'Do not ask'
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from delete" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from test" -l format -d 'How to print' -r -f -a "text\t'Lines for a person'
json\t'One compact JSON object a line'"
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from test" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from test" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from test" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from test" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from redeliver" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from redeliver" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from redeliver" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from redeliver" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand hooks; and __fish_seen_subcommand_from redeliver" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_using_subcommand emit" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand emit" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand emit" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand emit" -l repo -d 'The repository it happens in, `org/name`' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand emit" -l data -d 'Send this body instead of the sample: a file, or `-` for stdin' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand emit" -l template -d 'Send this template, filled in: a file, or the name of one of the project\'s' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand emit" -l set -d 'Set a field of the body, `path.to.field=value` (can be repeated)' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand emit" -l set-json -d 'Set a field of the body to a value that is JSON: `labels=["a"]`, `ref="1"` (can be repeated)' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand emit" -l from-git -d 'Tell what a push did to a git repository, by lines `OLD NEW REF` on stdin, as post-receive gets them' -r -f -a "(__fish_complete_directories)"
complete -c hookcat -n "__fish_hookcat_using_subcommand emit" -l sender -d 'With --from-git: who pushes, `Name <address>`; where it is not said, who git takes you for' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand emit" -l format -d 'How to print' -r -f -a "text\t'Lines for a person'
json\t'One compact JSON object a line'"
complete -c hookcat -n "__fish_hookcat_using_subcommand emit" -l now -d 'Use this time instead of the clock: seconds since 1970 or RFC 3339' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand emit" -l seed -d 'Draw ids, sample values and chances from this seed' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand emit" -l compare -d 'With --from-git: take what changed since the last --compare, instead of lines on stdin'
complete -c hookcat -n "__fish_hookcat_using_subcommand emit" -l install-hook -d 'Print a post-receive hook that tells every push'
complete -c hookcat -n "__fish_hookcat_using_subcommand emit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand emit" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and not __fish_seen_subcommand_from list tail show stats diff prune timeline export import" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and not __fish_seen_subcommand_from list tail show stats diff prune timeline export import" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and not __fish_seen_subcommand_from list tail show stats diff prune timeline export import" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and not __fish_seen_subcommand_from list tail show stats diff prune timeline export import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and not __fish_seen_subcommand_from list tail show stats diff prune timeline export import" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and not __fish_seen_subcommand_from list tail show stats diff prune timeline export import" -f -a "list" -d 'List deliveries, the newest last'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and not __fish_seen_subcommand_from list tail show stats diff prune timeline export import" -f -a "tail" -d 'Show the newest deliveries, and with --follow those that come'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and not __fish_seen_subcommand_from list tail show stats diff prune timeline export import" -f -a "show" -d 'Show one delivery: request, verdict, answer, attempts'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and not __fish_seen_subcommand_from list tail show stats diff prune timeline export import" -f -a "stats" -d 'Count what the log holds: by provider, event, verdict, status, over time'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and not __fish_seen_subcommand_from list tail show stats diff prune timeline export import" -f -a "diff" -d 'Show what differs between two deliveries'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and not __fish_seen_subcommand_from list tail show stats diff prune timeline export import" -f -a "prune" -d 'Delete deliveries, and give their room back'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and not __fish_seen_subcommand_from list tail show stats diff prune timeline export import" -f -a "timeline" -d 'Show all attempts of one delivery in time: arrivals, answers, forwarding, replays'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and not __fish_seen_subcommand_from list tail show stats diff prune timeline export import" -f -a "export" -d 'Write deliveries for other tools: curl, HAR, .http, hurl, JSON lines, tests'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and not __fish_seen_subcommand_from list tail show stats diff prune timeline export import" -f -a "import" -d 'Take deliveries into the log: HAR, curl, raw requests, JSON lines, GitHub\'s and Stripe\'s own'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from list" -s n -l limit -l last -d 'List at most this many, counted from the newest; 20 where no ID is given' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from list" -l since -d 'From this moment on: `2h` (ago), `yesterday`, `14:30`, `2026-11-20`, RFC 3339' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from list" -l until -d 'Up to this moment, written as for --since; a day is taken whole' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from list" -s p -l provider -d 'Of this provider' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from list" -l event -d 'Of this event type; `*` stands for any text: `pull_request.*`' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from list" -l status -d 'With this status, `404` or `5xx`: the answer given, or the last attempt\'s (can be repeated)' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from list" -l verdict -d 'With this verdict: `valid`, `invalid`, `invalid:stale`, `unverifiable`' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from list" -l direction -d 'In this direction' -r -f -a "received\t''
sent\t''"
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from list" -l search -d 'With this text in body, headers, target or delivery id, in any case of ASCII letters' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from list" -l filter -d 'For which this jq expression holds' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from list" -l format -d 'How to print' -r -f -a "text\t'Lines for a person'
json\t'One compact JSON object a line'"
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from list" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from list" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from list" -l failed -d 'Those that failed: answered with other than 2xx, or passed on without a 2xx'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from tail" -s n -l lines -d 'Show the newest N first' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from tail" -l since -d 'From this moment on: `2h` (ago), `yesterday`, `14:30`, `2026-11-20`, RFC 3339' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from tail" -l until -d 'Up to this moment, written as for --since; a day is taken whole' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from tail" -s p -l provider -d 'Of this provider' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from tail" -l event -d 'Of this event type; `*` stands for any text: `pull_request.*`' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from tail" -l status -d 'With this status, `404` or `5xx`: the answer given, or the last attempt\'s (can be repeated)' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from tail" -l verdict -d 'With this verdict: `valid`, `invalid`, `invalid:stale`, `unverifiable`' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from tail" -l direction -d 'In this direction' -r -f -a "received\t''
sent\t''"
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from tail" -l search -d 'With this text in body, headers, target or delivery id, in any case of ASCII letters' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from tail" -l filter -d 'For which this jq expression holds' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from tail" -l format -d 'How to print' -r -f -a "text\t'Lines for a person'
json\t'One compact JSON object a line'"
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from tail" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from tail" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from tail" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from tail" -s f -l follow -d 'Go on with those that come, until Ctrl-C'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from tail" -l failed -d 'Those that failed: answered with other than 2xx, or passed on without a 2xx'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from tail" -l compact -d 'Show two lines a delivery and no body'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from tail" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from tail" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from show" -l format -d 'How to print' -r -f -a "text\t'Lines for a person'
json\t'One compact JSON object a line'"
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from show" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from show" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from show" -l raw -d 'Print the request as it stood on the wire'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from show" -l body -d 'Print the body\'s bytes alone'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from show" -l curl -d 'Print a curl command that sends it again'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from stats" -l format -d 'How to print' -r -f -a "text\t'Lines for a person'
json\t'One compact JSON object a line'"
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from stats" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from stats" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from stats" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from stats" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from stats" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from diff" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from diff" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from diff" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from diff" -l answers -d 'Compare the answers\' bodies and headers instead of the requests\''
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from diff" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from prune" -l since -d 'From this moment on: `2h` (ago), `yesterday`, `14:30`, `2026-11-20`, RFC 3339' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from prune" -l until -d 'Up to this moment, written as for --since; a day is taken whole' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from prune" -s p -l provider -d 'Of this provider' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from prune" -l event -d 'Of this event type; `*` stands for any text: `pull_request.*`' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from prune" -l status -d 'With this status, `404` or `5xx`: the answer given, or the last attempt\'s (can be repeated)' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from prune" -l verdict -d 'With this verdict: `valid`, `invalid`, `invalid:stale`, `unverifiable`' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from prune" -l direction -d 'In this direction' -r -f -a "received\t''
sent\t''"
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from prune" -l search -d 'With this text in body, headers, target or delivery id, in any case of ASCII letters' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from prune" -l filter -d 'For which this jq expression holds' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from prune" -l keep -d 'Of those that fit, keep the newest N' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from prune" -l format -d 'How to print' -r -f -a "text\t'Lines for a person'
json\t'One compact JSON object a line'"
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from prune" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from prune" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from prune" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from prune" -l failed -d 'Those that failed: answered with other than 2xx, or passed on without a 2xx'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from prune" -l dry-run -d 'Say how many would be deleted, and delete none'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from prune" -s y -l yes -d 'Do not ask'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from prune" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from timeline" -s n -l limit -d 'Show at most this many attempts, counted from the newest' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from timeline" -l format -d 'How to print' -r -f -a "text\t'Lines for a person'
json\t'One compact JSON object a line'"
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from timeline" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from timeline" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from timeline" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from timeline" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from timeline" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from export" -l last -d 'Export the last N received deliveries' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from export" -l format -d 'What to write' -r -f -a "jsonl\t'hookcat\'s own JSON, a delivery a line'
curl\t'Commands of curl'
har\t'An HTTP Archive 1.2'
http\t'A .http file, for VS Code and other editors'
hurl\t'A file of hurl'
pytest\t'A test for pytest'
jest\t'A test for Jest and node --test'
go\t'A test for go test'
rust\t'A test for cargo test'"
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from export" -s o -l output -d 'Write to this file instead of stdout' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from export" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from export" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from export" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from export" -l capsule -d 'Write what can be shown to anybody: secrets and personal data masked, signed with a dummy secret'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from export" -l with-credentials -d 'Leave credentials as they are: by default those in headers and queries are masked'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from export" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from import" -s p -l provider -d 'The provider they are of, where it is not recorded or detected' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from import" -l input -d 'What the files hold' -r -f -a "auto\t'What it is recognised as; a body where headers are given'
body\t'The body alone'
http\t'A whole HTTP/1 request'
curl\t'curl command lines'
http-file\t'A `.http` file, as VS Code and other editors send it'
hurl\t'A file of hurl'
har\t'An HTTP Archive'
lines\t'Lines of hookcat\'s own JSON'
github\t'GitHub deliveries, as `gh api` prints them'
stripe\t'Stripe events, as `stripe events retrieve` prints them'
lambda\t'Events of AWS Lambda'"
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from import" -l format -d 'How to print' -r -f -a "text\t'Lines for a person'
json\t'One compact JSON object a line'"
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from import" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from import" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from import" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand log; and __fish_seen_subcommand_from import" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and not __fish_seen_subcommand_from list show new check schema" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and not __fish_seen_subcommand_from list show new check schema" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and not __fish_seen_subcommand_from list show new check schema" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and not __fish_seen_subcommand_from list show new check schema" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and not __fish_seen_subcommand_from list show new check schema" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and not __fish_seen_subcommand_from list show new check schema" -f -a "list" -d 'List the providers in groups'
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and not __fish_seen_subcommand_from list show new check schema" -f -a "show" -d 'Show everything known of one provider'
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and not __fish_seen_subcommand_from list show new check schema" -f -a "new" -d 'Make a definition of your own'
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and not __fish_seen_subcommand_from list show new check schema" -f -a "check" -d 'Check definitions: mistakes, samples, what they sign, and test vectors'
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and not __fish_seen_subcommand_from list show new check schema" -f -a "schema" -d 'Print the JSON Schema of an event\'s payload, or of definitions if none is named'
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from list" -l category -d 'Only this group (can be repeated)' -r -f -a "own\t''
code\t''
infrastructure\t''
payments\t''
commerce\t''
messaging\t''
identity\t''
productivity\t''
marketing\t''
media\t''
standards\t''"
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from list" -l status -d 'Only those in service, planned, or without a signature' -r -f -a "live\t''
planned\t''
unsigned\t''"
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from list" -l search -d 'Only those with this text in id, name, another name, or a header' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from list" -l format -d 'How to print' -r -f -a "text\t'Lines for a person'
json\t'One compact JSON object a line'"
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from list" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from list" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from list" -l long -d 'Print signature and name, however long the list is'
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from show" -l scheme -d 'Show this scheme of the provider alone' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from show" -l format -d 'How to print' -r -f -a "text\t'Lines for a person'
json\t'One compact JSON object a line'"
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from show" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from show" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from new" -l name -d 'The provider\'s own name' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from new" -l docs -d 'Where it is documented' -r -f
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from new" -l header -d 'The signature\'s header' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from new" -l algorithm -d 'What makes the signature' -r -f -a "hmac-sha256\t''
hmac-sha1\t''
hmac-sha384\t''
hmac-sha512\t''
sha1\t''
sha256\t''
ed25519\t''
ecdsa-p256\t''
rsa-sha256\t''
token\t''"
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from new" -l value -d 'What the header\'s value looks like: `<hex>`, `sha256=<hex>`, `t=<timestamp>,v1=<hex>`, `v1,<base64>`' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from new" -l key -d 'What the secret\'s text stands for' -r -f -a "utf8\t''
base64\t''
hex\t''
whsec\t''
basic\t''
public-key\t''"
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from new" -l signed -d 'What is signed: `{body}`, `{timestamp}.{body}`, `{id}.{timestamp}.{body}`' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from new" -l timestamp-header -d 'The timestamp\'s header, where it does not stand beside the signature' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from new" -l unit -d 'The timestamp\'s unit' -r -f -a "seconds\t''
milliseconds\t''
rfc3339\t''
http-date\t''"
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from new" -l tolerance -d 'Seconds that a delivery may be old; 0 allows any age' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from new" -l event -d 'Where the event type stands: `header:NAME` or `json:/POINTER`' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from new" -l delivery-id -d 'Where the delivery id stands: `header:NAME` or `json:/POINTER`' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from new" -s o -l out -d 'Write to this file instead of your providers\' folder, `-` for stdout' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from new" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from new" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from new" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from new" -l no-input -d 'Ask nothing: what no flag says is left at its default'
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from new" -l force -d 'Write over a file that is there'
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from new" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from new" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from check" -l vectors -d 'Run these test vectors too: a JSON array of deliveries with their verdicts' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from check" -l format -d 'How to print' -r -f -a "text\t'Lines for a person'
json\t'One compact JSON object a line'"
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from check" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from check" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from check" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from check" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from schema" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from schema" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from schema" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from schema" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand providers; and __fish_seen_subcommand_from schema" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_using_subcommand template; and not __fish_seen_subcommand_from save list show functions" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand template; and not __fish_seen_subcommand_from save list show functions" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand template; and not __fish_seen_subcommand_from save list show functions" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand template; and not __fish_seen_subcommand_from save list show functions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand template; and not __fish_seen_subcommand_from save list show functions" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_using_subcommand template; and not __fish_seen_subcommand_from save list show functions" -f -a "save" -d 'Make a template of a recorded delivery: secrets and personal data masked'
complete -c hookcat -n "__fish_hookcat_using_subcommand template; and not __fish_seen_subcommand_from save list show functions" -f -a "list" -d 'List the project\'s templates'
complete -c hookcat -n "__fish_hookcat_using_subcommand template; and not __fish_seen_subcommand_from save list show functions" -f -a "show" -d 'Print a template'
complete -c hookcat -n "__fish_hookcat_using_subcommand template; and not __fish_seen_subcommand_from save list show functions" -f -a "functions" -d 'List what templates can fill in'
complete -c hookcat -n "__fish_hookcat_using_subcommand template; and __fish_seen_subcommand_from save" -s p -l provider -d 'The provider, instead of the recorded one' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand template; and __fish_seen_subcommand_from save" -l event -d 'The event type, instead of the recorded one' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand template; and __fish_seen_subcommand_from save" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand template; and __fish_seen_subcommand_from save" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand template; and __fish_seen_subcommand_from save" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand template; and __fish_seen_subcommand_from save" -l force -d 'Replace a template that is there'
complete -c hookcat -n "__fish_hookcat_using_subcommand template; and __fish_seen_subcommand_from save" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand template; and __fish_seen_subcommand_from save" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_using_subcommand template; and __fish_seen_subcommand_from list" -l format -d 'How to print' -r -f -a "text\t'Lines for a person'
json\t'One compact JSON object a line'"
complete -c hookcat -n "__fish_hookcat_using_subcommand template; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand template; and __fish_seen_subcommand_from list" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand template; and __fish_seen_subcommand_from list" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand template; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand template; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_using_subcommand template; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand template; and __fish_seen_subcommand_from show" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand template; and __fish_seen_subcommand_from show" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand template; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand template; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_using_subcommand template; and __fish_seen_subcommand_from functions" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand template; and __fish_seen_subcommand_from functions" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand template; and __fish_seen_subcommand_from functions" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand template; and __fish_seen_subcommand_from functions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand template; and __fish_seen_subcommand_from functions" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_using_subcommand keys; and not __fish_seen_subcommand_from new" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand keys; and not __fish_seen_subcommand_from new" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand keys; and not __fish_seen_subcommand_from new" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand keys; and not __fish_seen_subcommand_from new" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand keys; and not __fish_seen_subcommand_from new" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_using_subcommand keys; and not __fish_seen_subcommand_from new" -f -a "new" -d 'Make a secret in the provider\'s shape, or a key pair where it signs with one'
complete -c hookcat -n "__fish_hookcat_using_subcommand keys; and __fish_seen_subcommand_from new" -l scheme -d 'For this scheme of the provider' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand keys; and __fish_seen_subcommand_from new" -l format -d 'How to print' -r -f -a "text\t'Lines for a person'
json\t'One compact JSON object a line'"
complete -c hookcat -n "__fish_hookcat_using_subcommand keys; and __fish_seen_subcommand_from new" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand keys; and __fish_seen_subcommand_from new" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand keys; and __fish_seen_subcommand_from new" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand keys; and __fish_seen_subcommand_from new" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand keys; and __fish_seen_subcommand_from new" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_using_subcommand completions" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand completions" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand completions" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand completions" -s V -l version -d 'Print version'
complete -c hookcat -n "__fish_hookcat_using_subcommand man" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c hookcat -n "__fish_hookcat_using_subcommand man" -l log -d 'Keep the log in this file' -r -F
complete -c hookcat -n "__fish_hookcat_using_subcommand man" -l profile -d 'Take provider, secret and endpoint from this profile of hookcat.toml' -r
complete -c hookcat -n "__fish_hookcat_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookcat -n "__fish_hookcat_using_subcommand man" -s V -l version -d 'Print version'
