//! The second pass of a Region: what depends on what the first has found.

use std::collections::HashSet;

use super::details::{add_details, read_details};
use super::last_usage::{Clock, add_last_usage, asking_order, carry_over, read_last_usage};
use super::needs::Needs;
use super::{Inventory, ScanPlan};
use crate::aws::RegionSession;
use crate::facts::{Arn, RegionFacts};
use crate::model::{Standing, standing};
use crate::progress::Progress;

/// What the second pass of every Region goes by.
#[derive(Clone, Copy)]
pub(super) struct SecondPass<'a> {
    /// The keys that the default encryption of an SSE-KMS bucket means.
    pub(super) bucket_keys: &'a HashSet<Arn>,
    pub(super) plan: &'a ScanPlan,
    /// The time for last usages, which runs in all Regions alike.
    pub(super) clock: Clock,
    pub(super) progress: &'a Progress,
}

impl SecondPass<'_> {
    /// Reads the details of the keys of a Region.
    pub(super) async fn look_closer(&self, clients: &RegionSession, facts: &mut RegionFacts) {
        if let Inventory::Config(_) = self.plan.inventory {
            carry_over(&mut facts.keys, &self.plan.last_usage.earlier);
            return;
        }
        let (needs, order) = self.questions(facts);
        let (details, last_usage) = tokio::join!(
            read_details(clients, &facts.keys, &needs, self.progress.key_details()),
            read_last_usage(
                clients,
                &facts.keys,
                &order,
                self.clock,
                self.plan.as_of,
                self.progress.last_usage()
            ),
        );
        add_details(&mut facts.keys, details);
        add_last_usage(&mut facts.keys, last_usage);
        carry_over(&mut facts.keys, &self.plan.last_usage.earlier);
    }

    /// Which details which key needs, and which keys are asked for their last usage, in which order: keys by their
    /// places among those of the Region.
    fn questions(&self, facts: &RegionFacts) -> (Vec<(usize, Needs)>, Vec<usize>) {
        let keys = facts.keys.iter();
        let standings: Vec<Standing<'_>> = keys.map(|key| standing(key, &self.plan.justification)).collect();
        let judged = facts.keys.iter().zip(&standings).enumerate();
        let needs = judged
            .map(|(place, (key, standing))| {
                let is_bucket_key = self.bucket_keys.contains(&key.arn);
                let needs = Needs::of(key, standing, is_bucket_key).besides(&key.details);
                (place, needs)
            })
            .filter(|(_, needs)| !needs.are_none())
            .collect();
        (needs, asking_order(facts, &standings, self.plan))
    }
}
