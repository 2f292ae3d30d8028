//! The options of curl 8: which take a value, and what their short forms are.

/// An option as it matters for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// A value: the next word, or the rest of a short option's.
    Value,
    /// None.
    Nothing,
}

/// The long names of the options that take a value, in order.
const WITH_VALUE: &str = "abstract-unix-socket alt-svc aws-sigv4 cacert capath cert cert-type ciphers \
    config connect-timeout connect-to continue-at cookie cookie-jar create-file-mode crlfile curves data \
    data-ascii data-binary data-raw data-urlencode delegation dns-interface dns-ipv4-addr dns-ipv6-addr \
    dns-servers doh-url dump-header ech egd-file engine etag-compare etag-save expect100-timeout form \
    form-string ftp-account ftp-alternative-to-user ftp-method ftp-port ftp-ssl-ccc-mode \
    happy-eyeballs-timeout-ms haproxy-clientip header help hostpubmd5 hostpubsha256 hsts interface ip-tos \
    ipfs-gateway json keepalive-cnt keepalive-time key key-type knownhosts krb libcurl limit-rate \
    local-port login-options mail-auth mail-from mail-rcpt max-filesize max-redirs max-time netrc-file \
    noproxy oauth2-bearer output output-dir parallel-max parallel-max-host pass pinnedpubkey preproxy \
    proto proto-default proto-redir proxy proxy-cacert proxy-capath proxy-cert proxy-cert-type \
    proxy-ciphers proxy-crlfile proxy-header proxy-key proxy-key-type proxy-pass proxy-pinnedpubkey \
    proxy-service-name proxy-tls13-ciphers proxy-tlsauthtype proxy-tlspassword proxy-tlsuser proxy-user \
    proxy1.0 pubkey quote random-file range rate referer request request-target resolve retry retry-delay \
    retry-max-time sasl-authzid service-name sigalgs socks4 socks4a socks5 socks5-gssapi-service \
    socks5-hostname speed-limit speed-time stderr telnet-option tftp-blksize time-cond tls-max \
    tls13-ciphers tlsauthtype tlspassword tlsuser trace trace-ascii trace-config unix-socket upload-file \
    upload-flags url url-query user user-agent variable vlan-priority write-out";

/// The long names of the others; each has a twin that begins with `no-`.
const WITHOUT: &str = "alpn anyauth append basic ca-native cert-status clobber compressed compressed-ssh \
    create-dirs crlf digest disable disable-eprt disable-epsv disallow-username-in-url doh-cert-status \
    doh-insecure eprt epsv fail fail-early fail-with-body false-start form-escape follow ftp-create-dirs \
    ftp-pasv ftp-pret ftp-skip-pasv-ip ftp-ssl-ccc ftp-ssl-control get globoff haproxy-protocol head \
    http0.9 http1.0 http1.1 http2 http2-prior-knowledge http3 http3-only ignore-content-length include \
    insecure ipv4 ipv6 junk-session-cookies keepalive list-only location location-trusted \
    mail-rcpt-allowfails manual metalink mptcp negotiate netrc netrc-optional next no-alpn no-buffer \
    no-clobber no-keepalive no-npn no-progress-meter no-sessionid npn ntlm ntlm-wb out-null parallel \
    parallel-immediate path-as-is post301 post302 post303 progress-bar progress-meter proxy-anyauth \
    proxy-basic proxy-ca-native proxy-digest proxy-http2 proxy-insecure proxy-negotiate proxy-ntlm \
    proxy-ssl-allow-beast proxy-ssl-auto-client-cert proxy-tlsv1 proxytunnel raw remote-header-name \
    remote-name remote-name-all remote-time remove-on-error retry-all-errors retry-connrefused sasl-ir \
    sessionid show-error show-headers silent skip-existing socks5-basic socks5-gssapi socks5-gssapi-nec \
    ssl ssl-allow-beast ssl-auto-client-cert ssl-no-revoke ssl-reqd ssl-revoke-best-effort sslv2 sslv3 \
    styled-output suppress-connect-headers tcp-fastopen tcp-nodelay tftp-no-options tls-earlydata tlsv1 \
    tlsv1.0 tlsv1.1 tlsv1.2 tlsv1.3 tr-encoding trace-ids trace-time use-ascii verbose version xattr";

/// The short options that matter for a request or take a value, each with its long name.
const SHORT_OF: [(u8, &str); 30] = [
    (b'A', "user-agent"),
    (b'b', "cookie"),
    (b'c', "cookie-jar"),
    (b'C', "continue-at"),
    (b'd', "data"),
    (b'D', "dump-header"),
    (b'e', "referer"),
    (b'E', "cert"),
    (b'F', "form"),
    (b'h', "help"),
    (b'H', "header"),
    (b'K', "config"),
    (b'm', "max-time"),
    (b'o', "output"),
    (b'P', "ftp-port"),
    (b'Q', "quote"),
    (b'r', "range"),
    (b't', "telnet-option"),
    (b'T', "upload-file"),
    (b'u', "user"),
    (b'U', "proxy-user"),
    (b'w', "write-out"),
    (b'x', "proxy"),
    (b'X', "request"),
    (b'y', "speed-time"),
    (b'Y', "speed-limit"),
    (b'z', "time-cond"),
    (b'G', "get"),
    (b'I', "head"),
    (b':', "next"),
];

/// The others, which change no request and take no value.
const SHORT: &[u8] = b"#012346afgijJklLMnNOpqRsSvVBZ";

/// The option of a long name, which may be cut where it stays the only one: its whole name.
#[must_use]
pub fn long(name: &str) -> Option<(&'static str, Takes)> {
    let all = || {
        let with = WITH_VALUE.split_ascii_whitespace();
        let without = WITHOUT.split_ascii_whitespace();
        with.map(|own| (own, Takes::Value))
            .chain(without.map(|own| (own, Takes::Nothing)))
    };
    if let Some(own) = all().find(|(own, _)| *own == name) {
        return Some(own);
    }
    let turned_off = name
        .strip_prefix("no-")
        .and_then(|name| all().find(|own| *own == (name, Takes::Nothing)));
    if turned_off.is_some() {
        // Whatever it turned off is off in a request as it is read here.
        return Some(("no-", Takes::Nothing));
    }
    let mut near = all().filter(|(own, _)| own.starts_with(name));
    let first = near.next().filter(|_| !name.is_empty())?;
    near.next().is_none().then_some(first)
}

/// The option of a letter.
#[must_use]
pub fn short(letter: u8) -> Option<(&'static str, Takes)> {
    if let Some((_, name)) = SHORT_OF.iter().find(|(own, _)| *own == letter) {
        return long(name);
    }
    SHORT.contains(&letter).then_some(("", Takes::Nothing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_known_by_their_names() {
        assert_eq!(long("data-raw"), Some(("data-raw", Takes::Value)));
        assert_eq!(long("reques"), None, "`request` or `request-target`");
        assert_eq!(long("compress"), None, "`compressed` or `compressed-ssh`");
        assert_eq!(long("insec"), Some(("insecure", Takes::Nothing)));
        assert_eq!(long("no-compressed"), Some(("no-", Takes::Nothing)));
        assert_eq!(long("no-data"), None);
        assert_eq!(long(""), None);
        assert_eq!(short(b'd'), Some(("data", Takes::Value)));
        assert_eq!(short(b'G'), Some(("get", Takes::Nothing)));
        assert_eq!(short(b's'), Some(("", Takes::Nothing)));
        assert_eq!(short(b' '), None);
        assert!(SHORT_OF.iter().all(|(_, name)| long(name).is_some()));
    }
}
