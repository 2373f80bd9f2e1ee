//! Plays the events of a history one after the other, and notes when each really happened.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::commands::{lab, pct, quiet, script, silent, succeed, wait, wall, written};
use super::stage::{GAP, LAB, Stage};
use crate::simulator::event::{Delivery, Event, Fault, How, Origin, Place};
use crate::simulator::history::History;
use crate::simulator::{MILLI, Nanos, UNIT};

/// How long to wait for the container to be up.
const LIMIT: Duration = Duration::from_secs(60);
/// Where the file systems that are mounted in a history come from.
pub(super) const VOLUMES: &str = "/var/lib/volumes";
/// The lab's file system changes the stamps of a directory when it first keeps a copy of it; a container's does not.
const COPIED_UP: &str = "mkdir -p /opt/app /usr/lib/systemd/system /etc/systemd/system/multi-user.target.wants /etc/init.d; \
     chmod u+rwx /etc /etc/systemd /etc/systemd/system /etc/systemd/system/*.wants /etc/systemd/user /opt /opt/app \
     /root /usr/lib/systemd/system /etc/init.d";

/// A part of an event, played in one go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Whole,
    Begin,
    Open,
    Close,
}

/// When an action began and had ended, as the clock shows it.
#[derive(Debug, Clone, Copy)]
pub(super) struct During(pub(super) Nanos, pub(super) Nanos);

impl During {
    pub(super) const fn middle(self) -> Nanos {
        (self.0 + self.1) / 2
    }
}

/// A delivery that goes on.
pub(super) struct Going {
    child: Child,
    /// Where its content is written to.
    into: Into,
}

pub(super) enum Into {
    /// The FIFO that is pushed, once it is open.
    Fifo(PathBuf, Option<File>),
    /// A shell in the container that waits for a line first.
    Shell(Option<ChildStdin>),
}

/// What was done, and what of it only reality decides.
#[derive(Debug, Clone, Copy)]
pub(super) struct Done {
    pub(super) during: During,
    /// The event as it really was, of a boot.
    pub(super) booted: Option<(Nanos, Event)>,
}

/// A history that is being played.
pub(super) struct Play<'a> {
    pub(super) stage: &'a Stage,
    pub(super) directory: &'a Path,
    pub(super) going: BTreeMap<usize, Going>,
    pub(super) is_up: bool,
    /// The longest action whose middle stands for its time.
    pub(super) longest: Nanos,
}

impl Play<'_> {
    /// Makes the container, with the file systems that the history mounts; what that is in the model.
    pub(super) fn make(&mut self, history: &History) -> Vec<(Nanos, Event)> {
        let (stage, id) = (self.stage, self.stage.id.to_string());
        succeed(lab().args(["reset", &id]));
        let first = [
            (stage.last_task("vzcreate"), Event::Made(Origin::Created)),
            self.up(),
        ];
        succeed(&mut stage.inside(COPIED_UP));
        succeed(Command::new(pct()).args(["stop", &id]));
        let stopped = wall();
        self.is_up = false;
        let volumes = self.directory.join("volumes");
        for (number, (_, event)) in history.events.iter().enumerate() {
            if let Event::Deliver(delivery) = event
                && delivery.how == How::Bind
            {
                let volume = volumes.join(number.to_string());
                std::fs::create_dir_all(volume.join("multi-user.target.wants"))
                    .expect("a directory");
                let name = delivery.to.path();
                let name = name.rsplit('/').next().expect("a name");
                std::fs::write(volume.join(name), delivery.text.bytes()).expect("a file");
                if delivery.to != Place::Unit {
                    std::fs::remove_dir(volume.join("multi-user.target.wants"))
                        .expect("a directory");
                }
            }
        }
        std::fs::create_dir_all(&volumes).expect("a directory");
        if stage.unprivileged {
            succeed(
                Command::new("chown")
                    .arg("-R")
                    .arg("100000:100000")
                    .arg(&volumes),
            );
        }
        // Others must get through.
        succeed(Command::new("chmod").arg("755").arg(self.directory));
        let config = format!("/var/lib/lxc/{id}/config");
        let mut config = File::options()
            .append(true)
            .open(config)
            .expect("a configuration");
        let from = volumes.display();
        let to = VOLUMES.trim_start_matches('/');
        writeln!(config, "lxc.mount.entry = {from} {to} none bind,create=dir").expect("written");
        first.into_iter().chain([(stopped, Event::Stop)]).collect()
    }

    /// The boot that has just ended.
    fn up(&mut self) -> (Nanos, Event) {
        self.is_up = true;
        let began = self.stage.last_task("vzstart");
        let script = "systemctl is-system-running --wait >/dev/null; journalctl -b _PID=1 -o json -g '^Startup finished' \
                      --no-pager | grep -o '__REALTIME_TIMESTAMP\":\"[0-9]*' | tail -n 1";
        let begun = Instant::now();
        loop {
            let output = quiet(&mut self.stage.inside(script));
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            if let Some(micros) = text
                .trim()
                .rsplit('"')
                .next()
                .and_then(|it| it.parse::<Nanos>().ok())
            {
                // The model's boot begins 20 ms after its task.
                let after = (micros * 1_000 - began - 20 * MILLI).max(MILLI);
                let boot = Event::Boot {
                    answers_after: after.min(300 * MILLI),
                    up_after: after,
                };
                return (began, boot);
            }
            assert!(
                begun.elapsed() < LIMIT,
                "systemd is not up: {text} {output:?}"
            );
            sleep(Duration::from_millis(100));
        }
    }

    pub(super) fn act(&mut self, id: usize, part: Part, event: &Event) -> Done {
        let begin = wall();
        let waits = self.has_push();
        let mut booted = None;
        match event {
            Event::Boot { .. } if !self.is_up => {
                succeed(Command::new(pct()).args(["start", &self.stage.id.to_string()]));
                booted = Some(self.up());
            }
            Event::Boot { .. } => {}
            Event::Stop => {
                if self.is_up {
                    succeed(Command::new(pct()).args(["stop", &self.stage.id.to_string()]));
                }
                self.is_up = false;
            }
            Event::Deliver(delivery) if delivery.how == How::Link && self.is_up => {
                return self.inside(event);
            }
            Event::Deliver(delivery) => self.deliver(id, part, delivery),
            Event::RotateTasks => self.rotate_tasks(),
            Event::DeleteTaskOutput => {
                let kinds = ["push_file", "vzcreate", "vzstart", "vzstop"];
                let files = kinds.iter().flat_map(|kind| self.stage.task_outputs(kind));
                files.for_each(|file| std::fs::remove_file(file).expect("removed"));
            }
            _ if self.is_up => return self.inside(event),
            _ => {}
        }
        let is_push = matches!(event, Event::Deliver(it) if it.how == How::Push);
        let is_locked = matches!(event, Event::Deliver(it) if it.fault == Some(Fault::Locked));
        let during = match part {
            // The task's own time, and that at which the last bytes are written.
            Part::Begin if is_push && self.is_up && !waits => {
                let began = self.stage.last_task("push_file");
                During(began, began)
            }
            Part::Close if is_push => During(begin, begin),
            // The task begins when its program has started.
            Part::Whole if is_push && self.is_up && !is_locked => {
                During(self.stage.last_task("push_file").max(begin), wall())
            }
            Part::Begin => During(begin, begin),
            _ => During(begin, wall()),
        };
        if !matches!(event, Event::Boot { .. } | Event::Stop) {
            self.longest = self.longest.max(during.1 - during.0);
        }
        Done { during, booted }
    }

    /// Runs what an event is in the container, which knows best when that was.
    fn inside(&mut self, event: &Event) -> Done {
        let clock = "date +%s%N";
        let script = format!("{clock}; {{ {}; }} >/dev/null; {clock}", script(event));
        let output = quiet(&mut self.stage.inside(&script));
        let text = String::from_utf8_lossy(&output.stdout);
        let times: Vec<_> = text.lines().filter_map(|line| line.parse().ok()).collect();
        let [begin, end] = times[..] else {
            panic!("{event:?}: {output:?}");
        };
        if !matches!(event, Event::RotateJournal) {
            self.longest = self.longest.max(end - begin);
        }
        Done {
            during: During(begin, end),
            booted: None,
        }
    }

    /// Whether a push has the container's lock, for which another would wait.
    fn has_push(&self) -> bool {
        let mut going = self.going.values();
        going.any(|it| matches!(it.into, Into::Fifo(..)))
    }

    /// Drops what has ended of the container's from the log.
    fn rotate_tasks(&self) {
        let tasks = format!("{LAB}/host/var/log/pve/tasks");
        let id = self.stage.id;
        let script = format!(
            "exec 7>>{tasks}/.active.lock; flock 7; sed -i '/:{id}:root@pam: /d' {tasks}/index; \
             sed -i '/:{id}:root@pam: 1 /d' {tasks}/active"
        );
        succeed(Command::new("sh").args(["-c", &script]));
    }

    fn deliver(&mut self, id: usize, part: Part, delivery: &Delivery) {
        match part {
            Part::Whole if delivery.how == How::Link => {}
            Part::Whole => {
                let source = match delivery.fault {
                    Some(Fault::SourceIsDirectory) => self.directory.to_owned(),
                    _ => self.directory.join(UNIT),
                };
                let lock = format!("/run/lock/lxc/pve-config-{}.lock", self.stage.id);
                let lock = File::create(lock).expect("a lock");
                if delivery.fault == Some(Fault::Locked) {
                    // The true wait is 10 s; nothing of it is recorded.
                    return;
                }
                drop(lock);
                quiet(&mut self.push(&source, delivery));
            }
            Part::Begin => self.begin(id, delivery),
            Part::Open => self.open(id, delivery),
            Part::Close => self.close(id, delivery),
        }
    }

    fn push(&self, source: &Path, delivery: &Delivery) -> Command {
        let mut command = Command::new(pct());
        command
            .args(["push", &self.stage.id.to_string()])
            .arg(source)
            .arg(delivery.to.path());
        match delivery.fault {
            Some(Fault::NoSuchUser) => command.args(["--user", "nosuch"]),
            Some(Fault::BadMode) => command.args(["--perms", "zz"]),
            _ => &mut command,
        };
        command
    }

    fn begin(&mut self, id: usize, delivery: &Delivery) {
        if delivery.how == How::Push {
            let fifo = self.directory.join(format!("{id}-{UNIT}"));
            succeed(Command::new("mkfifo").arg(&fifo));
            let tasks = self.stage.task_outputs("push_file").len();
            let waits = self.has_push();
            let child = silent(&mut self.push(&fifo, delivery))
                .spawn()
                .expect("pct");
            let mut going = Going {
                child,
                into: Into::Fifo(fifo, None),
            };
            wait(|| {
                waits
                    || self.stage.task_outputs("push_file").len() > tasks
                    || going.child.try_wait().is_ok_and(|ended| ended.is_some())
            });
            self.going.insert(id, going);
        } else if delivery.how != How::Bind && self.is_up {
            let from_host = delivery.how == How::HostCopy && self.stage.unprivileged;
            let script = written(delivery, from_host);
            let mut command = match from_host {
                true => self.stage.on_host(&script),
                false => self.stage.inside(&script),
            };
            let mut child = silent(&mut command)
                .stdin(Stdio::piped())
                .spawn()
                .expect("pct");
            let shell = child.stdin.take();
            self.going.insert(
                id,
                Going {
                    child,
                    into: Into::Shell(shell),
                },
            );
            // The shell is there before its first line, which it waits for.
            sleep(Duration::from_millis(100));
        }
    }

    fn open(&mut self, id: usize, delivery: &Delivery) {
        let bytes = &delivery.text.bytes()[..delivery.cut.length(delivery.text)];
        let init = self.stage.init();
        let Some(going) = self.going.get_mut(&id) else {
            return;
        };
        match &mut going.into {
            Into::Fifo(path, file) => {
                // A FIFO that is opened for both does not wait for a reader.
                let mut opened = File::options()
                    .read(true)
                    .write(true)
                    .open(path)
                    .expect("a FIFO");
                opened.write_all(bytes).expect("written");
                *file = Some(opened);
            }
            Into::Shell(Some(stdin)) => {
                let _ = stdin.write_all(b"\n").and_then(|()| stdin.write_all(bytes));
            }
            Into::Shell(None) => {}
        }
        let path = match delivery.how {
            How::Rsync => delivery.to.path().replace(UNIT, &format!(".{UNIT}.Xa1b2C")),
            How::Package => format!("{}.dpkg-new", delivery.to.path()),
            How::Move => "/etc/.provision.tmp".to_owned(),
            _ => delivery.to.path(),
        };
        let Some(root) = init.map(|init| PathBuf::from(format!("/proc/{init}/root"))) else {
            return;
        };
        wait(|| {
            let seen = root.join(path.trim_start_matches('/'));
            // A link leads to a path of the container.
            let seen = match std::fs::read_link(&seen) {
                Ok(target) => root.join(target.strip_prefix("/").unwrap_or(&target)),
                Err(_) => seen,
            };
            let is_there = std::fs::metadata(seen).is_ok_and(|file| {
                let since = file
                    .modified()
                    .is_ok_and(|at| at.elapsed().is_ok_and(|it| it < GAP));
                !file.is_file() || (file.len() == bytes.len() as u64 && since)
            });
            is_there || going.child.try_wait().is_ok_and(|ended| ended.is_some())
        });
    }

    fn close(&mut self, id: usize, delivery: &Delivery) {
        if delivery.how == How::Bind && self.is_up {
            let path = delivery.to.path();
            let (directory, _) = path.rsplit_once('/').expect("a path");
            quiet(
                &mut self
                    .stage
                    .inside(&format!("mount --bind {VOLUMES}/{id} {directory}")),
            );
        }
        let Some(mut going) = self.going.remove(&id) else {
            return;
        };
        let rest = &delivery.text.bytes()[delivery.cut.length(delivery.text)..];
        match going.into {
            Into::Fifo(_, Some(mut file)) => {
                let _ = file.write_all(rest);
            }
            Into::Shell(Some(mut stdin)) => {
                let _ = stdin.write_all(rest);
            }
            _ => {}
        }
        wait(|| going.child.try_wait().is_ok_and(|ended| ended.is_some()));
        let _ = going.child.kill();
        let _ = going.child.wait();
    }
}
