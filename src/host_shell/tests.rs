use std::fs;
use std::path::Path;

use super::*;
use crate::engine::stop::Signal as StopSignal;

/// Runs a script; returns how it ended, and its output.
async fn ran(script: &str, stop: impl Future<Output = Stop>) -> (Ended, Vec<String>) {
    let mut lines = Vec::new();
    let variables = [("SOURCE".to_owned(), OsString::from("/a file"))];
    let ended = run(script, &variables, |line| lines.push(line.to_owned()), stop).await;
    (ended.unwrap(), lines)
}

fn exit(ended: &Ended) -> Option<i32> {
    match ended {
        Ended::Itself(status) => status.code(),
        Ended::Stopped(_) => None,
    }
}

/// The process whose ID is in a file, once it is there.
async fn process_in(path: &Path) -> i32 {
    loop {
        if let Some(id) = fs::read_to_string(path)
            .ok()
            .filter(|text| text.ends_with('\n'))
        {
            return id.trim().parse().unwrap();
        }
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn the_output_is_in_order_and_the_values_are_variables() {
    let script = "echo one; echo \"$SOURCE\" >&2; printf three; exit 7";
    let (ended, lines) = ran(script, std::future::pending()).await;
    assert_eq!(exit(&ended), Some(7));
    assert_eq!(lines, ["one", "/a file", "three"]);
}

#[tokio::test]
async fn there_is_no_terminal_and_no_input() {
    let script = "cat; test ! -t 1; : </dev/tty";
    let (ended, lines) = ran(script, std::future::pending()).await;
    assert_eq!(exit(&ended), Some(1), "{lines:?}");
    assert!(lines[0].contains("/dev/tty"), "{lines:?}");
}

#[tokio::test]
async fn a_flood_of_output_is_cut() {
    let script = "head -c 2000000 /dev/zero | tr '\\0' x; echo; echo end";
    let (ended, lines) = ran(script, std::future::pending()).await;
    assert_eq!(exit(&ended), Some(0));
    assert!(lines.iter().all(|line| line.len() <= LONGEST_LINE));
    assert!(lines.iter().map(String::len).sum::<usize>() < 300_000);
    let last = lines.last().unwrap();
    assert!(last.ends_with("more bytes)"), "{last}");
}

#[tokio::test]
async fn what_it_leaves_running_is_ended() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("id");
    let script = format!(
        "sh -c 'trap \"\" TERM; echo $$ >{}; while :; do sleep 1; done' & \
         until test -s {0}; do sleep 0.1; done",
        file.display()
    );
    let (ended, _) = ran(&script, std::future::pending()).await;
    assert_eq!(exit(&ended), Some(0));
    assert_eq!(session_of(process_in(&file).await), None);
}

#[tokio::test]
async fn a_signal_ends_all_of_it() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("id");
    let script = format!(
        "sh -c 'echo $$ >{}; sleep 1000'; echo after",
        file.display()
    );
    let stop = async {
        process_in(&file).await;
        Stop::Signal(StopSignal::Interrupt)
    };
    let (ended, lines) = ran(&script, stop).await;
    assert!(
        matches!(ended, Ended::Stopped(Stop::Signal(_))),
        "{ended:?}"
    );
    assert_eq!(session_of(process_in(&file).await), None);
    assert!(!lines.contains(&"after".to_owned()), "{lines:?}");
}
