#[derive(kestra::Inputs)]
struct None {
    day: String,
}

#[derive(kestra::Inputs)]
#[inputs(namespace = "company.team")]
struct Half {
    day: String,
}

#[derive(kestra::Inputs)]
#[inputs(namespace = "Company.Team", flow = "report")]
struct Namespace {
    day: String,
}

#[derive(kestra::Inputs)]
#[inputs(namespace = "company.team", flow = "a report")]
struct Flow {
    day: String,
}

#[derive(kestra::Inputs)]
#[inputs(namespace = "company.team", flow = "report", outputs = String)]
struct Outputs {
    day: String,
}

fn main() {}
