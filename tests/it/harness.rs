//! A hermetic place to run hookcat in, and a `listen` that runs beside a test.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// Nothing takes this long unless it hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// How long one of two streams is read before the other has its turn.
const TURN: Duration = Duration::from_millis(20);
/// The time that `--now` stands still at.
pub(crate) const NOW: &str = "1700000000";
/// The value of the environment variable `S`: a secret for providers that take any text.
pub(crate) const SECRET: &str = "it's a 64-bit secret, \u{e4}nd then some";
/// The value of the environment variable `WHSEC`: a secret of Standard Webhooks.
pub(crate) const WHSEC: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// The built binary.
pub(crate) const HOOKCAT: &str = env!("CARGO_BIN_EXE_hookcat");

/// A home and a working directory of its own, and no environment but `PATH`, `S` and `WHSEC`.
pub(crate) struct Sandbox {
    folder: TempDir,
}

/// How a command ended.
pub(crate) struct Output {
    pub(crate) code: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        for name in ["home", "work"] {
            fs::create_dir(folder.path().join(name)).expect("creates");
        }
        Self { folder }
    }

    /// The whole sandbox, home and working directory.
    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    /// A file in the working directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("work").join(name)
    }

    /// A file in hookcat's configuration directory.
    pub(crate) fn config(&self, name: &str) -> PathBuf {
        self.folder.path().join("home/config/hookcat").join(name)
    }

    /// The log where nothing else is said.
    pub(crate) fn log(&self) -> PathBuf {
        self.folder.path().join("home/state/hookcat/log.db")
    }

    /// Writes a file in the working directory.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        write(&self.path(name), content.as_ref());
    }

    /// Writes a file in hookcat's configuration directory.
    pub(crate) fn write_config(&self, name: &str, content: impl AsRef<[u8]>) {
        write(&self.config(name), content.as_ref());
    }

    /// Any program in this environment.
    pub(crate) fn program(&self, program: &str) -> Command {
        let home = self.folder.path().join("home");
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &home)
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_STATE_HOME", home.join("state"))
            .env("XDG_DATA_HOME", home.join("data"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("TZ", "UTC")
            .env("S", SECRET)
            .env("WHSEC", WHSEC)
            .current_dir(self.folder.path().join("work"));
        command
    }

    /// hookcat in this environment.
    pub(crate) fn hookcat(&self, args: &[&str]) -> Command {
        let mut command = self.program(HOOKCAT);
        command.args(args);
        command
    }

    /// Runs hookcat to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        finish(self.hookcat(args), b"")
    }

    /// Runs hookcat to its end with this on stdin.
    pub(crate) fn run_with(&self, args: &[&str], stdin: &[u8]) -> Output {
        finish(self.hookcat(args), stdin)
    }

    /// Runs a line of shell to its end; `hookcat` is in its `PATH`.
    pub(crate) fn shell(&self, line: &str) -> Output {
        finish(self.shell_command(line), b"")
    }

    /// A line of shell with `hookcat` in its `PATH`.
    pub(crate) fn shell_command(&self, line: &str) -> Command {
        let mut paths = vec![Path::new(HOOKCAT).parent().expect("a folder").to_owned()];
        paths.extend(std::env::split_paths(
            &std::env::var_os("PATH").unwrap_or_default(),
        ));
        let mut command = self.program("sh");
        command
            .args(["-c", line])
            .env("PATH", std::env::join_paths(paths).expect("paths"));
        command
    }

    /// Starts `listen` on a free port with JSON on stdout.
    pub(crate) fn listen(&self, args: &[&str]) -> Listener {
        let mut all = vec!["listen", "--port", "0", "--format", "json"];
        all.extend_from_slice(args);
        let mut listener = Listener::start(self.hookcat(&all));
        let ready = listener.next();
        assert_eq!(ready["type"], "ready", "{ready}");
        listener.url.push_str(ready["url"].as_str().expect("a URL"));
        listener
    }

    /// The same under a shell's limits, set by this line before it.
    pub(crate) fn listen_within(&self, limits: &str) -> Listener {
        let line = format!("{limits}; exec hookcat listen --port 0 --format json");
        let mut listener = Listener::start(self.shell_command(&line));
        let ready = listener.next();
        listener.url.push_str(ready["url"].as_str().expect("a URL"));
        listener
    }

    /// Starts `listen` on a free port as a person sees it.
    pub(crate) fn listen_as_text(&self, args: &[&str]) -> Listener {
        let mut all = vec!["listen", "--port", "0"];
        all.extend_from_slice(args);
        let mut listener = Listener::start(self.hookcat(&all));
        let line = listener.err_line();
        let url = line
            .strip_prefix("listening on ")
            .and_then(|rest| rest.split(' ').next());
        let url = url.unwrap_or_else(|| panic!("not ready: {line}"));
        listener.url.push_str(url);
        listener
    }

    /// The deliveries in the log, the oldest first.
    pub(crate) fn deliveries(&self) -> Vec<Value> {
        let output = self.run(&["log", "list", "-n", "1000000", "--format", "json"]);
        output.ok().json_lines()
    }

    /// One delivery of the log.
    pub(crate) fn delivery(&self, id: &Value) -> Value {
        let output = self.run(&["log", "show", &id.to_string(), "--format", "json"]);
        output.ok().json_lines().remove(0)
    }
}

fn write(path: &Path, content: &[u8]) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("creates");
    fs::write(path, content).expect("writes");
}

/// Runs a command to its end, with something on stdin.
pub(crate) fn finish(mut command: Command, stdin: &[u8]) -> Output {
    let told = format!("{command:?}");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("cannot run {told}: {error}"));
    let mut input = child.stdin.take().expect("stdin");
    let stdin = stdin.to_owned();
    // A command that does not read its stdin closes it; that is its right.
    thread::spawn(move || input.write_all(&stdin).is_ok());
    let pid = child.id();
    let (done, ended) = mpsc::channel();
    thread::spawn(move || done.send(child.wait_with_output()));
    let Ok(output) = ended.recv_timeout(PATIENCE) else {
        signal(pid, "KILL");
        panic!("hangs: {told}");
    };
    let output = output.expect("an end");
    Output {
        code: output.status.code().unwrap_or(-1),
        stdout: output.stdout,
        stderr: output.stderr,
    }
}

/// Sends a signal to one process that a test started.
pub(crate) fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill")
        .args([format!("-{name}"), pid.to_string()])
        .status();
    assert!(sent.is_ok_and(|status| status.success()), "kill -{name}");
}

impl Output {
    pub(crate) fn out(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    pub(crate) fn err(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// Holds it to an exit code.
    #[track_caller]
    pub(crate) fn code(&self, wanted: i32) -> &Self {
        assert_eq!(self.code, wanted, "{}\n{}", self.out(), self.err());
        self
    }

    /// Holds it to success.
    #[track_caller]
    pub(crate) fn ok(&self) -> &Self {
        self.code(0)
    }

    pub(crate) fn json_lines(&self) -> Vec<Value> {
        self.out()
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect()
    }
}

/// A process that runs beside the test, its output read line by line; ended when dropped.
pub(crate) struct Listener {
    child: Child,
    out: Receiver<Vec<u8>>,
    err: Receiver<Vec<u8>>,
    pub(crate) url: String,
}

impl Listener {
    /// Starts a command whose readiness the caller reads.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts");
        let out = lines(child.stdout.take().expect("stdout"));
        let err = lines(child.stderr.take().expect("stderr"));
        Self {
            child,
            out,
            err,
            url: String::new(),
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// `host:port`.
    pub(crate) fn address(&self) -> &str {
        let (_, address) = self.url.split_once("://").expect("a URL");
        address
    }

    /// The next line of JSON on stdout.
    #[track_caller]
    pub(crate) fn next(&self) -> Value {
        let line = self.out_line();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// The next line on stdout.
    #[track_caller]
    pub(crate) fn out_line(&self) -> String {
        self.line(&self.out, "stdout")
    }

    /// The next line on stderr.
    #[track_caller]
    pub(crate) fn err_line(&self) -> String {
        self.line(&self.err, "stderr")
    }

    /// All of stdout up to the line that has this mark, byte by byte.
    #[track_caller]
    pub(crate) fn out_until(&self, mark: &str) -> Vec<u8> {
        let mut read = Vec::new();
        loop {
            let line = self.out.recv_timeout(PATIENCE).expect("a line");
            read.extend_from_slice(&line);
            if String::from_utf8_lossy(&line).contains(mark) {
                return read;
            }
        }
    }

    #[track_caller]
    fn line(&self, from: &Receiver<Vec<u8>>, stream: &str) -> String {
        match from.recv_timeout(PATIENCE) {
            Ok(line) => String::from_utf8_lossy(&line).trim_end().to_owned(),
            Err(error) => {
                let said: Vec<u8> = self.err.try_iter().flatten().collect();
                panic!(
                    "no line on {stream}: {error}; {}",
                    String::from_utf8_lossy(&said)
                )
            }
        }
    }

    /// Reads both streams until a line on either fits; all that was read if none does.
    pub(crate) fn until(&self, fits: impl Fn(&str) -> bool) -> Result<(), String> {
        let deadline = Instant::now() + PATIENCE;
        let mut read = String::new();
        let mut open = vec![&self.out, &self.err];
        while !open.is_empty() && Instant::now() < deadline {
            open.retain(|from| match from.recv_timeout(TURN) {
                Ok(line) => {
                    read.push_str(&String::from_utf8_lossy(&line));
                    true
                }
                Err(error) => error == mpsc::RecvTimeoutError::Timeout,
            });
            if read.lines().any(&fits) {
                return Ok(());
            }
        }
        Err(read)
    }

    /// Ends it as Ctrl-C does; its exit code and what it had left to say.
    pub(crate) fn interrupt(self) -> Output {
        signal(self.child.id(), "INT");
        self.wait()
    }

    /// Waits for its end; its exit code and what it had left to say.
    pub(crate) fn wait(mut self) -> Output {
        // Both streams end with the process.
        let rest = |from: &Receiver<Vec<u8>>| -> Vec<u8> {
            std::iter::from_fn(|| match from.recv_timeout(PATIENCE) {
                Ok(line) => Some(line),
                Err(mpsc::RecvTimeoutError::Disconnected) => None,
                Err(mpsc::RecvTimeoutError::Timeout) => panic!("goes on"),
            })
            .flatten()
            .collect()
        };
        let (stdout, stderr) = (rest(&self.out), rest(&self.err));
        let status = self.child.wait().expect("an end");
        Output {
            code: status.code().unwrap_or(-1),
            stdout,
            stderr,
        }
    }

    /// Ends it at once: `SIGKILL`.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("ends");
        self.child.wait().expect("an end");
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines(from: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let mut from = BufReader::new(from);
        let mut line = Vec::new();
        while from.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            if tell.send(std::mem::take(&mut line)).is_err() {
                break;
            }
        }
    });
    told
}
