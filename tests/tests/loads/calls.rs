//! Making many calls, so many at a time.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// What each of the calls gives, in no order.
pub(crate) async fn make<F, T>(count: usize, at_once: usize, call: impl Fn(usize) -> F) -> Vec<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let places = Arc::new(Semaphore::new(at_once));
    let mut calls = JoinSet::new();
    for number in 0..count {
        let place = Arc::clone(&places).acquire_owned().await.unwrap();
        let call = call(number);
        calls.spawn(async move {
            let result = call.await;
            drop(place);
            result
        });
    }
    calls.join_all().await
}
