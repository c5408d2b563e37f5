//! Our types cost no more allocations than structs written by hand for the same fields.

use allocation_counter::measure;
use kestra_bench::decoding;

#[test]
fn decoding_allocates_no_more_than_plain_structs() {
    let page = decoding::page(50);
    let mut rows = 0;
    let ours = measure(|| {
        rows = kestra_core::internal::json::from_slice::<kestra::models::Page<kestra::models::Execution>>(
            page.as_bytes(),
        )
        .unwrap()
        .results
        .len();
    });
    let plain = measure(|| drop(serde_json::from_str::<decoding::Page>(&page).unwrap()));
    assert_eq!(rows, 50);
    println!("allocations: ours {}, plain {}", ours.count_total, plain.count_total);
    assert!(ours.count_total <= plain.count_total, "ours {}, plain {}", ours.count_total, plain.count_total);
}
