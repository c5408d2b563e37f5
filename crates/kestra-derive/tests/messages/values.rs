#[derive(kestra::Select)]
enum Mode {
    Fast,
}

#[derive(kestra::Inputs)]
#[inputs(namespace = "company.team", flow = "report")]
struct Report {
    #[input(default = "ten")]
    number: i32,
    #[input(default = "Slow")]
    mode: Option<Mode>,
    #[input(min = 1)]
    text: String,
    #[input(after = "2026-01-01")]
    flag: bool,
    #[input(regex = "[0-9]+")]
    digits: Option<i32>,
    #[input(extensions = [".csv"])]
    path: String,
    #[input(type = "INT")]
    kind: String,
    #[input(prefill = "ten")]
    filled: Option<i32>,
}

#[derive(kestra::Inputs)]
#[inputs(namespace = "company.team", flow = "other")]
struct Other {
    #[input(default = 10)]
    share: f64,
    #[input(default = Mode::Slow)]
    mode: Mode,
}

fn main() {}
