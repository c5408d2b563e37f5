#[derive(kestra::Inputs)]
#[inputs(namespace = "company.team", flow = "report")]
struct Fields {
    #[input(defaults = "a")]
    unknown: String,
    #[input(default = "a", default = "b")]
    twice: String,
    #[input(rename = 3)]
    literal: String,
    #[input(default)]
    nothing: String,
    #[input(rename = "a day")]
    id: String,
    #[input(extensions = ["csv"])]
    file: kestra::FilePart,
    #[input(rename = "unknown_too")]
    first: String,
    #[input(rename = "unknown_too")]
    second: String,
    #[input(default = 1, prefill = 2)]
    both: i32,
    #[input(depends_on = ["first", "own"])]
    own: Option<String>,
    #[input(condition = "{{ inputs.first == 'a' }}")]
    free: Option<String>,
    #[input(depends_on = "first")]
    list: Option<String>,
}

#[derive(kestra::Inputs)]
#[inputs(namespace = "company.team", id = "report")]
struct Struct {}

#[derive(kestra::Outputs)]
struct Read {
    #[output(default = 1)]
    rows: i32,
}

#[derive(kestra::Select)]
enum Mode {
    #[select(name = "fast")]
    Fast,
}

fn main() {}
