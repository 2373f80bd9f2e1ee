use super::*;
use crate::engine::demo::INCIDENTS;
use crate::fixture::runbook;
use crate::judge::{judge, weigh_findings};

/// A sweep judges by what was found meanwhile, and does not find it all once more.
#[tokio::test]
async fn what_was_found_meanwhile_is_what_the_recording_holds() {
    let runbook = runbook(include_str!("../../../runbooks/race-condition.yaml"));
    for incident in INCIDENTS {
        let recorded = incident.recording().unwrap();
        let request = Request {
            runbook: &runbook,
            recorded: recorded.runbook.clone(),
            setting: Setting::from(&recorded),
            defaulted: Vec::new(),
            command_line: Vec::new(),
            target: recorded.target.clone(),
            no_changes: None,
            limit: None,
            demonstration: None,
        };
        let around = Surroundings {
            source: Source::Recorded(&recorded),
            keep: &|_| Ok(()),
            progress: &|_| {},
        };
        let (recording, findings, _) = collect(request, &around, std::future::pending()).await;
        let diagnosis = weigh_findings(&runbook, &recording, findings);
        assert_eq!(diagnosis, judge(&runbook, &recording), "{}", incident.name);
        assert!(diagnosis.results.len() > 5, "{}", incident.name);
        // What a check needs was known in time: it was run where it had been run.
        assert_eq!(recording.attempts, recorded.attempts, "{}", incident.name);
    }
}
