//! Kinds of calls.

use kestra::{CallOptions, Client, Error};

use super::servers::CALL;

/// What is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `get_flow`.
    Read,
    /// `create_execution` without a key.
    Create,
    /// `start` with a key.
    Start,
    /// `search_flows`.
    Search,
    /// `create_execution` with a key.
    CreateWithKey,
    /// `start` without a key.
    StartWithoutKey,
    Run,
    Wait,
    /// `follow_execution`.
    Follow,
    /// `follow_logs_from_execution`.
    FollowLogs,
}

impl Kind {
    pub(crate) const ALL: [Self; 10] = [
        Self::Read,
        Self::Create,
        Self::Start,
        Self::Search,
        Self::CreateWithKey,
        Self::StartWithoutKey,
        Self::Run,
        Self::Wait,
        Self::Follow,
        Self::FollowLogs,
    ];

    /// How many requests a call begins with: the end of a log is found by following its execution as well.
    pub(crate) fn first_requests(self) -> usize {
        if self == Self::FollowLogs { 2 } else { 1 }
    }

    pub(crate) async fn call(
        self,
        client: &Client,
        number: usize,
        options: CallOptions,
    ) -> Result<(), Error> {
        let options = options.header(CALL, number.to_string());
        // What consists of several calls takes the options of the client.
        let client = &client.with_options(options);
        let (executions, key) = (client.executions(), format!("key-{number}"));
        let create = || executions.create_execution("company.team", "hello");
        let start = || executions.start("company.team", "hello");
        match self {
            Self::Read => client.flows().get_flow("company.team", "hello").await.map(drop),
            Self::Create => create().await.map(drop),
            Self::Start => start().idempotency_key(key).await.map(drop),
            Self::Search => client.flows().search_flows().await.map(drop),
            Self::CreateWithKey => create().idempotency_key(key).await.map(drop),
            Self::StartWithoutKey => start().no_key().await.map(drop),
            Self::Run => executions.run("company.team", "hello").idempotency_key(key).await.map(drop),
            Self::Wait => executions.wait("known").await.map(drop),
            Self::Follow => {
                let mut states = executions.follow_execution("known").stream();
                while let Some(state) = states.next().await {
                    state?;
                }
                Ok(())
            }
            Self::FollowLogs => {
                let mut lines = client.logs().follow_logs_from_execution("known").stream();
                while let Some(line) = lines.next().await {
                    line?;
                }
                Ok(())
            }
        }
    }
}
