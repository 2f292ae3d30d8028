//! HTTP by hand, so that a test sees every byte: a client and an endpoint with scripted answers.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use crate::harness::PATIENCE;

/// An HTTP message as it came: its first line, its headers in order, its body.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard {
    pub(crate) first: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Heard {
    /// The status of an answer.
    pub(crate) fn status(&self) -> u16 {
        let mut words = self.first.split(' ');
        words.nth(1).and_then(|word| word.parse().ok()).unwrap_or(0)
    }

    /// A header's value, by any case of its name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let own = |own: &&(String, String)| own.0.eq_ignore_ascii_case(name);
        self.headers.iter().find(own).map(|own| own.1.as_str())
    }

    /// Reads one message, and whatever comes with it.
    pub(crate) fn read(from: impl Read) -> std::io::Result<Self> {
        Self::next(&mut BufReader::new(from))
    }

    /// Reads the next message.
    pub(crate) fn next(from: &mut impl BufRead) -> std::io::Result<Self> {
        let mut line = || -> std::io::Result<String> {
            let mut bytes = Vec::new();
            from.read_until(b'\n', &mut bytes)?;
            Ok(String::from_utf8_lossy(&bytes)
                .trim_end_matches(['\r', '\n'])
                .to_owned())
        };
        let mut heard = Self {
            first: line()?,
            ..Self::default()
        };
        if heard.first.is_empty() {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        loop {
            let header = line()?;
            let Some((name, value)) = header.split_once(": ") else {
                break;
            };
            heard.headers.push((name.to_owned(), value.to_owned()));
        }
        let length = heard.header("content-length").unwrap_or("0");
        heard.body = vec![0; length.parse().unwrap_or(0)];
        from.read_exact(&mut heard.body)?;
        Ok(heard)
    }
}

/// Posts to `host:port`, the headers exactly as given after `Host` and `Content-Length`.
pub(crate) fn post(address: &str, headers: &[(&str, &str)], body: &[u8]) -> std::io::Result<Heard> {
    let mut request = format!(
        "POST /hooks HTTP/1.1\r\nHost: {address}\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    let mut bytes = request.into_bytes();
    bytes.extend_from_slice(body);
    exchange(address, &bytes)
}

/// Sends these bytes and reads one answer.
pub(crate) fn exchange(address: &str, request: &[u8]) -> std::io::Result<Heard> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request)?;
    Heard::read(stream)
}

/// What an endpoint does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// A status with a body.
    Status(u16, &'static str),
    /// The same with one more header.
    With(u16, (&'static str, &'static str), &'static str),
    /// A status with no body, once the test lets it go.
    Held(u16),
    /// Nothing at all, for as long as the sender waits.
    Silence,
}

/// An endpoint that answers one request after another as scripted, and then is gone.
pub(crate) struct Endpoint {
    pub(crate) url: String,
    requests: Receiver<Heard>,
    go: Sender<()>,
}

impl Endpoint {
    pub(crate) fn answering(script: &[u16]) -> Self {
        Self::playing(
            script
                .iter()
                .map(|status| Answer::Status(*status, "said"))
                .collect(),
        )
    }

    pub(crate) fn playing(script: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (tell, requests) = mpsc::channel();
        let (go, gone) = mpsc::channel();
        thread::spawn(move || {
            for answer in script {
                let Ok((mut stream, _)) = listener.accept() else {
                    return;
                };
                let Ok(heard) = Heard::read(&stream) else {
                    return;
                };
                let _ = tell.send(heard);
                let own = ("X-Said-By", "endpoint");
                let mut say = |status: u16, (name, value): (&str, &str), body: &str| {
                    let answer = format!(
                        "HTTP/1.1 {status} Scripted\r\n{name}: {value}\r\nConnection: close\r\n\
                         Content-Length: {}\r\n\r\n{body}",
                        body.len()
                    );
                    let _ = stream.write_all(answer.as_bytes());
                };
                match answer {
                    Answer::Status(status, body) => say(status, own, body),
                    Answer::With(status, header, body) => say(status, header, body),
                    Answer::Held(status) => {
                        // A test that is over holds nothing back.
                        let _ = gone.recv_timeout(PATIENCE);
                        say(status, own, "");
                    }
                    // The sender ends the connection, and with it this.
                    Answer::Silence => {
                        let _ = stream.read(&mut [0]);
                    }
                }
            }
        });
        Self { url, requests, go }
    }

    /// Lets an answer go that is held.
    pub(crate) fn release(&self) {
        self.go.send(()).expect("an endpoint");
    }

    /// The next request that came.
    #[track_caller]
    pub(crate) fn next(&self) -> Heard {
        self.requests.recv_timeout(PATIENCE).expect("a request")
    }

    /// How many requests came that nobody asked for yet.
    pub(crate) fn left(&self) -> usize {
        self.requests.try_iter().count()
    }
}
