//! Whether a glob means any key at all.

use super::{KeyPlan, Keys};
use crate::sandbox::pattern::glob_matches;

impl KeyPlan {
    /// Whether a key has an alias that matches.
    pub fn any_alias_matches(&self, glob: &str) -> bool {
        let Some((before, _)) = glob.split_once('*') else {
            return self.has_alias(glob);
        };
        self.templates.iter().any(|placed| {
            let template = &placed.template;
            let mut patterns = template.aliases.iter().filter(|alias| alias.can_begin_with(before));
            patterns.any(|alias| (1..=template.count).any(|n| glob_matches(glob, &alias.text(n))))
        })
    }
}

impl Keys<'_> {
    /// Whether a key has an id or an ARN that matches. Keys are made one after the other until one does.
    pub fn any_id_matches(&self, glob: &str) -> bool {
        let Some((before, _)) = glob.split_once('*') else {
            return self.with_id(glob).or_else(|| self.with_arn(glob)).is_some();
        };
        let is_of_id = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
        let can_be_id = before.bytes().all(is_of_id) || agree(before, "mrk-");
        let can_be_arn = agree(before, &self.arn_prefix);
        if !can_be_id && !can_be_arn {
            return false;
        }
        let mut keys = (0..self.len()).filter_map(|position| self.listed(position));
        keys.any(|key| glob_matches(glob, &key.id()) || glob_matches(glob, &key.arn()))
    }
}

/// Whether two texts are the same as far as both go.
fn agree(one: &str, other: &str) -> bool {
    one.bytes().zip(other.bytes()).all(|(one, other)| one == other)
}
