//! Whose credentials a request is signed with.
//!
//! Any credentials will do for the account of the estate. Those of a role come from AssumeRole: their session token
//! says which role in which account, and until when. Nothing is remembered, so both doors, and a server that was
//! started again, understand each other's.

use super::estate::{Account, Estate};
use super::session::{Session, role_id};

/// Who makes a request.
#[derive(Debug)]
pub(super) struct Identity<'a> {
    pub account: Account<'a>,
    pub arn: String,
    /// The session of a role, if these are its credentials.
    pub session: Option<Session>,
}

impl<'a> Identity<'a> {
    /// Who signs with this session token, or with none. `None` for the session of an account that there is not.
    pub fn of(estate: &'a Estate, token: Option<&str>) -> Option<Identity<'a>> {
        match token.and_then(Session::read) {
            Some(session) => Some(Identity {
                account: estate.account(&session.account)?,
                arn: session.arn(&estate.partition),
                session: Some(session),
            }),
            None => {
                let account = estate.home_account();
                Some(Identity {
                    arn: account.caller_arn(&estate.partition),
                    account,
                    session: None,
                })
            }
        }
    }

    /// The unique id of whoever this is, and the name of the session if it is one.
    pub fn user_id(&self) -> String {
        if let Some(session) = &self.session {
            return session.user_id();
        }
        match self
            .arn
            .split_once(":assumed-role/")
            .map(|(_, role)| role.split_once('/'))
        {
            Some(Some((role, session))) => format!("{}:{session}", role_id(&self.account.id, role)),
            _ => "AIDAEXAMPLEEXAMPLE12".to_owned(),
        }
    }
}
