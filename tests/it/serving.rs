//! A `serve` that runs beside a test, and a client of it.

use std::time::Instant;

use serde_json::Value;

use crate::harness::{Listener, PATIENCE, Sandbox};
use crate::wire::{Heard, exchange};

/// A server in a sandbox.
pub(crate) struct Served {
    pub(crate) process: Listener,
    pub(crate) address: String,
}

/// Starts `serve` on a free port with JSON on stdout.
pub(crate) fn serve(sandbox: &Sandbox, args: &[&str]) -> Served {
    let words = [&["serve", "--port", "0", "--format", "json"], args].concat();
    let process = Listener::start(sandbox.hookcat(&words));
    let ready = process.next();
    assert_eq!(ready["type"], "ready", "{ready}");
    let url = ready["url"].as_str().expect("a URL");
    let address = url.trim_start_matches("http://").to_owned();
    Served { process, address }
}

impl Served {
    /// Asks with headers of one's own.
    pub(crate) fn ask_with(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Heard {
        let mut request = format!("{method} {path} HTTP/1.1\r\n");
        if !headers.iter().any(|own| own.0 == "Host") {
            request.push_str(&format!("Host: {}\r\n", self.address));
        }
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        exchange(&self.address, request.as_bytes()).expect("an answer")
    }

    /// Asks, with JSON where there is a body; the status and the JSON of the answer.
    pub(crate) fn ask(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let json = [("Content-Type", "application/json")];
        let headers: &[(&str, &str)] = if body.is_empty() { &[] } else { &json };
        let heard = self.ask_with(method, path, headers, body);
        let value = serde_json::from_slice(&heard.body).unwrap_or(Value::Null);
        (heard.status(), value)
    }

    /// The next line of a type.
    #[track_caller]
    pub(crate) fn told(&self, of: &str) -> Value {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            let told = self.process.next();
            if told["type"] == of {
                return told;
            }
        }
        panic!("no `{of}` is told");
    }

    /// The next delivery that is settled: delivered or given up.
    #[track_caller]
    pub(crate) fn settled(&self) -> Value {
        loop {
            let told = self.told("delivery");
            if told["state"] != "retrying" {
                return told;
            }
        }
    }
}
