//! What a run could not look at, judge or write down, as notifications.

use serde::Serialize;

use super::Room;
use super::rule::Level;
use super::text::Message;
use crate::assessment::Overview;
use crate::report::wording;

#[derive(Serialize)]
pub(super) struct Notification {
    level: Level,
    message: Message,
    descriptor: Descriptor,
}

#[derive(Serialize)]
struct Descriptor {
    id: &'static str,
}

impl Notification {
    fn new(level: Level, id: &'static str, text: &str) -> Self {
        Notification {
            level,
            message: Message::new(text),
            descriptor: Descriptor { id },
        }
    }
}

/// Everything that is not among the results though it may be wrong.
pub(super) fn notifications(document: &Overview) -> Vec<Notification> {
    let mut notifications = Vec::new();
    if document.scan.interrupted {
        notifications.push(Notification::new(Level::Error, "interrupted", wording::INTERRUPTED));
    }
    for gap in &document.coverage.gaps {
        let place = wording::gap_scope(document, gap);
        let text = format!("{place}: {}: {}", gap.effect, wording::gap_failure(gap));
        notifications.push(Notification::new(Level::Error, "gap", &text));
    }
    for check in &document.assessments {
        for (because, count) in &check.not_assessed_because {
            let resources = wording::counted(*count, "resource", "resources");
            let text = format!("{}: {resources} could not be judged: {because}", check.check);
            notifications.push(Notification::new(Level::Warning, "not-assessed", &text));
        }
    }
    let left_out = Room::left_out(document);
    if left_out > 0 {
        let findings = wording::counted(left_out, "finding is", "findings are");
        let text = format!("{findings} not in this file, the least severe: they are in report.json");
        notifications.push(Notification::new(Level::Warning, "left-out", &text));
    }
    notifications
}
