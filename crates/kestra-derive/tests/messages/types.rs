#[derive(kestra::Inputs)]
#[inputs(namespace = "company.team", flow = "report")]
struct Report {
    rows: u64,
    #[input(min = "PT1S", rename = "file-name")]
    file: std::path::PathBuf,
}

#[derive(kestra::Inputs)]
#[inputs(namespace = "company.team", flow = "report")]
struct Bounds {
    #[input(min = 1)]
    day: kestra::jiff::civil::Date,
    #[input(min = 1)]
    flag: Option<bool>,
}

fn main() {}
