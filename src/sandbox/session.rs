//! Sessions of roles: what their tokens say.

use super::keys::id::KeyIds;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a session token of this AWS says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Session {
    pub account: String,
    /// With its path, if it has one.
    pub role: String,
    pub name: String,
    /// Epoch seconds.
    pub expires: i64,
    /// Tells two sessions of one role apart.
    pub serial: u64,
}

impl Session {
    /// The session token.
    pub fn token(&self) -> String {
        // A struct of texts and numbers is always JSON.
        aws_smithy_types::base64::encode(serde_json::to_string(self).unwrap_or_default())
    }

    /// The session that a token speaks of; `None` for a token that this AWS has not handed out.
    pub fn read(token: &str) -> Option<Session> {
        serde_json::from_slice(&aws_smithy_types::base64::decode(token).ok()?).ok()
    }

    pub fn has_expired(&self, now: Timestamp) -> bool {
        now.as_second() >= self.expires
    }

    pub fn arn(&self, partition: &str) -> String {
        let (account, name) = (&self.account, &self.name);
        // The ARN of a session has the role's name without its path.
        let role = self.role.rsplit('/').next().unwrap_or_default();
        format!("arn:{partition}:sts::{account}:assumed-role/{role}/{name}")
    }

    pub fn user_id(&self) -> String {
        format!("{}:{}", role_id(&self.account, &self.role), self.name)
    }

    /// `ASIA` and 16 letters and digits.
    pub fn access_key_id(&self) -> String {
        format!("ASIA{}", self.letters(16))
    }

    /// 40 characters; nobody checks what is signed with them.
    pub fn secret_access_key(&self) -> String {
        self.letters(40).to_ascii_lowercase()
    }

    fn letters(&self, length: usize) -> String {
        let random = KeyIds::new(&self.token()).material(0).to_ascii_uppercase();
        random[..length].to_owned()
    }
}

/// The unique id that IAM gives a role.
pub(super) fn role_id(account: &str, role: &str) -> String {
    let random = KeyIds::new(&format!("{account}/{role}")).material(0);
    format!("AROA{}", random[..17].to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_token_says_whose_it_is_and_foreign_ones_say_nothing() {
        let session = Session {
            account: "200000000001".to_owned(),
            role: "audit/KmsAuditReadOnly".to_owned(),
            name: "weekly".to_owned(),
            expires: 100,
            serial: 7,
        };
        assert_eq!(Session::read(&session.token()).as_ref(), Some(&session));
        let arn = "arn:aws:sts::200000000001:assumed-role/KmsAuditReadOnly/weekly";
        assert_eq!(session.arn("aws"), arn);
        assert_eq!(session.access_key_id().len(), 20);
        assert_eq!(session.secret_access_key().len(), 40);
        let now = |second| Timestamp::from_second(second).unwrap();
        assert!(!session.has_expired(now(99)) && session.has_expired(now(100)));
        for foreign in ["", "IQoJb3JpZ2luX2VjEXAMPLE", "e30="] {
            assert_eq!(Session::read(foreign), None);
        }
    }
}
