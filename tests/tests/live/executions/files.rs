//! Files that go into executions and come out of them.

use kestra::{ErrorKind, FilePart};

use crate::folder::Folder;
use crate::server::on_every_server;

const TAKES: &str = r"
inputs: [{id: file, type: FILE}]
tasks:
  - {id: address, type: io.kestra.plugin.core.debug.Return, format: '{{ inputs.file }}'}
outputs: [{id: file, type: FILE, value: '{{ inputs.file }}'}]
";

#[tokio::test]
async fn a_file_comes_back_as_it_went() {
    on_every_server(async |site| {
        site.deploy("takes", TAKES).await;
        let folder = Folder::new("live-files");
        let content: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
        let path = folder.write("in/data-ä.bin", &content);
        let executions = site.client.executions();
        let run =
            executions.run(&site.namespace, "takes").input_file("file", FilePart::path(&path)).await.unwrap();
        let uri = run.outputs()["file"].as_str().unwrap().to_owned();
        let saved =
            executions.download(&uri).await.unwrap().to_file(folder.path().join("out.bin")).await.unwrap();
        assert!(std::fs::read(saved).unwrap() == content);

        // A server makes a URI of the name, so what a URI can't have is percent-encoded on the way.
        let blank = FilePart::bytes("two words #1.txt", "x");
        let run_of_blank = executions.run(&site.namespace, "takes").input_file("file", blank).await.unwrap();
        let stored = run_of_blank.outputs()["file"].as_str().unwrap().to_owned();
        assert_eq!(executions.download(&stored).await.unwrap().bytes().await.unwrap(), "x");

        let metadata = executions.get_file_metadata_from_execution(run.id(), &uri).await.unwrap();
        assert_eq!(metadata.size, Some(1_200_000));
        let other = executions
            .run(&site.namespace, "takes")
            .input_file("file", FilePart::bytes("x", "y"))
            .await
            .unwrap();
        // The file of one, asked of another: a redirect, which is followed.
        let redirected = executions.download(&uri).of_execution(other.id()).await.unwrap();
        assert_eq!(redirected.bytes().await.unwrap().len(), content.len());
        let error = executions.download("kestra:///nothing").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Build);
        let gone = uri.replace(".bin", ".gone");
        assert_ne!(gone, uri);
        assert!(executions.download(gone).await.unwrap_err().is_not_found());
    })
    .await;
}

#[tokio::test]
async fn a_file_keeps_its_name_whatever_it_is_made_of() {
    on_every_server(async |site| {
        let rest = r"
inputs: [{id: file, type: FILE}]
tasks: [{id: content, type: io.kestra.plugin.core.debug.Return, format: '{{ read(inputs.file) }}'}]
outputs:
  - {id: content, type: STRING, value: '{{ outputs.content.value }}'}
  - {id: file, type: FILE, value: '{{ inputs.file }}'}
";
        site.deploy("names", rest).await;
        let executions = site.client.executions();
        let name = "a b#c?d%41%[e]{f};g^h|i\"j<k>l`m+n&o'pü.csv";
        let part = FilePart::bytes(name, "x");
        let run = executions.run(&site.namespace, "names").input_file("file", part).await.unwrap();
        assert_eq!(run.outputs()["content"], "x");
        let uri = run.outputs()["file"].as_str().unwrap();
        let download = executions.download(uri).await.unwrap();
        // For a file here some of the characters are replaced.
        assert_eq!(download.file_name(), Some("a b#c_d%41%[e]{f};g^h_i_j_k_l`m+n&o'pü.csv"));
        let folder = Folder::new("live-names");
        let saved = download.to_file(folder.path().join("saved")).await.unwrap();
        assert_eq!(std::fs::read(saved).unwrap(), b"x");
        for name in ["", "..", "a/b", "a\\b"] {
            let part = FilePart::bytes(name, "x");
            let error = executions.run(&site.namespace, "names").input_file("file", part).await.unwrap_err();
            assert_eq!(error.request_sent(), kestra::RequestSent::No, "{name}: {error}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_file_is_previewed() {
    on_every_server(async |site| {
        site.deploy("takes", TAKES).await;
        let executions = site.client.executions();
        let part = FilePart::bytes("notes.txt", "one\ntwo\nthree\n");
        let run = executions.run(&site.namespace, "takes").input_file("file", part).await.unwrap();
        let uri = run.outputs()["file"].as_str().unwrap();
        let preview = executions.preview_file_from_execution(run.id(), uri).max_rows(2).await.unwrap();
        assert_eq!(preview.extension.as_deref(), Some("txt"));
        assert_eq!(preview.truncated, Some(true), "{preview:?}");
        assert!(preview.content.unwrap().as_str().unwrap().starts_with("one\ntwo"));
    })
    .await;
}

#[tokio::test]
async fn a_table_of_executions_has_a_line_for_each() {
    on_every_server(async |site| {
        site.deploy("hi", "tasks: [{id: hi, type: io.kestra.plugin.core.log.Log, message: hi}]").await;
        for _ in 0..2 {
            site.client.executions().run(&site.namespace, "hi").await.unwrap();
        }
        let ours = kestra::Filter::namespace().equals(&site.namespace);
        let table = site.client.executions().export_executions().filter(ours).await;
        if !site.is_since(1, 2) {
            assert_eq!(table.unwrap_err().kind(), ErrorKind::Unsupported);
            return;
        }
        let table = table.unwrap().bytes().await.unwrap();
        let table = String::from_utf8(table.to_vec()).unwrap();
        assert!(table.lines().filter(|line| line.contains(&site.namespace)).count() >= 2, "{table}");
    })
    .await;
}
