async fn run(client: kestra::Client) -> Result<(), kestra::Error> {
    let report = flows::company_team::Report::new("Ada").max_rows(3);
    let done = client.run(report).await?;
    println!("{} rows", done.outputs.rows);
    Ok(())
}

fn main() {
    let _ = run;
}
