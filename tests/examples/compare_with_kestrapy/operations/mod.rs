//! The operations of the script, in its order.

mod enterprise;
mod executions;
mod flows;
mod namespaces;
mod release;
mod triggers;

use crate::Failure;
use crate::steps::Steps;

pub(crate) async fn all(steps: &mut Steps<'_>) -> Result<(), Failure> {
    flows::write(steps).await?;
    let (finished, started) = executions::run(steps).await?;
    namespaces::key_values(steps).await?;
    namespaces::files(steps).await?;
    triggers::all(steps).await?;
    executions::one(steps, &finished).await?;
    executions::many(steps, &finished).await?;
    executions::logs_and_metrics(steps, &started).await?;
    flows::more(steps).await?;
    flows::many(steps).await?;
    enterprise::server(steps).await?;
    enterprise::access(steps).await?;
    enterprise::others(steps).await?;
    release::cases(steps).await?;
    release::promotions(steps).await?;
    release::models(steps).await?;
    release::others(steps).await?;
    flows::clean_up(steps, &started).await
}
