//! A report in which every string attacks the page: it runs nothing, and requests nothing.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::hostile::{FRAGMENTS, poison};
use crate::layout::BEYOND;
use crate::reports::{html, report};
use crate::tab::{DESK, PHONE, Tab};

/// A server that counts its visitors.
struct Server {
    port: u16,
    visits: Arc<AtomicUsize>,
}

impl Server {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let visits = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&visits);
        std::thread::spawn(move || {
            for visit in listener.incoming() {
                counted.fetch_add(usize::from(visit.is_ok()), Ordering::SeqCst);
            }
        });
        Self { port, visits }
    }

    fn visits(&self) -> usize {
        self.visits.load(Ordering::SeqCst)
    }

    /// Texts that would make a browser visit it.
    fn lures(&self) -> Vec<String> {
        let url = format!("http://127.0.0.1:{}/x", self.port);
        [
            "<script>window.pwned = 1; document.title = 'pwned'; alert(1)</script>",
            "<script src=URL></script>",
            "\"><img src=URL><p title=\"",
            "<img srcset='URL 1x' onerror=alert(1)>",
            "<link rel=stylesheet href=URL><link rel=preconnect href=URL>",
            "<style>@import 'URL'; body { background: url(URL) }</style>",
            "<iframe src=URL></iframe><object data=URL></object><embed src=URL>",
            "<video poster=URL autoplay><source src=URL></video>",
            "<meta http-equiv=refresh content='0;url=URL'>",
            "<svg><image href=URL /><use href='URL#x' /><script href=URL /></svg>",
            "<form action=URL><button autofocus onfocus=this.click()>Go</button></form>",
            "url(URL)",
            "URL",
        ]
        .iter()
        .map(|lure| lure.replace("URL", &url))
        .collect()
    }
}

/// The test notices it if something is run or loaded.
#[test]
fn the_test_detects_an_attack() {
    let server = Server::new();
    let url = format!("http://127.0.0.1:{}/x", server.port);
    let mut tab = Tab::blank();
    tab.load(&format!(
        "<!doctype html><title>Report</title><body><script>window.pwned = 1</script>\
         <img src={url}><img src=x onerror=pwned()>"
    ));
    assert_eq!(tab.value("window.pwned"), 1);
    assert!(server.visits() > 0);
    let mishaps = tab.mishaps().join("\n");
    for expected in ["is not a function", &url] {
        assert!(mishaps.contains(expected), "{expected}\n{mishaps}");
    }
}

#[test]
fn a_hostile_report_runs_and_loads_nothing() {
    let server = Server::new();
    let mut words: Vec<_> = FRAGMENTS.iter().map(|&word| word.to_owned()).collect();
    words.extend(server.lures());
    // Every text is in many fields in turn.
    for shift in [0, 1, 7, 19] {
        let mut report = report("late-push-252");
        let mut next = words.iter().cycle().skip(shift);
        poison(&mut report, || next.next().unwrap().clone());
        report.checks[3].stdout = words.concat();
        let mut tab = Tab::new(&html(&report));
        // Open, sort, filter, point at and tab through everything.
        tab.value(
            "for (const folded of document.querySelectorAll('details')) folded.open = true;
             for (const button of document.querySelectorAll('button')) button.click();
             for (const element of document.querySelectorAll('*')) {
               for (const event of ['mouseover', 'focus', 'load', 'error', 'toggle'])
                 element.dispatchEvent(new Event(event));
               element.focus?.();
             }",
        );
        assert_eq!(tab.mishaps(), [""; 0]);
        assert_eq!(tab.value("typeof window.pwned"), "undefined");
        assert_ne!(tab.value("document.title"), "pwned");
        assert_eq!(
            tab.value("document.scripts.length + document.styleSheets.length"),
            2
        );
        assert_eq!(
            tab.value("document.querySelectorAll('#checks-table tbody tr').length"),
            report.checks.len()
        );
        for screen in [PHONE, DESK] {
            tab.resize(screen);
            assert_eq!(tab.strings(BEYOND), [""; 0]);
            assert_eq!(tab.value("document.documentElement.scrollWidth"), screen.0);
        }
        tab.picture("hostile-desk");
        assert_eq!(server.visits(), 0);
    }
}
