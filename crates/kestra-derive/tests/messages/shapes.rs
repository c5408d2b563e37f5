#[derive(kestra::Inputs)]
#[inputs(namespace = "company.team", flow = "report")]
struct Tuple(String);

#[derive(kestra::Inputs)]
#[inputs(namespace = "company.team", flow = "report")]
struct Generic<T> {
    day: T,
}

#[derive(kestra::Inputs)]
#[inputs(namespace = "company.team", flow = "report")]
enum Enum {
    Fast,
}

#[derive(kestra::Outputs)]
struct Unnamed(String);

#[derive(kestra::Select)]
struct Struct {}

#[derive(kestra::Select)]
enum Empty {}

#[derive(kestra::Select)]
enum Fields {
    Fast(String),
}

#[derive(kestra::Select)]
enum Twice {
    Fast,
    #[select(rename = "Fast")]
    Faster,
}

fn main() {}
