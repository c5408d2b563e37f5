//! What is wrong with a type is an error at the place where it is wrong. `TRYBUILD=overwrite` writes the messages anew.

#[test]
fn what_is_wrong_is_said_where_it_is() {
    trybuild::TestCases::new().compile_fail("tests/messages/*.rs");
}
