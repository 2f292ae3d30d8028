//! A mail server of few words: it takes mails, or refuses them at a step, and tells what it was told.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use crate::harness::PATIENCE;

/// A mail as it came.
#[derive(Debug)]
pub(crate) struct Letter {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    /// Head and body, with the dots that SMTP doubles as they were.
    pub(crate) text: String,
}

/// A server for mail on a port of its own.
pub(crate) struct Sink {
    pub(crate) address: String,
    letters: Receiver<Letter>,
}

impl Sink {
    /// One that takes every mail.
    pub(crate) fn new() -> Self {
        Self::answering("", "")
    }

    /// One that gives this answer to commands which begin so.
    pub(crate) fn answering(command: &'static str, answer: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let (tell, letters) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let tell = tell.clone();
                // A connection that breaks off is the client's.
                thread::spawn(move || serve(&stream, (command, answer), &tell).ok());
            }
        });
        Self { address, letters }
    }

    /// The next mail.
    #[track_caller]
    pub(crate) fn next(&self) -> Letter {
        self.letters.recv_timeout(PATIENCE).expect("a mail")
    }

    /// Whether nothing more has come.
    pub(crate) fn is_empty(&self) -> bool {
        self.letters.try_recv().is_err()
    }
}

impl Letter {
    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let (head, _) = self.text.split_once("\r\n\r\n")?;
        let mut fields = head.lines().filter_map(|line| line.split_once(": "));
        fields
            .find(|own| own.0.eq_ignore_ascii_case(name))
            .map(|own| own.1)
    }

    /// What stands behind the head.
    pub(crate) fn body(&self) -> &str {
        self.text.split_once("\r\n\r\n").map_or("", |own| own.1)
    }
}

fn serve(
    mut stream: &TcpStream,
    (command, answer): (&str, &str),
    tell: &Sender<Letter>,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    stream.write_all(b"220 sink\r\n")?;
    let mut letter = Letter {
        from: String::new(),
        to: Vec::new(),
        text: String::new(),
    };
    while let Some(line) = lines.next().transpose()? {
        let word = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        if !command.is_empty() && line.starts_with(command) {
            write!(stream, "{answer}\r\n")?;
            continue;
        }
        match word.as_str() {
            "MAIL" => letter.from = line,
            "RCPT" => letter.to.push(line),
            "DATA" => {
                stream.write_all(b"354 go on\r\n")?;
                for line in lines.by_ref() {
                    let line = line?;
                    if line == "." {
                        break;
                    }
                    letter
                        .text
                        .push_str(line.strip_prefix('.').unwrap_or(&line));
                    letter.text.push_str("\r\n");
                }
                let next = Letter {
                    from: String::new(),
                    to: Vec::new(),
                    text: String::new(),
                };
                let _ = tell.send(std::mem::replace(&mut letter, next));
                stream.write_all(b"250 taken as 41\r\n")?;
                continue;
            }
            "QUIT" => {
                stream.write_all(b"221 bye\r\n")?;
                return Ok(());
            }
            _ => {}
        }
        stream.write_all(b"250 ok\r\n")?;
    }
    Ok(())
}
