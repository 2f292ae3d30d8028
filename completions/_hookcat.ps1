
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'hookcat' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'hookcat'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'hookcat' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the log in this file')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Take provider, secret and endpoint from this profile of hookcat.toml')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('listen', 'listen', [CompletionResultType]::ParameterValue, 'Receive webhooks: verify, record, show and forward them')
            [CompletionResult]::new('send', 'send', [CompletionResultType]::ParameterValue, 'Send a provider''s event, signed')
            [CompletionResult]::new('replay', 'replay', [CompletionResultType]::ParameterValue, 'Send recorded deliveries again, byte for byte or signed anew')
            [CompletionResult]::new('sign', 'sign', [CompletionResultType]::ParameterValue, 'Print the headers that sign a body')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Verify a delivery''s signature and say why it fails')
            [CompletionResult]::new('log', 'log', [CompletionResultType]::ParameterValue, 'Look at the recorded deliveries')
            [CompletionResult]::new('providers', 'providers', [CompletionResultType]::ParameterValue, 'Look at the providers hookcat knows')
            [CompletionResult]::new('keys', 'keys', [CompletionResultType]::ParameterValue, 'Make fresh secrets and key pairs')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a completion script for a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print the man page, or write all pages to a folder')
            break
        }
        'hookcat;listen' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the log in this file')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Take provider, secret and endpoint from this profile of hookcat.toml')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Serve this provider; detected from each request if none is given (can be repeated)')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Serve this provider; detected from each request if none is given (can be repeated)')
            [CompletionResult]::new('--secret', '--secret', [CompletionResultType]::ParameterName, 'Use this secret: `env:NAME`, `file:PATH`, `cmd:COMMAND`, `-`, `prompt`, or the secret itself (can be repeated)')
            [CompletionResult]::new('--scheme', '--scheme', [CompletionResultType]::ParameterName, 'Use this scheme of the provider')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Verify with this certificate, where the provider signs with one: a PEM or DER file (can be repeated)')
            [CompletionResult]::new('--key-id', '--key-id', [CompletionResultType]::ParameterName, 'The id of the key, where messages name one')
            [CompletionResult]::new('--signature-header', '--signature-header', [CompletionResultType]::ParameterName, 'With provider `generic`: the signature''s header')
            [CompletionResult]::new('--prefix', '--prefix', [CompletionResultType]::ParameterName, 'With provider `generic`: the text before the signature')
            [CompletionResult]::new('--encoding', '--encoding', [CompletionResultType]::ParameterName, 'With provider `generic`: how the signature is written')
            [CompletionResult]::new('--algorithm', '--algorithm', [CompletionResultType]::ParameterName, 'With provider `generic`: the hash of the HMAC (sha1, sha256, sha512)')
            [CompletionResult]::new('--bind', '--bind', [CompletionResultType]::ParameterName, 'Bind to this address [default: 127.0.0.1]')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Listen on this port, 0 for any free one [default: 4400]')
            [CompletionResult]::new('--unix', '--unix', [CompletionResultType]::ParameterName, 'Listen on a Unix socket at this path instead of a port')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'Speak TLS with this certificate, and the chain after it: a PEM file')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'The private key of --tls-cert: a PEM file')
            [CompletionResult]::new('--forward-to', '--forward-to', [CompletionResultType]::ParameterName, 'Forward deliveries that are not invalid to this endpoint and pass its answer back')
            [CompletionResult]::new('--forward-timeout', '--forward-timeout', [CompletionResultType]::ParameterName, 'Give up on a forwarded delivery''s answer after this span')
            [CompletionResult]::new('--ca', '--ca', [CompletionResultType]::ParameterName, 'Trust the certificates in this PEM file too, where an endpoint has one of them or one of theirs (can be repeated)')
            [CompletionResult]::new('--public-url', '--public-url', [CompletionResultType]::ParameterName, 'The URL senders post to, where schemes sign it and it is not this address')
            [CompletionResult]::new('--verify-token', '--verify-token', [CompletionResultType]::ParameterName, 'The verify token you chose, where handshakes hold one (Meta, eBay): a reference as --secret takes it')
            [CompletionResult]::new('--tolerance', '--tolerance', [CompletionResultType]::ParameterName, 'Allow timestamps this many seconds off, in both directions; 0 allows any')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print')
            [CompletionResult]::new('--max-body', '--max-body', [CompletionResultType]::ParameterName, 'Refuse bodies larger than this many bytes')
            [CompletionResult]::new('--max-headers', '--max-headers', [CompletionResultType]::ParameterName, 'Refuse requests with more header fields than this')
            [CompletionResult]::new('--max-connections', '--max-connections', [CompletionResultType]::ParameterName, 'Keep at most this many connections open; for a further one, the one goes that has kept us waiting longest')
            [CompletionResult]::new('--head-timeout', '--head-timeout', [CompletionResultType]::ParameterName, 'Wait this long for a request''s head, and for the next request on an open connection')
            [CompletionResult]::new('--body-timeout', '--body-timeout', [CompletionResultType]::ParameterName, 'Wait this long for a request''s body')
            [CompletionResult]::new('--now', '--now', [CompletionResultType]::ParameterName, 'Use this time instead of the clock: seconds since 1970 or RFC 3339')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Draw ids and sample values from this seed')
            [CompletionResult]::new('--tls', '--tls', [CompletionResultType]::ParameterName, 'Speak TLS, with a certificate made for this machine')
            [CompletionResult]::new('--forward-invalid', '--forward-invalid', [CompletionResultType]::ParameterName, 'Forward invalid deliveries too')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Take any TLS certificate of an endpoint')
            [CompletionResult]::new('--sign-challenges', '--sign-challenges', [CompletionResultType]::ParameterName, 'Answer challenges that sign the sender''s text even where others can reach this address')
            [CompletionResult]::new('--validate', '--validate', [CompletionResultType]::ParameterName, 'Hold payloads against their event''s schema and say what is missing, retyped or new')
            [CompletionResult]::new('--no-log', '--no-log', [CompletionResultType]::ParameterName, 'Keep no log')
            [CompletionResult]::new('--compact', '--compact', [CompletionResultType]::ParameterName, 'Show two lines a delivery and no body')
            [CompletionResult]::new('--full', '--full', [CompletionResultType]::ParameterName, 'Show all headers and the whole body')
            [CompletionResult]::new('--demo', '--demo', [CompletionResultType]::ParameterName, 'First send samples of well-known providers to itself, good and bad ones')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'hookcat;send' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the log in this file')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Take provider, secret and endpoint from this profile of hookcat.toml')
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'The endpoint: a URL, host:port or a port [default: the address of `hookcat listen`]')
            [CompletionResult]::new('--max-retries', '--max-retries', [CompletionResultType]::ParameterName, 'Try again at most so many times')
            [CompletionResult]::new('--retry-interval', '--retry-interval', [CompletionResultType]::ParameterName, 'The interval of the provider''s schedule, such as 30s')
            [CompletionResult]::new('--speed', '--speed', [CompletionResultType]::ParameterName, 'Wait so many times shorter than the provider, such as 60x')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up on an answer after this span [default: the provider''s, else 30s]')
            [CompletionResult]::new('--ca', '--ca', [CompletionResultType]::ParameterName, 'Trust the certificates in this PEM file too, where an endpoint has one of them or one of theirs (can be repeated)')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print')
            [CompletionResult]::new('--data', '--data', [CompletionResultType]::ParameterName, 'Send this body instead of the sample: a file, or `-` for stdin')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Set a field of the body, `path.to.field=value` (can be repeated)')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Add or replace a header, `Name: value` (can be repeated)')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Add or replace a header, `Name: value` (can be repeated)')
            [CompletionResult]::new('--id', '--id', [CompletionResultType]::ParameterName, 'The delivery id, instead of a fresh one')
            [CompletionResult]::new('--target', '--target', [CompletionResultType]::ParameterName, 'Send as one of the provider''s other targets, such as a chat message')
            [CompletionResult]::new('--print', '--print', [CompletionResultType]::ParameterName, 'Print the request instead of sending it')
            [CompletionResult]::new('--verify-token', '--verify-token', [CompletionResultType]::ParameterName, 'The verify token you chose, where handshakes hold one (Meta, eBay): a reference as --secret takes it')
            [CompletionResult]::new('--secret', '--secret', [CompletionResultType]::ParameterName, 'Use this secret: `env:NAME`, `file:PATH`, `cmd:COMMAND`, `-`, `prompt`, or the secret itself (can be repeated)')
            [CompletionResult]::new('--scheme', '--scheme', [CompletionResultType]::ParameterName, 'Use this scheme of the provider')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Verify with this certificate, where the provider signs with one: a PEM or DER file (can be repeated)')
            [CompletionResult]::new('--key-id', '--key-id', [CompletionResultType]::ParameterName, 'The id of the key, where messages name one')
            [CompletionResult]::new('--signature-header', '--signature-header', [CompletionResultType]::ParameterName, 'With provider `generic`: the signature''s header')
            [CompletionResult]::new('--prefix', '--prefix', [CompletionResultType]::ParameterName, 'With provider `generic`: the text before the signature')
            [CompletionResult]::new('--encoding', '--encoding', [CompletionResultType]::ParameterName, 'With provider `generic`: how the signature is written')
            [CompletionResult]::new('--algorithm', '--algorithm', [CompletionResultType]::ParameterName, 'With provider `generic`: the hash of the HMAC (sha1, sha256, sha512)')
            [CompletionResult]::new('--now', '--now', [CompletionResultType]::ParameterName, 'Use this time instead of the clock: seconds since 1970 or RFC 3339')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Draw ids and sample values from this seed')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Try again on the provider''s schedule until delivered')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Take any TLS certificate of an endpoint')
            [CompletionResult]::new('--no-log', '--no-log', [CompletionResultType]::ParameterName, 'Keep no log of this')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'hookcat;replay' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the log in this file')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Take provider, secret and endpoint from this profile of hookcat.toml')
            [CompletionResult]::new('--last', '--last', [CompletionResultType]::ParameterName, 'Replay the last N received deliveries')
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'The endpoint: a URL, host:port or a port [default: the address of `hookcat listen`]')
            [CompletionResult]::new('--max-retries', '--max-retries', [CompletionResultType]::ParameterName, 'Try again at most so many times')
            [CompletionResult]::new('--retry-interval', '--retry-interval', [CompletionResultType]::ParameterName, 'The interval of the provider''s schedule, such as 30s')
            [CompletionResult]::new('--speed', '--speed', [CompletionResultType]::ParameterName, 'Wait so many times shorter than the provider, such as 60x')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up on an answer after this span [default: the provider''s, else 30s]')
            [CompletionResult]::new('--ca', '--ca', [CompletionResultType]::ParameterName, 'Trust the certificates in this PEM file too, where an endpoint has one of them or one of theirs (can be repeated)')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Add or replace a header, `Name: value` (can be repeated)')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Add or replace a header, `Name: value` (can be repeated)')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'The provider, instead of the recorded one')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'The provider, instead of the recorded one')
            [CompletionResult]::new('--id', '--id', [CompletionResultType]::ParameterName, 'With --resign: the delivery id, instead of a fresh one')
            [CompletionResult]::new('--print', '--print', [CompletionResultType]::ParameterName, 'Print the request instead of sending it')
            [CompletionResult]::new('--secret', '--secret', [CompletionResultType]::ParameterName, 'Use this secret: `env:NAME`, `file:PATH`, `cmd:COMMAND`, `-`, `prompt`, or the secret itself (can be repeated)')
            [CompletionResult]::new('--scheme', '--scheme', [CompletionResultType]::ParameterName, 'Use this scheme of the provider')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Verify with this certificate, where the provider signs with one: a PEM or DER file (can be repeated)')
            [CompletionResult]::new('--key-id', '--key-id', [CompletionResultType]::ParameterName, 'The id of the key, where messages name one')
            [CompletionResult]::new('--signature-header', '--signature-header', [CompletionResultType]::ParameterName, 'With provider `generic`: the signature''s header')
            [CompletionResult]::new('--prefix', '--prefix', [CompletionResultType]::ParameterName, 'With provider `generic`: the text before the signature')
            [CompletionResult]::new('--encoding', '--encoding', [CompletionResultType]::ParameterName, 'With provider `generic`: how the signature is written')
            [CompletionResult]::new('--algorithm', '--algorithm', [CompletionResultType]::ParameterName, 'With provider `generic`: the hash of the HMAC (sha1, sha256, sha512)')
            [CompletionResult]::new('--now', '--now', [CompletionResultType]::ParameterName, 'Use this time instead of the clock: seconds since 1970 or RFC 3339')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Draw ids and sample values from this seed')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Try again on the provider''s schedule until delivered')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Take any TLS certificate of an endpoint')
            [CompletionResult]::new('--no-log', '--no-log', [CompletionResultType]::ParameterName, 'Keep no log of this')
            [CompletionResult]::new('--resign', '--resign', [CompletionResultType]::ParameterName, 'Sign anew: a fresh timestamp and id, with the local secret')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'hookcat;sign' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the log in this file')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Take provider, secret and endpoint from this profile of hookcat.toml')
            [CompletionResult]::new('--secret', '--secret', [CompletionResultType]::ParameterName, 'Use this secret: `env:NAME`, `file:PATH`, `cmd:COMMAND`, `-`, `prompt`, or the secret itself (can be repeated)')
            [CompletionResult]::new('--scheme', '--scheme', [CompletionResultType]::ParameterName, 'Use this scheme of the provider')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Verify with this certificate, where the provider signs with one: a PEM or DER file (can be repeated)')
            [CompletionResult]::new('--key-id', '--key-id', [CompletionResultType]::ParameterName, 'The id of the key, where messages name one')
            [CompletionResult]::new('--signature-header', '--signature-header', [CompletionResultType]::ParameterName, 'With provider `generic`: the signature''s header')
            [CompletionResult]::new('--prefix', '--prefix', [CompletionResultType]::ParameterName, 'With provider `generic`: the text before the signature')
            [CompletionResult]::new('--encoding', '--encoding', [CompletionResultType]::ParameterName, 'With provider `generic`: how the signature is written')
            [CompletionResult]::new('--algorithm', '--algorithm', [CompletionResultType]::ParameterName, 'With provider `generic`: the hash of the HMAC (sha1, sha256, sha512)')
            [CompletionResult]::new('--event', '--event', [CompletionResultType]::ParameterName, 'The event, where the provider''s signature goes with an event header')
            [CompletionResult]::new('--id', '--id', [CompletionResultType]::ParameterName, 'The delivery id to sign, where the scheme signs one')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The URL the message goes to: signed where the scheme signs it, and part of a whole request')
            [CompletionResult]::new('--method', '--method', [CompletionResultType]::ParameterName, 'The request method, where the scheme signs it or a whole request is printed')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print [default: headers; with --lines, json]')
            [CompletionResult]::new('--now', '--now', [CompletionResultType]::ParameterName, 'Use this time instead of the clock: seconds since 1970 or RFC 3339')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Draw ids and sample values from this seed')
            [CompletionResult]::new('--lines', '--lines', [CompletionResultType]::ParameterName, 'Sign each line as a body of its own: JSON in, a line of JSON out')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'hookcat;verify' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the log in this file')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Take provider, secret and endpoint from this profile of hookcat.toml')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'The provider; detected from the headers if not given (can be repeated)')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'The provider; detected from the headers if not given (can be repeated)')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'A header of the delivery, `Name: value` (can be repeated)')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'A header of the delivery, `Name: value` (can be repeated)')
            [CompletionResult]::new('--input', '--input', [CompletionResultType]::ParameterName, 'What the file holds')
            [CompletionResult]::new('--headers', '--headers', [CompletionResultType]::ParameterName, 'Read the delivery''s headers from this file; FILE is its body then')
            [CompletionResult]::new('--last', '--last', [CompletionResultType]::ParameterName, 'Take the last N received deliveries of the log')
            [CompletionResult]::new('--secret', '--secret', [CompletionResultType]::ParameterName, 'Use this secret: `env:NAME`, `file:PATH`, `cmd:COMMAND`, `-`, `prompt`, or the secret itself (can be repeated)')
            [CompletionResult]::new('--scheme', '--scheme', [CompletionResultType]::ParameterName, 'Use this scheme of the provider')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Verify with this certificate, where the provider signs with one: a PEM or DER file (can be repeated)')
            [CompletionResult]::new('--key-id', '--key-id', [CompletionResultType]::ParameterName, 'The id of the key, where messages name one')
            [CompletionResult]::new('--signature-header', '--signature-header', [CompletionResultType]::ParameterName, 'With provider `generic`: the signature''s header')
            [CompletionResult]::new('--prefix', '--prefix', [CompletionResultType]::ParameterName, 'With provider `generic`: the text before the signature')
            [CompletionResult]::new('--encoding', '--encoding', [CompletionResultType]::ParameterName, 'With provider `generic`: how the signature is written')
            [CompletionResult]::new('--algorithm', '--algorithm', [CompletionResultType]::ParameterName, 'With provider `generic`: the hash of the HMAC (sha1, sha256, sha512)')
            [CompletionResult]::new('--tolerance', '--tolerance', [CompletionResultType]::ParameterName, 'Allow timestamps this many seconds off, in both directions; 0 allows any')
            [CompletionResult]::new('--max-age', '--max-age', [CompletionResultType]::ParameterName, 'Refuse what is older than this, such as 300 or 5m, or whose age no signature vouches for')
            [CompletionResult]::new('--at', '--at', [CompletionResultType]::ParameterName, 'Judge ages as of this time: seconds since 1970, RFC 3339, or a span from now such as -10m')
            [CompletionResult]::new('--expect', '--expect', [CompletionResultType]::ParameterName, 'Expect this verdict, such as `valid`, `invalid` or `invalid:mismatch`: 0 if met, else exit 9')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The URL the sender posted to, where the scheme signs it')
            [CompletionResult]::new('--method', '--method', [CompletionResultType]::ParameterName, 'The request method, where the scheme signs it')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print')
            [CompletionResult]::new('--junit', '--junit', [CompletionResultType]::ParameterName, 'Write a test report too: XML in the shape of `JUnit`')
            [CompletionResult]::new('--now', '--now', [CompletionResultType]::ParameterName, 'Use this time instead of the clock: seconds since 1970 or RFC 3339')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Draw ids and sample values from this seed')
            [CompletionResult]::new('--fetch-cert', '--fetch-cert', [CompletionResultType]::ParameterName, 'Fetch the certificate a message names, from the provider''s own host over https')
            [CompletionResult]::new('--validate', '--validate', [CompletionResultType]::ParameterName, 'Hold the payload against its event''s schema; exit 9 if something is missing or retyped')
            [CompletionResult]::new('--explain', '--explain', [CompletionResultType]::ParameterName, 'Lay open what was signed, what was received and what each secret makes of it')
            [CompletionResult]::new('--show-expected', '--show-expected', [CompletionResultType]::ParameterName, 'With --explain: print the expected signature too; whoever sees it can forge this delivery')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'hookcat;log' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the log in this file')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Take provider, secret and endpoint from this profile of hookcat.toml')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List deliveries, the newest last')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show one delivery: request, verdict, answer, attempts')
            break
        }
        'hookcat;log;list' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'List at most this many, counted from the newest')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'List at most this many, counted from the newest')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Of this provider alone')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Of this provider alone')
            [CompletionResult]::new('--event', '--event', [CompletionResultType]::ParameterName, 'Of this event type alone')
            [CompletionResult]::new('--direction', '--direction', [CompletionResultType]::ParameterName, 'In this direction alone')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the log in this file')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Take provider, secret and endpoint from this profile of hookcat.toml')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'hookcat;log;show' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the log in this file')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Take provider, secret and endpoint from this profile of hookcat.toml')
            [CompletionResult]::new('--raw', '--raw', [CompletionResultType]::ParameterName, 'Print the request as it stood on the wire')
            [CompletionResult]::new('--body', '--body', [CompletionResultType]::ParameterName, 'Print the body''s bytes alone')
            [CompletionResult]::new('--curl', '--curl', [CompletionResultType]::ParameterName, 'Print a curl command that sends it again')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'hookcat;providers' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the log in this file')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Take provider, secret and endpoint from this profile of hookcat.toml')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the providers in groups')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show everything known of one provider')
            [CompletionResult]::new('new', 'new', [CompletionResultType]::ParameterValue, 'Make a definition of your own')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Check definitions: mistakes, samples, what they sign, and test vectors')
            [CompletionResult]::new('schema', 'schema', [CompletionResultType]::ParameterValue, 'Print the JSON Schema of an event''s payload, or of definitions if none is named')
            break
        }
        'hookcat;providers;list' {
            [CompletionResult]::new('--category', '--category', [CompletionResultType]::ParameterName, 'Only this group (can be repeated)')
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Only those in service, planned, or without a signature')
            [CompletionResult]::new('--search', '--search', [CompletionResultType]::ParameterName, 'Only those with this text in id, name, another name, or a header')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the log in this file')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Take provider, secret and endpoint from this profile of hookcat.toml')
            [CompletionResult]::new('--long', '--long', [CompletionResultType]::ParameterName, 'Print signature and name, however long the list is')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'hookcat;providers;show' {
            [CompletionResult]::new('--scheme', '--scheme', [CompletionResultType]::ParameterName, 'Show this scheme of the provider alone')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the log in this file')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Take provider, secret and endpoint from this profile of hookcat.toml')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'hookcat;providers;new' {
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The provider''s own name')
            [CompletionResult]::new('--docs', '--docs', [CompletionResultType]::ParameterName, 'Where it is documented')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'The signature''s header')
            [CompletionResult]::new('--algorithm', '--algorithm', [CompletionResultType]::ParameterName, 'What makes the signature')
            [CompletionResult]::new('--value', '--value', [CompletionResultType]::ParameterName, 'What the header''s value looks like: `<hex>`, `sha256=<hex>`, `t=<timestamp>,v1=<hex>`, `v1,<base64>`')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'What the secret''s text stands for')
            [CompletionResult]::new('--signed', '--signed', [CompletionResultType]::ParameterName, 'What is signed: `{body}`, `{timestamp}.{body}`, `{id}.{timestamp}.{body}`')
            [CompletionResult]::new('--timestamp-header', '--timestamp-header', [CompletionResultType]::ParameterName, 'The timestamp''s header, where it does not stand beside the signature')
            [CompletionResult]::new('--unit', '--unit', [CompletionResultType]::ParameterName, 'The timestamp''s unit')
            [CompletionResult]::new('--tolerance', '--tolerance', [CompletionResultType]::ParameterName, 'Seconds that a delivery may be old; 0 allows any age')
            [CompletionResult]::new('--event', '--event', [CompletionResultType]::ParameterName, 'Where the event type stands: `header:NAME` or `json:/POINTER`')
            [CompletionResult]::new('--delivery-id', '--delivery-id', [CompletionResultType]::ParameterName, 'Where the delivery id stands: `header:NAME` or `json:/POINTER`')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write to this file instead of your providers'' folder, `-` for stdout')
            [CompletionResult]::new('--out', '--out', [CompletionResultType]::ParameterName, 'Write to this file instead of your providers'' folder, `-` for stdout')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the log in this file')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Take provider, secret and endpoint from this profile of hookcat.toml')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Ask nothing: what no flag says is left at its default')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Write over a file that is there')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'hookcat;providers;check' {
            [CompletionResult]::new('--vectors', '--vectors', [CompletionResultType]::ParameterName, 'Run these test vectors too: a JSON array of deliveries with their verdicts')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the log in this file')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Take provider, secret and endpoint from this profile of hookcat.toml')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'hookcat;providers;schema' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the log in this file')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Take provider, secret and endpoint from this profile of hookcat.toml')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'hookcat;keys' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the log in this file')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Take provider, secret and endpoint from this profile of hookcat.toml')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('new', 'new', [CompletionResultType]::ParameterValue, 'Make a secret in the provider''s shape, or a key pair where it signs with one')
            break
        }
        'hookcat;keys;new' {
            [CompletionResult]::new('--scheme', '--scheme', [CompletionResultType]::ParameterName, 'For this scheme of the provider')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the log in this file')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Take provider, secret and endpoint from this profile of hookcat.toml')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'hookcat;completions' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the log in this file')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Take provider, secret and endpoint from this profile of hookcat.toml')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'hookcat;man' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the log in this file')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Take provider, secret and endpoint from this profile of hookcat.toml')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
